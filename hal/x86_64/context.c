/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's registers, as far as C may touch them; entry.asm loads and saves them. */
#include "hal/context.h"
#include "kernel/abi/message.h"
#include "kernel/abi/syscall.h"

enum { SYSCALL_BYTES = 2 };

#define FLAGS_INITIAL 0x202u /* interrupts on; bit 1 is always set */

#define AT(field, offset) _Static_assert(offsetof(struct context, field) == (offset), "entry.asm")
AT(word, 0);
AT(arg, 48);
AT(nr, 96);
AT(lost, 104);
AT(pc, 120);
AT(sp, 128);
AT(flags, 136);
AT(tls, 144);
AT(by_syscall, 152);
_Static_assert(sizeof(struct context) == 160, "entry.asm");
_Static_assert(SYS_ipc_call == 0 && SYS_ipc_recv == 1 && SYS_ipc_notify == 4 && SYS_ipc_reply_recv == 3 &&
		       SYS_clock_now == 21 && SYS_COUNT <= 64 && TAG_OP_MASK == 0xfff && DEADLINE_NEVER == UINT64_MAX,
	       "entry.inc");

void hal_context_init(struct context *c, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls)
{
	*c = (struct context){ .pc = pc, .sp = sp, .flags = FLAGS_INITIAL, .tls = tls };
	c->arg[0] = argument;
}

/* RAX still holds the call's number: the kernel writes it only with the answer. */
void hal_context_restart_call(struct context *c) { c->pc -= SYSCALL_BYTES; }
