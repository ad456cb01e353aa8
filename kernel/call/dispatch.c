/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries from user mode: calls and exceptions. One table, made from the list of
 * calls, says what each does; three checks come before it: the call was made by
 * the system library's stubs (I-CODE), it exists, the manifest allows it (I-API).
 */
#include "kernel/base/mem.h"
#include "kernel/call/args.h"
#include "kernel/call/decode.h"
#include "kernel/paging/pager.h"
#include "kernel/task/switch.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/entry.h"
#include "trace/points.h"

/* For each call: registers to arguments, the handler, results to registers. */
#define ARG(type, name) _Alignas(8) type name;
#define CALL(number, call, blocks, args, results, text)                                                                \
	static enum status run_##call(struct thread *t)                                                                \
	{                                                                                                              \
		struct call##_args a;                                                                                  \
		struct call##_results r;                                                                               \
		enum status st;                                                                                        \
                                                                                                                       \
		memcpy(&a, t->context.arg, sizeof a);                                                                  \
		memset(&r, 0, sizeof r);                                                                               \
		st = call_##call(t, &a, &r);                                                                           \
		if (st == ST_OK)                                                                                       \
			memcpy(t->context.arg, &r, sizeof r);                                                          \
		return st;                                                                                             \
	}
SYSCALL_LIST(CALL, ARG, ARG)
#undef CALL
#undef ARG

static enum status (*const table[SYS_COUNT])(struct thread *) = {
#define ARG(type, name)
#define CALL(number, call, blocks, args, results, text) [number] = run_##call,
	SYSCALL_LIST(CALL, ARG, ARG)
#undef CALL
#undef ARG
};

static void condemn(struct thread *t, enum fault fault, uint64_t address)
{
	t->process->fault_pc = t->context.pc;
	t->process->fault_call = (uint32_t)t->context.nr;
	process_condemn(t->process, fault, address);
}

static void run_slow(struct thread *t, uint64_t nr)
{
	struct process *p = t->process; /* the thread may be gone after the call */
	enum status st;

	p->fault_pc = t->context.pc;
	st = table[nr](t);
	trace_syscall(p, nr, st);
	if (st != ST_PARKED && st != ST_RETRY && st != ST_ENDED)
		t->context.nr = st;
	if (st != ST_RETRY && st != ST_ENDED)
		t->hopeless = false;
}

_Noreturn void kernel_syscall(struct context *c)
{
	struct thread *t = container_of(c, struct thread, context);
	const struct process *p = t->process;
	uint64_t nr = c->nr;

	if (c->pc - p->stub_return >= p->stub_bytes) {
		condemn(t, FAULT_STRAY_SYSCALL, c->pc);
	} else if (nr >= SYS_COUNT) {
		condemn(t, FAULT_BAD_CALL, nr);
	} else if (!(p->allowed_calls >> nr & 1)) {
		condemn(t, FAULT_CALL_DENIED, nr);
	} else {
		run_slow(t, nr);
	}
	kernel_leave();
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
	else if (touch == TOUCH_LENT)
		condemn(t, FAULT_LENT_PAGE, info->address);
	else if (decode_wait(t, touch, info->address, slot) == ST_BAD_ARG)
		condemn(t, in_guard(t, info) ? FAULT_STACK_OVERFLOW : info->fault, info->address);
}

_Noreturn void kernel_trap(struct context *c, const struct trap_info *info)
{
	struct thread *t = container_of(c, struct thread, context);

	if (info->fault == FAULT_READ || info->fault == FAULT_WRITE || info->fault == FAULT_EXECUTE)
		page_fault(t, info);
	else if (info->fault == FAULT_NONE)
		vectors_wanted(t);
	else
		condemn(t, info->fault, info->address);
	kernel_leave();
}

void kernel_nmi(void) { this_cpu()->nmi_count++; }
