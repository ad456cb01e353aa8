/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only calls that the HAL makes upwards. Interrupts are off in all of them.
 */
#pragma once
#include "hal/boot.h"
#include "hal/context.h"
#include "kernel/abi/fault.h"

/* An exception of user mode, by what it is if nothing helps. */
struct trap_info {
	enum fault
		fault; /* READ, WRITE, EXECUTE: of a page; NONE: it wants the vector registers, see hal_vector_trap */
	uint64_t address; /* of the page; else the vector */
};

/* On the boot CPU, on its kernel stack, with the direct map, IDT, clock and interrupt controller ready. */
_Noreturn void kernel_main(const struct boot_info *boot);

/*
 * From user mode; the thread's registers have been saved to the context that was resumed last. But for calls that send
 * and receive words, these may still be in their registers, which C keeps. It returns the status if the thread goes on
 * at once, with the arguments' registers as the context has them. SYSCALL_LEAVES: once the words are saved,
 * kernel_leave comes; SYSCALL_PARKED: it comes, and the context's words stand. It does not return for a thread that ends.
 */
#define SYSCALL_LEAVES (-1)
#define SYSCALL_PARKED (-2)
int kernel_syscall(struct context *c);
/*
 * ipc_call and ipc_reply_recv on their short way, before registers are saved (the fast path, hal/context.h). The HAL has
 * seen that there are no buffers and no deadline, and that the tag is an operation and nothing else. Arguments that C
 * needs are where SYSCALL left them; the context stands in the place of the badge, which such a tag makes void.
 */
void kernel_fast_call(uint64_t channel, uint64_t tag, uint64_t zero, uint64_t pc, uint64_t unused, struct context *c);
void kernel_fast_reply_recv(uint64_t token, uint64_t tag, uint64_t zero, uint64_t pc, uint64_t port, struct context *c);
/* The same with bytes and nothing else. */
void kernel_bytes_call(uint64_t channel, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t unused,
		       struct context *c);
void kernel_bytes_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t port,
			     struct context *c);
/* The same with pages: one and nothing else goes a way of its own. */
void kernel_pages_call(uint64_t channel, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t unused,
		       struct context *t);
void kernel_page_call(uint64_t channel, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t unused,
		      struct context *c);
/* The same with parts, bytes or given pages, as `buffers` says; 0: there are none, but the other side has some. */
void kernel_parts_call(uint64_t channel, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t unused,
		       struct context *c);
void kernel_parts_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t pc, uint64_t port,
			     struct context *c);
/*
 * Calls that end where they began, before any register is saved: the first result, or the status, or that they decline.
 * Arguments are where SYSCALL left them.
 */
#define QUICK_DECLINED UINT64_MAX
uint64_t kernel_quick_ipc_notify(uint64_t handle, uint64_t id, uint64_t bits, uint64_t pc);
uint64_t kernel_quick_clock_now(uint64_t unused, uint64_t unused2, uint64_t unused3, uint64_t pc);
/*
 * ipc_recv without buffers and deadline: pc, sp and flags have been saved. If the thread waits the CPU goes to another.
 * It returns its first argument if it declines: then the call goes on with everything saved.
 */
uint64_t kernel_fast_recv(uint64_t port, struct context *c, uint64_t unused, uint64_t pc);
_Noreturn void kernel_trap(struct context *c, const struct trap_info *info);

/* An interrupt, from user mode or from hal_cpu_idle / hal_cpu_safe_point. Only noted, for kernel_leave. Returns. */
void kernel_interrupt(unsigned irq);
void kernel_timer(void);
/* After an interrupt from user mode: picks a thread and resumes it. */
_Noreturn void kernel_leave(void);

/* An exception in ring 0, an NMI or a machine check: our bug or broken hardware. `what` names it. */
_Noreturn void kernel_crash(const char *what, const struct context *c, uint64_t error, uint64_t address);
/* An NMI that came while user code ran or the kernel was entering or leaving: counted, and execution goes on. */
void kernel_nmi(void);
