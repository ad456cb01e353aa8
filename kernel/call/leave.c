/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way back to user mode, and the interrupts that lead to it. Everything that
 * the kernel put off is done here, in this order: interrupts that were only latched,
 * deadlines, ends of processes, paging; then the most urgent thread runs.
 */
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
void kernel_timer(void) { cpu_put_off(CPU_TIMER_FIRED); }

static inline bool has_work(const struct cpu *cpu)
{
	return cpu->put_off != 0 || frame_free_count() < frame_low_mark();
}

/* What was put off. Has the timer fired? */
static bool catch_up(struct cpu *cpu)
{
	bool fired = false;

	do { /* each end may free what somebody waits for, and each page that comes in wrong ends somebody */
		if (cpu->put_off & CPU_IRQ_LATCHED)
			device_tell_drivers();
		if (cpu->put_off & CPU_TIMER_FIRED) {
			cpu_caught_up(CPU_TIMER_FIRED);
			fired = true;
			timer_run(hal_clock_ns());
		}
		if (cpu->put_off & CPU_CONDEMNED)
			ending_run();
		if ((cpu->put_off & CPU_PAGER_WORK) || frame_free_count() < frame_low_mark())
			pager_work();
	} while (cpu->put_off & ~(unsigned)CPU_PAGER_WORK);
	return fired;
}

/* The running thread cannot go on, or somebody more urgent is ready, or its turn may be over. */
static struct thread *choose(struct cpu *cpu)
{
	struct thread *t = cpu->running;
	uint64_t now = hal_clock_ns();

	if (t != NULL && t->state == THREAD_RUNNING) {
		uint64_t left = now < cpu->slice_end_ns ? cpu->slice_end_ns - now : 0;

		if (left != 0 && !sched_would_preempt(t->priority)) {
			timer_need(cpu, cpu->slice_end_ns);
			return t;
		}
		sched_preempted(t, left);
	}
	t = sched_pick();
	if (t != NULL) {
		cpu->slice_end_ns = now + t->slice_left_ns;
		timer_need(cpu, cpu->slice_end_ns);
	}
	return t;
}

static void idle(struct cpu *cpu)
{
	uint64_t before = hal_cycles();

	switch_to_nobody(cpu);
	hal_cpu_idle();
	cpu->idle_cycles += hal_cycles() - before;
}

static inline bool goes_on(const struct thread *t)
{
	return t != NULL && t->state == THREAD_RUNNING && !sched_would_preempt(t->priority);
}

/* Who runs when not simply the same goes on, after what was put off. */
static __attribute__((noinline)) struct thread *next(struct cpu *cpu, bool work)
{
	for (;; work = has_work(cpu)) {
		bool fired = work && catch_up(cpu);
		struct thread *t = cpu->running;

		if (fired || !goes_on(t))
			t = choose(cpu);
		if (t == NULL) {
			idle(cpu);
			continue;
		}
		if (t != cpu->running)
			switch_to(cpu, t);
		return t;
	}
}

/* To the most urgent thread that is ready, if there is one and nothing about it is special. open: the vector registers are. */
static inline void go_over(struct cpu *cpu, bool open)
{
	struct thread *t;
	uint64_t slice_end_ns;

	if (sched_occupied == 0)
		return;
	t = sched_first();
	slice_end_ns = hal_clock_ns() + t->slice_left_ns;
	if (((t->special & THREAD_HAS_VECTORS) | open) || slice_end_ns < cpu->armed_ns)
		return;
	trace_switch(cpu->running, t);
	sched_take(t);
	cpu->slice_end_ns = slice_end_ns;
	cpu->running = t;
	if (cpu->active != t->process)
		switch_space(cpu, t->process);
	hal_context_resume(&t->context);
}

/* Most calls leave nothing behind, and their thread goes on; or it waits, and another does. */
_Noreturn void kernel_leave(void)
{
	struct cpu *cpu = this_cpu();
	struct thread *t = cpu->running;
	bool work = has_work(cpu);

	if (!work && t != NULL && t->state != THREAD_RUNNING)
		go_over(cpu, cpu->vectors_open);
	if (__builtin_expect(work || !goes_on(t), false))
		t = next(cpu, work);
	hal_context_resume(&t->context);
}

/* ---- a wait: nothing has happened that would have to be caught up with ---- */

uint64_t kernel_fast_recv(uint64_t handle, struct context *c, uint64_t, uint64_t pc)
{
	struct thread *t = container_of(c, struct thread, context);
	void *port;

	if (!process_may_call(t->process, pc, SYS_ipc_recv) ||
	    !handle_find(&t->process->handles, (handle_t)handle, HANDLE_RECEIVABLE, &port) || !port_wait_alone(port, t))
		return handle;
	go_over(this_cpu(), false); /* who waits had none */
	kernel_leave();
}
