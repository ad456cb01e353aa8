/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries from user mode: calls and exceptions. One table, made from the list of
 * calls, says what each does; three checks come before it: the call was made by
 * the system library's stubs (I-CODE), it exists, the manifest allows it (I-API).
 */
#include "kernel/call/args.h"
#include "kernel/call/decode.h"
#include "kernel/paging/pager.h"
#include "kernel/task/sched.h"
#include "kernel/task/switch.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/entry.h"
#include "trace/points.h"

/* For each call its handler, which finds its arguments in the registers and leaves its results there. */
#define ARG(type, name)
#define CALL(number, call, blocks, args, results, text)                                                                \
	static enum status run_##call(struct thread *t, void *registers)                                               \
	{                                                                                                              \
		return call_##call(t, registers, registers);                                                           \
	}
SYSCALL_LIST(CALL, ARG, ARG)
#undef CALL

static enum status (*const table[SYS_COUNT])(struct thread *, void *) = {
#define CALL(number, call, blocks, args, results, text) [number] = run_##call,
	SYSCALL_LIST(CALL, ARG, ARG)
#undef CALL
#undef ARG
};

__attribute__((noinline, cold)) static _Noreturn void refuse(struct thread *t)
{
	const struct process *p = t->process;
	uint64_t nr = t->context.nr, pc = t->context.pc;

	if (pc - p->stub_return >= p->stub_bytes)
		(void)decode_end(t, FAULT_STRAY_SYSCALL, pc);
	else
		(void)decode_end(t, nr >= SYS_COUNT ? FAULT_BAD_CALL : FAULT_CALL_DENIED, nr);
	kernel_leave();
}

/* What no caller is told: it waits, or its registers hold a message, or it is gone. */
static inline bool is_internal(enum status st) { return (unsigned)st - ST_RETRY <= ST_ENDED - ST_RETRY; }
_Static_assert(ST_PARKED == ST_RETRY + 1 && ST_ENDED == ST_RETRY + 2, "is_internal");

/* Would kernel_leave find nothing to do but to go back to the thread? Nothing was pending when it came. */
static inline bool goes_on(const struct thread *t)
{
	return this_cpu()->put_off == 0 && frame_free_count() >= frame_low_mark() &&
	       (sched_occupied < t->fast_resumes || !sched_would_preempt(t->priority));
}

int kernel_syscall(struct context *c)
{
	struct thread *t = container_of(c, struct thread, context);
	struct process *p = t->process; /* the thread may be gone after the call */
	uint64_t nr = c->nr;
	enum status st;

	if (nr >= SYS_COUNT || !process_may_call(p, c->pc, (enum sysno)nr))
		refuse(t);
	st = table[nr](t, c->arg);
	trace_syscall(p, nr, st);
	if (is_internal(st)) {
		if (st == ST_ENDED)
			kernel_leave();
		t->hopeless &= st == ST_RETRY;
		return st == ST_PARKED ? SYSCALL_PARKED : SYSCALL_LEAVES;
	}
	t->hopeless = false;
	if (goes_on(t))
		return (int)st;
	c->nr = st;
	return SYSCALL_LEAVES;
}

/* ---- exceptions ---- */

static bool in_guard(const struct thread *t, const struct trap_info *info)
{
	return info->fault != FAULT_EXECUTE && aspace_in_stack_guard(&t->process->aspace, info->address);
}

static void page_fault(struct thread *t, const struct trap_info *info)
{
	unsigned access = info->fault == FAULT_EXECUTE ? MMU_EXECUTE
			  : info->fault == FAULT_WRITE ? MMU_WRITE
						       : MMU_READ;
	uint32_t slot = SLOT_NONE;
	enum touch touch = aspace_touch(&t->process->aspace, info->address, access, &slot);

	trace_fault(t, info, touch, &slot);
	if (touch == TOUCH_OK)
		t->hopeless = false;
	else if (touch == TOUCH_SWAPPED)
		pager_wait_for_page(t, info->address, slot);
	else if (touch == TOUCH_LENT)
		(void)decode_end(t, FAULT_LENT_PAGE, info->address);
	else if (decode_wait(t, touch, info->address, slot) == ST_BAD_ARG)
		(void)decode_end(t, in_guard(t, info) ? FAULT_STACK_OVERFLOW : info->fault, info->address);
}

_Noreturn void kernel_trap(struct context *c, const struct trap_info *info)
{
	struct thread *t = container_of(c, struct thread, context);

	if (info->fault == FAULT_READ || info->fault == FAULT_WRITE || info->fault == FAULT_EXECUTE)
		page_fault(t, info);
	else if (info->fault == FAULT_NONE)
		vectors_wanted(t);
	else
		(void)decode_end(t, info->fault, info->address);
	kernel_leave();
}

void kernel_nmi(void) { this_cpu()->nmi_count++; }
