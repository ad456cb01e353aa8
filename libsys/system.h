/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls as C functions. Each takes the arguments of its line in
 * kernel/abi/syscall.h and returns its status; results go through pointers. docs/calls.md
 * says what each does.
 */
#pragma once
#include "kernel/abi/message.h"
#include "kernel/abi/process.h"
#include "kernel/abi/status.h"
#include "kernel/abi/syscall.h"
#include <stddef.h>

enum status handle_close(handle_t handle);
/* PORT_RANK_OWN: to receive at; a higher rank: for a child. */
enum status port_create(uint64_t rank, handle_t *port);
/* The client end, to be handed out; the server calls the channel by its id and badge. */
enum status channel_create(handle_t port, uint64_t badge, uint64_t contract, handle_t *channel, uint32_t *id);
/* The server's end: the client is told, and calls that wait over it end with PEER_GONE. PEER_GONE: no such channel. */
enum status channel_close(handle_t port, uint32_t id);

enum status mem_map(enum mem_kind kind, uint64_t pages, void **address);
enum status mem_unmap(void *address, uint64_t pages);

/* Runs entry(argument) on a stack of its own, which mem_map made. The thread ends when entry returns. */
enum status thread_start(void (*entry)(void *), void *argument, uint64_t stack_pages);
_Noreturn void thread_exit(void);

enum status process_create(const struct process_params *params, handle_t *process);
enum status process_stop(handle_t process);
enum status process_status(handle_t process, struct process_status *status); /* 0: of this process */
_Noreturn void process_exit(unsigned code);

enum status irq_ack(handle_t irq);
enum status device_map(handle_t device, unsigned range, volatile void **address, uint64_t *bytes);
/* op: DEVICE_IO_... ; value in and out. */
enum status device_io(handle_t device, uint64_t op, uint64_t offset, uint64_t *value);
enum status dma_map(handle_t device, const void *address, uint64_t pages, uint64_t bus_addresses[]);
enum status dma_unmap(handle_t device, const void *address, uint64_t pages);

uint64_t clock_now(void); /* ns since boot */
/* A formatted line of at most 256 bytes in the system log. Nothing is lost if it fails. */
__attribute__((format(printf, 1, 2))) void log_write(const char *format, ...);

const char *status_text(enum status st);
/* A short name for the end of a process: kernel/abi/fault.h's text. */
const char *fault_text(unsigned fault);
