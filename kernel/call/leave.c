/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way back to user mode, and the interrupts that lead to it. Everything that
 * the kernel put off is done here, in this order: interrupts that were only latched,
 * deadlines, ends of processes, paging; then the most urgent thread runs.
 */
#include "hal/timer.h"
#include "kernel/call/ending.h"
#include "kernel/abi/syscall.h"
#include "kernel/core/cpu.h"
#include "kernel/device/device.h"
#include "kernel/entry.h"
#include "kernel/ipc/port.h"
#include "kernel/paging/pager.h"
#include "kernel/task/sched.h"
#include "kernel/task/switch.h"
#include "kernel/task/timer.h"

void kernel_interrupt(unsigned irq) { device_interrupt(irq); }
void kernel_timer(void) { this_cpu()->timer_fired = true; }

/* Who runs now? The running thread goes on unless somebody more urgent is ready or its turn is over. */
static struct thread *choose(struct cpu *cpu)
{
	struct thread *t = cpu->running;
	uint64_t now;

	if (t != NULL && t->state == THREAD_RUNNING) {
		bool turn_over = cpu->timer_fired && hal_clock_ns() >= cpu->slice_end_ns;

		if (!turn_over && !sched_would_preempt(t->priority))
			return t;
		now = hal_clock_ns();
		sched_preempted(t, now < cpu->slice_end_ns ? cpu->slice_end_ns - now : 0);
	}
	t = sched_pick();
	if (t != NULL)
		cpu->slice_end_ns = hal_clock_ns() + t->slice_left_ns;
	return t;
}

/*
 * The timer may fire early, never late: it is set anew only for an earlier time
 * or once it has fired, so that switching between threads does not touch it.
 */
static void arm(struct cpu *cpu, uint64_t when_ns)
{
	uint64_t next = timer_next_ns();

	if (when_ns > next)
		when_ns = next;
	if (when_ns >= cpu->armed_ns && !cpu->timer_fired)
		return;
	cpu->armed_ns = when_ns;
	hal_timer_arm(when_ns);
}

static void idle(struct cpu *cpu)
{
	uint64_t before = hal_cycles();

	switch_to_nobody(cpu);
	arm(cpu, UINT64_MAX);
	cpu->timer_fired = false;
	hal_cpu_idle();
	cpu->idle_cycles += hal_cycles() - before;
}

/* What was put off. */
static void catch_up(struct cpu *cpu)
{
	do { /* each end may free what somebody waits for, and each page that comes in wrong ends somebody */
		if (cpu->irq_latched)
			device_tell_drivers();
		if (cpu->timer_fired)
			timer_run(hal_clock_ns());
		ending_run();
		pager_work();
	} while (process_any_condemned() || cpu->irq_latched);
}

/* In both, for what most calls need is little. */
static inline __attribute__((always_inline)) _Noreturn void go(struct cpu *cpu, struct thread *t)
{
	if (t != cpu->running)
		switch_to(cpu, t);
	arm(cpu, cpu->slice_end_ns);
	cpu->timer_fired = false;
	hal_context_resume(&t->context);
}

_Noreturn void kernel_leave(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *t;

	for (;;) {
		catch_up(cpu);
		t = choose(cpu);
		if (t != NULL)
			break;
		idle(cpu);
	}
	go(cpu, t);
}

/* ---- a wait: nothing has happened that would have to be caught up with ---- */

uint64_t kernel_fast_recv(uint64_t handle, struct context *c, uint64_t, uint64_t pc)
{
	struct thread *t = container_of(c, struct thread, context);
	struct cpu *cpu = this_cpu();
	void *port;

	if (!process_may_call(t->process, pc, SYS_ipc_recv) ||
	    !handle_find(&t->process->handles, (handle_t)handle, HANDLE_RECEIVABLE, &port) || !port_wait_alone(port, t))
		return handle;
	if (sched_occupied == 0)
		kernel_leave();
	t = sched_take();
	cpu->slice_end_ns = hal_clock_ns() + t->slice_left_ns;
	if ((t->special & THREAD_HAS_VECTORS) || cpu->slice_end_ns < cpu->armed_ns) /* who waits had none */
		go(cpu, t);
	cpu->running = t;
	if (cpu->active != t->process)
		switch_space(cpu, t->process);
	hal_context_resume(&t->context);
}
