/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's registers. The names are the call's (kernel/abi/syscall.h), the
 * machine's are in the comments; hal/x86_64/entry.asm knows the offsets.
 */
#pragma once
#include "kernel/base/types.h"

enum { HAL_VECTOR_BYTES = 1024 }; /* x87, SSE and AVX state: XCR0 = 7 needs 832 */

struct context {
	uint64_t word[6]; /* rbx rbp r12 r13 r14 r15 */
	uint64_t arg[6];  /* rdi rsi rdx r10 r8 r9 */
	uint64_t nr;      /* rax: the call's number in, its status out */
	uint64_t lost[2]; /* rcx r11: kept for exceptions and interrupts, not for calls */
	uint64_t pc;
	uint64_t sp;
	uint64_t flags;
	uint64_t tls;        /* FS base, constant */
	uint64_t by_syscall; /* 1 while the thread is in a call: it goes back by SYSRET */
};

struct vector_state {
	_Alignas(64) uint8_t bytes[HAL_VECTOR_BYTES];
};

/* A context that starts at pc with the argument in rdi, everything else zero, interrupts on. */
void hal_context_init(struct context *c, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls);

/* Puts a context that is in a call back before its SYSCALL instruction, to make the call again. */
void hal_context_restart_call(struct context *c);

void hal_vector_init(struct vector_state *v);
/* The registers go to `save` (unless NULL) and come from `restore`. */
void hal_vector_switch(struct vector_state *save, const struct vector_state *restore);

/*
 * Goes to user mode on the active page tables. The context is where the next
 * entry from user mode saves the registers. Never returns.
 */
_Noreturn void hal_context_resume(struct context *c);
/* The same for a context that is in a call, with the six words of another one. */
_Noreturn void hal_context_resume_words(struct context *c, const struct context *words);
