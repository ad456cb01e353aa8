/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that end where they began: nobody waits and nobody else runs, so no register is saved and kernel_leave is not
 * asked. Nothing is pending when user mode enters the kernel, and without a safe point nothing comes.
 * Whatever is unusual makes them decline before anything has changed. This file is compiled so that its functions keep
 * all registers but the one they return.
 */
#include "hal/timer.h"
#include "kernel/abi/syscall.h"
#include "kernel/core/cpu.h"
#include "kernel/entry.h"
#include "kernel/task/process.h"

static inline bool may_call(const struct process *p, uint64_t pc, enum sysno nr)
{
	return pc - p->stub_return < p->stub_bytes && (p->allowed_calls >> nr & 1);
}

uint64_t kernel_quick_clock_now(uint64_t, uint64_t, uint64_t, uint64_t pc)
{
	return may_call(this_cpu()->running->process, pc, SYS_clock_now) ? hal_clock_ns() : QUICK_DECLINED;
}
