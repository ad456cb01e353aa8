/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's registers. The names are the call's (kernel/abi/syscall.h), the
 * machine's are in the comments; hal/x86_64/entry.asm knows the offsets.
 */
#pragma once
#include "kernel/base/types.h"
#include "machine/local.h" /* hal_tls_load */

enum { HAL_VECTOR_BYTES = 1024 }; /* x87, SSE and AVX state: XCR0 = 7 needs 832 */

struct context {
	uint64_t word[6]; /* rbx rbp r12 r13 r14 r15 */
	uint64_t arg[6];  /* rdi rsi rdx r10 r8 r9 */
	uint64_t nr;      /* rax: the call's number in, its status out */
	uint64_t lost[2]; /* rcx r11: kept for exceptions and interrupts, not for calls */
	uint64_t pc;
	uint64_t sp;
	uint64_t flags;
	uint64_t tls; /* FS base, constant; canonical */
	uint64_t
		by_syscall; /* 0: it came by an exception or interrupt, and all registers come back; else it is in a call */
};

struct vector_state {
	_Alignas(64) uint8_t bytes[HAL_VECTOR_BYTES];
};

/* A context that starts at pc with the argument in rdi, everything else zero, interrupts on. */
void hal_context_init(struct context *c, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls);

/* Puts a context that is in a call back before its SYSCALL instruction, to make the call again. */
void hal_context_restart_call(struct context *c);

void hal_vector_init(struct vector_state *v);
/* The registers go to `save` and come from `restore`, unless NULL. */
void hal_vector_switch(struct vector_state *save, const struct vector_state *restore);
/* May closed registers be left with another thread's state in them? False: the CPU could be made to reveal it. */
bool hal_vector_is_lazy(void);
/* The next instruction of user mode that uses them traps (FAULT_NONE); or not. At boot it does if they are lazy. */
void hal_vector_trap(bool on);

/*
 * Goes to user mode on the active page tables. The context is where the next
 * entry from user mode saves the registers. Never returns.
 */
_Noreturn void hal_context_resume(struct context *c);

/*
 * The fast path (kernel_fast_* of kernel/entry.h). It finds the arguments in registers and the six words in others,
 * which it cannot touch; only pc, sp and flags have been saved. Either it declines, and the call goes on with everything
 * saved, in kernel_syscall; or another context, which is in a call, gets these results and the words
 * as they are. Pre: its page tables are active, its TLS is loaded.
 * None of them returns. They are not declared so, because the compiler would take the way to them for an unlikely one.
 */
void hal_decline_call(uint64_t channel, uint64_t tag, uint64_t buffers, uint64_t unused);
void hal_decline_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t port);
void hal_context_answer(uint64_t badge, uint64_t tag, uint64_t token, struct context *c, uint64_t channel_peer);
/* The same by way of kernel_leave, all of it saved. */
void hal_context_answer_late(uint64_t badge, uint64_t tag, uint64_t token, struct context *c, uint64_t channel_peer);
