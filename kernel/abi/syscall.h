/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The closed system-call API. This table is the only list of calls: numbers,
 * argument structs, stubs, dispatch, trace names and docs/calls.md come from
 * it. Numbers are ABI: append only, never reuse; tests/abi/calls.golden shows
 * a change in review.
 *
 * Registers: RAX number; RDI RSI RDX R10 R8 R9 the arguments in the order
 * below; RBX RBP R12 R13 R14 R15 the six words of a message. Back: RAX status,
 * RDI RSI RDX R10 R8 R9 the results in the order below, words as above.
 * RCX and R11 are lost (SYSCALL). Registers named by nobody are kept. If a
 * message is not answered, those of arguments and words hold whatever the
 * thread had there at some time.
 *
 *   CALL(number, name, may it block, arguments, results, what it does)
 */
#pragma once
#include "kernel/abi/types.h"

#define SYSCALL_LIST(CALL, ARG, RES)                                                                                   \
	CALL(0, ipc_call, YES,                                                                                         \
	     ARG(handle_t, channel) ARG(uint64_t, tag) ARG(uaddr_t, buffers) ARG(uint64_t, deadline_ns),               \
	     RES(uint64_t, badge) RES(uint64_t, tag) RES(uint64_t, token) RES(uint64_t, handles_01)                    \
		     RES(uint64_t, channel_peer) RES(uint64_t, handles_23),                                            \
	     "Sends a message to the server of a channel and waits for the reply or the deadline.")                    \
	CALL(1, ipc_recv, YES,                                                                                         \
	     ARG(handle_t, port) ARG(uint64_t, tag) ARG(uaddr_t, buffers) ARG(uint64_t, deadline_ns),                  \
	     RES(uint64_t, badge) RES(uint64_t, tag) RES(uint64_t, token) RES(uint64_t, handles_01)                    \
		     RES(uint64_t, channel_peer) RES(uint64_t, handles_23),                                            \
	     "Takes the next call, notification, interrupt or news of a child from a port.")                           \
	CALL(2, ipc_reply, NO,                                                                                         \
	     ARG(uint64_t, token) ARG(uint64_t, tag) ARG(uaddr_t, buffers) ARG(uint64_t, unused)                       \
		     ARG(handle_t, unused_port) ARG(uint64_t, badge),                                                  \
	     , "Answers a call that this process holds; its loan goes back.")                                          \
	CALL(3, ipc_reply_recv, YES,                                                                                   \
	     ARG(uint64_t, token) ARG(uint64_t, tag) ARG(uaddr_t, buffers) ARG(uint64_t, deadline_ns)                  \
		     ARG(handle_t, port) ARG(uint64_t, badge),                                                         \
	     RES(uint64_t, badge) RES(uint64_t, tag) RES(uint64_t, token) RES(uint64_t, handles_01)                    \
		     RES(uint64_t, channel_peer) RES(uint64_t, handles_23),                                            \
	     "Answers a call, then takes the next message, in one crossing.")                                          \
	CALL(4, ipc_notify, NO, ARG(handle_t, channel_or_port) ARG(uint64_t, channel) ARG(uint64_t, bits), ,           \
	     "Sets notification bits: of a client end, or, by a port and one of its channels, of the client.")         \
	CALL(5, port_create, NO, ARG(uint64_t, rank), RES(handle_t, port),                                             \
	     "Makes a port, to receive at or for a child.")                                                            \
	CALL(6, channel_create, NO, ARG(handle_t, port) ARG(uint64_t, badge) ARG(uint64_t, contract),                  \
	     RES(handle_t, channel) RES(uint64_t, channel_id),                                                         \
	     "Makes a channel to a port and returns its client end, to be handed out.")                                \
	CALL(7, handle_close, NO, ARG(handle_t, handle), , "Closes a handle and whatever it alone kept alive.")        \
	CALL(8, mem_map, NO, ARG(uint64_t, kind) ARG(uint64_t, pages), RES(uaddr_t, address),                          \
	     "Makes a region of zero pages, or an empty landing window.")                                              \
	CALL(9, mem_unmap, NO, ARG(uaddr_t, address) ARG(uint64_t, pages), ,                                           \
	     "Frees part or all of a region that mem_map made.")                                                       \
	CALL(10, thread_create, NO,                                                                                    \
	     ARG(uaddr_t, entry) ARG(uaddr_t, stack_top) ARG(uint64_t, argument) ARG(uaddr_t, tls),                    \
	     RES(uint64_t, thread), "Starts a thread of this process, at the process's priority.")                     \
	CALL(11, thread_exit, NO, , , "Ends this thread; the last one ends the process with code 0.")                  \
	CALL(12, process_create, NO, ARG(uaddr_t, params), RES(handle_t, process),                                     \
	     "Starts a process, whole, from an image of the system image.")                                            \
	CALL(13, process_stop, NO, ARG(handle_t, process), , "Stops a child.")                                         \
	CALL(14, process_status, NO, ARG(handle_t, process) ARG(uaddr_t, status), ,                                    \
	     "Tells the state, end and memory of a child, or of the caller (handle 0).")                               \
	CALL(15, process_exit, NO, ARG(uint64_t, code), , "Ends this process with a code from 0 to 125.")              \
	CALL(16, irq_ack, NO, ARG(handle_t, irq), , "Lets an interrupt come again.")                                   \
	CALL(17, device_map, NO, ARG(handle_t, device) ARG(uint64_t, range),                                           \
	     RES(uaddr_t, address) RES(uint64_t, bytes), "Maps one memory range of a device, uncached.")               \
	CALL(18, device_io, NO, ARG(handle_t, device) ARG(uint64_t, op) ARG(uint64_t, offset) ARG(uint64_t, value),    \
	     RES(uint64_t, value), "Reads or writes a device's port, or reads its PCI configuration.")                 \
	CALL(19, dma_map, NO,                                                                                          \
	     ARG(handle_t, device) ARG(uaddr_t, address) ARG(uint64_t, pages) ARG(uaddr_t, bus_addresses), ,           \
	     "Pins own or borrowed pages for a device and writes their bus addresses, 8 bytes each.")                  \
	CALL(20, dma_unmap, NO, ARG(handle_t, device) ARG(uaddr_t, address) ARG(uint64_t, pages), ,                    \
	     "Ends what dma_map began.")                                                                               \
	CALL(21, clock_now, NO, , RES(uint64_t, now_ns), "Tells the time since boot.")                                 \
	CALL(22, log_write, NO, ARG(uaddr_t, text) ARG(uint64_t, bytes), ,                                             \
	     "Writes a line of at most 256 bytes to the system log, under the process's name.")                        \
	CALL(23, ipc_peer, NO, ARG(uint64_t, token) ARG(uaddr_t, peer), ,                                              \
	     "Tells what the caller of a held call is: its program, its process's name, its image's hash.")            \
	CALL(24, channel_close, NO, ARG(handle_t, port) ARG(uint64_t, channel), ,                                      \
	     "Closes the server's end of a channel: its client is told, and what it calls ends with PEER_GONE.")

enum {
	SYSCALL_ARGS_MAX = 6,
	SYSCALL_LOG_BYTES_MAX = 256,
	SYSCALL_EXIT_CODE_MAX = 125,
};

#define ARG(type, name)
#define RES(type, name)
enum sysno {
#define CALL(number, name, blocks, args, results, text) SYS_##name = (number),
	SYSCALL_LIST(CALL, ARG, RES)
#undef CALL
		SYS_COUNT
};
#undef ARG
#undef RES

/* port_create's rank for a port that the caller itself receives at. */
#define PORT_RANK_OWN UINT64_MAX
/* port_create's and process_create's: one below the caller's own, for a child that the caller calls, and for its port. */
#define RANK_BELOW UINT32_MAX

/* mem_map kinds. */
enum mem_kind {
	MEM_HEAP = 0,    /* zero pages; successive heaps are adjacent when nothing came between */
	MEM_BUFFER = 1,  /* zero pages, 2 MiB aligned when of 2 MiB or more */
	MEM_STACK = 2,   /* zero pages above an unmapped guard */
	MEM_LANDING = 3, /* address space only: pages appear here when a message brings them */
};

/* device_io operations; width in bytes 1, 2 or 4. */
#define DEVICE_IO_READ(width)    (width)             /* value := port */
#define DEVICE_IO_WRITE(width)   (0x10ull | (width)) /* port := value */
#define DEVICE_IO_CONFIG(width)  (0x20ull | (width)) /* value := PCI configuration space */
#define DEVICE_IO_WRITE_BYTES(n) (0x30ull | (n))     /* port := each of the n <= 8 bytes of value, low first */
