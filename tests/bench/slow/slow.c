/* SPDX-License-Identifier: BSD-2-Clause */
/* A delay at the head of every system call: what the guard of the figures must see. The linker puts it before kernel_syscall. */

struct context;
int true_syscall(struct context *c) __asm__("__real_kernel_syscall");
int slow_syscall(struct context *c) __asm__("__wrap_kernel_syscall");

enum { TURNS = 20 };

int slow_syscall(struct context *c)
{
	for (volatile int i = 0; i < TURNS; i++)
		;
	return true_syscall(c);
}
