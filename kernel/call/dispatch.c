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

static enum fault fault_of_page(const struct process *p, const struct trap_info *info)
{
	if (aspace_in_stack_guard(&p->aspace, info->address) && !info->execute)
		return FAULT_STACK_OVERFLOW;
	return info->execute ? FAULT_EXECUTE : info->write ? FAULT_WRITE : FAULT_READ;
}

static void page_fault(struct thread *t, const struct trap_info *info)
{
	unsigned access = info->execute ? MMU_EXECUTE : info->write ? MMU_WRITE : MMU_READ;
	uint32_t slot = SLOT_NONE;
	enum touch touch = aspace_touch(&t->process->aspace, info->address, access, &slot);

	trace_fault(t, info, touch, &slot);
	if (touch == TOUCH_OK)
		t->hopeless = false;
	else if (touch == TOUCH_LENT)
		condemn(t, FAULT_LENT_PAGE, info->address);
	else if (decode_wait(t, touch, info->address, slot) == ST_BAD_ARG)
		condemn(t, fault_of_page(t->process, info), info->address);
}

_Noreturn void kernel_trap(struct context *c, const struct trap_info *info)
{
	static const enum fault faults[] = {
		[TRAP_ILLEGAL] = FAULT_ILLEGAL, [TRAP_PRIVILEGED] = FAULT_PRIVILEGED,
		[TRAP_DIVIDE] = FAULT_DIVIDE,   [TRAP_BREAKPOINT] = FAULT_BREAKPOINT,
		[TRAP_DEBUG] = FAULT_DEBUG,     [TRAP_OVERFLOW] = FAULT_OVERFLOW,
		[TRAP_FLOAT] = FAULT_FLOAT,     [TRAP_ALIGNMENT] = FAULT_ALIGNMENT,
		[TRAP_OTHER] = FAULT_HARDWARE,
	};
	struct thread *t = container_of(c, struct thread, context);

	if (info->trap == TRAP_PAGE)
		page_fault(t, info);
	else if (info->trap == TRAP_VECTOR)
		vectors_wanted(t);
	else
		condemn(t, faults[info->trap], info->address);
	kernel_leave();
}

void kernel_nmi(void) { this_cpu()->nmi_count++; }
