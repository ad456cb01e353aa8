/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages whose words are in registers from the sender's code to the receiver's: what a call costs when nothing but the
 * crossing counts. Other parts are where struct ipc_buffers says, NULL if there are none. libsys/ipc.h has the same in
 * memory. The stubs are in libsys/stubs.asm: their registers are the kernel's (kernel/abi/syscall.h), so nothing is saved
 * around them.
 */
#pragma once
#include <stddef.h>
#include "kernel/abi/message.h"
#include "kernel/abi/status.h"

/* The words go out and come back in their place; unused ones are zero. A struct that stays in registers if all is inlined. */
struct ipc_words {
	uint64_t a, b, c, d, e, f;
};

/* The operands of both stubs; what is not listed is lost. */
#define WORDS_IN_REGISTERS(w)                                                                                          \
	register uint64_t wa __asm__("rbx") = (w)->a;                                                                  \
	register uint64_t wb __asm__("rbp") = (w)->b;                                                                  \
	register uint64_t wc __asm__("r12") = (w)->c;                                                                  \
	register uint64_t wd __asm__("r13") = (w)->d;                                                                  \
	register uint64_t we __asm__("r14") = (w)->e;                                                                  \
	register uint64_t wf __asm__("r15") = (w)->f
#define WORDS_OPERANDS          "+r"(wa), "+r"(wb), "+r"(wc), "+r"(wd), "+r"(we), "+r"(wf)
#define WORDS_FROM_REGISTERS(w) (*(w) = (struct ipc_words){ wa, wb, wc, wd, we, wf })

/* ipc_call without a deadline. *tag: the operation, then the answer's tag. */
static inline __attribute__((always_inline)) enum status ipc_parts_call(handle_t channel, uint64_t *tag,
									struct ipc_words *w,
									const struct ipc_buffers *buffers)
{
	uint64_t status, d = channel, s = *tag, b = (uint64_t)(uintptr_t)buffers;
	WORDS_IN_REGISTERS(w);

	__asm__ volatile("call ipc_words_call"
			 : WORDS_OPERANDS, "=a"(status), "+D"(d), "+S"(s), "+d"(b)
			 :
			 : "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
	WORDS_FROM_REGISTERS(w);
	*tag = s;
	return (enum status)status;
}

/* The same of words only. */
static inline __attribute__((always_inline)) enum status ipc_words_call(handle_t channel, uint64_t *tag,
									struct ipc_words *w)
{
	return ipc_parts_call(channel, tag, w, NULL);
}

/* What came with a message. */
struct ipc_words_from {
	uint64_t badge, tag, token;
	uint64_t channel_peer; /* the channel's id; in the upper half, the caller's program */
};

/* ipc_reply_recv without a deadline: answers from->token with this tag, then takes the next message. */
static inline __attribute__((always_inline)) enum status ipc_parts_reply_recv(handle_t port, uint64_t tag,
									      struct ipc_words *w,
									      const struct ipc_buffers *buffers,
									      struct ipc_words_from *from)
{
	uint64_t status, d = from->token, s = tag, token = (uint64_t)(uintptr_t)buffers;
	register uint64_t r8 __asm__("r8") = port;
	WORDS_IN_REGISTERS(w);

	__asm__ volatile("call ipc_words_reply_recv"
			 : WORDS_OPERANDS, "=a"(status), "+D"(d), "+S"(s), "+d"(token), "+r"(r8)
			 :
			 : "rcx", "r9", "r10", "r11", "memory", "cc");
	WORDS_FROM_REGISTERS(w);
	*from = (struct ipc_words_from){ .badge = d, .tag = s, .token = token, .channel_peer = r8 };
	return (enum status)status;
}

/* The same of words only. */
static inline __attribute__((always_inline)) enum status ipc_words_reply_recv(handle_t port, uint64_t tag,
									      struct ipc_words *w,
									      struct ipc_words_from *from)
{
	return ipc_parts_reply_recv(port, tag, w, NULL, from);
}

/* ipc_recv without buffers and a deadline: *w is what came, if that is OK. */
static inline __attribute__((always_inline)) enum status ipc_words_recv(handle_t port, struct ipc_words *w,
									struct ipc_words_from *from)
{
	uint64_t status, d = port, s = 0, token = 0;
	register uint64_t r8 __asm__("r8");
	register uint64_t wa __asm__("rbx");
	register uint64_t wb __asm__("rbp");
	register uint64_t wc __asm__("r12");
	register uint64_t wd __asm__("r13");
	register uint64_t we __asm__("r14");
	register uint64_t wf __asm__("r15");

	__asm__ volatile("call ipc_words_recv"
			 : "=r"(wa), "=r"(wb), "=r"(wc), "=r"(wd), "=r"(we), "=r"(wf), "=a"(status), "+D"(d), "+S"(s),
			   "+d"(token), "=r"(r8)
			 :
			 : "rcx", "r9", "r10", "r11", "memory", "cc");
	WORDS_FROM_REGISTERS(w);
	*from = (struct ipc_words_from){ .badge = d, .tag = s, .token = token, .channel_peer = r8 };
	return (enum status)status;
}
