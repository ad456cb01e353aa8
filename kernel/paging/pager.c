/* SPDX-License-Identifier: BSD-2-Clause */
/* See pager.h. Owns the lists of threads that wait for pages and for memory. */
#include "kernel/paging/pager.h"
#include "hal/timer.h"
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/page_in.h"
#include "kernel/paging/page_out.h"
#include "kernel/paging/policy.h"
#include "kernel/task/sched.h"

enum { REST_NS = 10 * 1000 * 1000 }; /* after nothing could go, unless a request is settled */

static struct list page_waiters, request_waiters, starved; /* for a slot; for any request to be idle; for memory */
static bool reclaiming;                                    /* from the low mark to the high mark */
static unsigned asker;                                     /* the priority of who made memory short */
static uint64_t rest_end_ns;
static struct alarm rest_over;

static void look_again(struct alarm *) { cpu_put_off(CPU_PAGER_WORK); }

void pager_init(void)
{
	list_init(&page_waiters);
	list_init(&request_waiters);
	list_init(&starved);
	reclaiming = false;
	rest_end_ns = 0;
	alarm_init(&rest_over, look_again);
	request_init();
	page_out_init();
	bounce_init();
	policy_init();
}

enum status pager_attach(struct port *port)
{
	enum status st = request_connect(port);

	bounce_begin();
	if (st == ST_OK)
		pager_wake(SLOT_NONE, 0);
	return st;
}

/* ---- who waits for pages ---- */

static void wake(struct thread *t)
{
	list_remove(&t->link);
	sched_ready(t);
}

/* First those who wait for any request to be idle, or who had one would take it again, and again. */
void pager_wake(uint32_t slot, unsigned count)
{
	if (rest_end_ns != 0 || reclaiming || !list_is_empty(&starved))
		cpu_put_off(CPU_PAGER_WORK);
	rest_end_ns = 0;
	list_for_each_entry_safe(t, &request_waiters, struct thread, link) {
		hal_cpu_safe_point();
		wake(t);
	}
	list_for_each_entry_safe(t, &page_waiters, struct thread, link) {
		hal_cpu_safe_point();
		if (t->wait_slot - slot < count)
			wake(t);
	}
}

void pager_condemn_owner(uint32_t slot, enum fault fault)
{
	uint64_t address;
	struct aspace *as = aspace_of_slot(slot, &address);

	slot_lose(slot);
	process_condemn(container_of(as, struct process, aspace), fault, address);
}

static void park(struct thread *t, enum thread_state state, struct list *where)
{
	thread_set_state(t, state);
	list_push_back(where, &t->link);
}

/* SLOT_NONE: until a request is idle. */
static void wait_for_slot(struct thread *t, uint32_t slot)
{
	t->wait_slot = slot;
	park(t, THREAD_PAGING, slot == SLOT_NONE ? &request_waiters : &page_waiters);
}

void pager_wait_for_page(struct thread *t, uint64_t address, uint32_t slot)
{
	wait_for_slot(t, slot);
	if (slot_at(slot)->state != SLOT_HELD) {
		request_raise(slot, t->priority);
	} else if (!page_in(&t->process->aspace, address, slot, t->priority)) {
		t->wait_slot = SLOT_NONE;
		list_remove(&t->link);
		list_push_back(&request_waiters, &t->link);
		if (!request_pager_may_come())
			process_condemn(t->process, FAULT_PAGE_IO, address);
	}
}

/* ---- who waits for memory ---- */

/* What is pinned does not wait while the pager or what it needs is away: the supervisor has to bring that back. */
static bool must_go_on(const struct thread *t)
{
	return t->process->aspace.pinned && (!request_pager_lives() || frame_kept() != 0);
}

bool pager_wait_for_frames(struct thread *t, uint32_t frames)
{
	bool hopeless = (t->hopeless && !request_pending()) || must_go_on(t);

	t->hopeless = false;
	if (hopeless)
		return false;
	t->wait_frames = frames;
	park(t, THREAD_STARVED, &starved);
	asker = (unsigned)max_u64(asker, t->priority);
	request_raise(SLOT_NONE, t->priority);
	rest_end_ns = 0;
	cpu_put_off(CPU_PAGER_WORK);
	return true;
}

bool pager_wait_for_own(struct thread *t)
{
	if (page_out(&t->process->aspace, t->priority))
		return pager_wait_for_frames(t, 1);
	if (t->process->aspace.pinned || !request_pending())
		return false;
	wait_for_slot(t, SLOT_NONE);
	return true;
}

static bool has_enough(const struct thread *t) { return frame_free_count() >= frame_reserve() + t->wait_frames; }

/* In the order they came: who needs much is not overtaken for ever. */
static void wake_starved(void)
{
	bool enough = true;

	list_for_each_entry_safe(t, &starved, struct thread, link) {
		hal_cpu_safe_point();
		enough = enough && has_enough(t);
		if (enough || must_go_on(t))
			wake(t);
	}
}

static uint32_t memory_of(const struct thread *t) { return t->process->aspace.resident + t->process->aspace.swapped; }

/* Nothing will ever give memory: of those who wait for it, one of the process that has most is told so. */
static void tell_offender(void)
{
	struct thread *most = NULL;

	list_for_each_entry_safe(t, &starved, struct thread, link) {
		hal_cpu_safe_point();
		if (most == NULL || memory_of(t) > memory_of(most))
			most = t;
	}
	if (most == NULL)
		return;
	most->hopeless = true;
	wake(most);
}

/* ---- what is left for later ---- */

/* Of who runs, or (any) did until now: 0 if nobody. */
static unsigned running_priority(bool any)
{
	const struct thread *t = this_cpu()->running;

	return t != NULL && (any || t->state == THREAD_RUNNING) ? t->priority : 0;
}

static bool is_short(void)
{
	const struct thread *first = list_first_entry(&starved, struct thread, link);

	if (!reclaiming && frame_free_count() < frame_low_mark()) {
		reclaiming = true;
		cpu_put_off(CPU_PAGER_WORK);
		asker = (unsigned)max_u64(asker, running_priority(true));
	}
	if (frame_free_count() >= policy_goal())
		reclaiming = false;
	return reclaiming || (first != NULL && !has_enough(first));
}

static void rest(void)
{
	rest_end_ns = hal_clock_ns() + REST_NS;
	if (!request_pending())
		tell_offender();
	if (!list_is_empty(&starved) || !list_is_empty(&request_waiters))
		alarm_set(&rest_over, rest_end_ns);
}

static bool is_resting(void) { return rest_end_ns != 0 && hal_clock_ns() < rest_end_ns; }

/* One cluster after the other. False: there is more to do, but an interrupt or somebody more urgent comes first. */
static bool reclaim(const struct cpu *cpu)
{
	while (is_short() && !is_resting()) {
		if (sched_would_preempt(asker) || running_priority(false) > asker)
			return false;
		if (!page_out(NULL, asker))
			rest();
		hal_cpu_safe_point();
		if (cpu_interrupted(cpu))
			return false;
	}
	return true;
}

void pager_work(void)
{
	bool was_empty = bounce_ready() == 0, filled;

	wake_starved();
	filled = bounce_refill();
	if (was_empty && bounce_ready() != 0)
		pager_wake(SLOT_NONE, 0);
	if (!reclaim(this_cpu()))
		return;
	wake_starved();
	if (reclaiming || !list_is_empty(&starved))
		return;
	asker = 0;
	if (filled)
		cpu_caught_up(CPU_PAGER_WORK);
}
