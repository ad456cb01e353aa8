/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paging when there is little of something: of time, as somebody more urgent is ready; of frames, at each place where paging
 * takes some; of all memory; of pagers, as there will be none any more.
 */
#include "hal/mmu.h"
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/page_out.h"
#include "kernel/paging/pager.h"
#include "kernel/paging/request.h"
#include "tests/unit/kernel/paging_fixture.h"

enum { PAGES = 60, URGENT = 20, FRAMES_MAX = 200 };

static struct thread *t;
static struct aspace *as;
static uint64_t heap;

static uint64_t page(unsigned i) { return heap + i * PAGE_BYTES; }
static bool is_out(unsigned i) { return aspace_entry(as, page(i)).kind == MMU_SWAPPED; }

static unsigned count_out(void) { return paging_count_out(as, heap, PAGES); }
static unsigned first_out(void) { return (unsigned)((paging_page_outside(t, heap) - heap) / PAGE_BYTES); }

/* A program with dirty pages that were not used lately: its i-th begins with 1000 + i. */
static int start(void **state)
{
	struct mmu_leaf leaf;

	(void)paging_start(state);
	t = first_thread(world_spawn("app", 20));
	as = &t->process->aspace;
	heap = user_map(t, MEM_HEAP, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(paging_put(t, page(i), 1000 + i));
	for (unsigned i = 0; i < PAGES; i++) {
		assert_true(aspace_find(as, page(i), &leaf));
		(void)hal_mmu_take_accessed(leaf);
		hal_mmu_invalidate(&as->space, (vaddr_t){ page(i) });
	}
	return 0;
}

static void assert_all_is_there(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		assert_int_equal(paging_get(t, page(i)), 1000 + i);
}

/* ---- of time ---- */

static void time_passes(void)
{
	host_safe_point_hook = NULL;
	host_pass_ns(URGENT);
}

/* A thread of more urgency whose wait ends at the first safe point. */
static struct thread *start_urgent(void)
{
	struct process *p = world_spawn("app", 30);
	struct thread *u = first_thread(p);

	p->base_priority = t->priority + 3;
	process_set_boost(p, 0);
	assert_ok(ask(u, port_create, 30));
	assert_status(ask(u, ipc_recv, u->context.arg[0], 0, 0, host_now_ns + URGENT), PARKED);
	return u;
}

static void between_two_runs_of_pages_that_go_out_whoever_is_more_urgent_runs(void **state)
{
	struct thread *u = start_urgent();
	uint32_t before = slot_used();

	(void)state;
	world_make_running(t);
	machine_leave_frames(frame_low_mark() - 2, FRAME_FOR_PAGE_IN);
	host_safe_point_hook = time_passes;
	assert_int_equal(host_leave(), HOST_RESUMED);
	assert_null(host_safe_point_hook);
	assert_ptr_equal(this_cpu()->running, u);
	assert_int_equal(slot_used() - before, PAGER_RUN_MAX);
	assert_true(this_cpu()->put_off & CPU_PAGER_WORK);
	assert_ok(ask(u, clock_now)); /* as long as it runs nothing more is done */
	assert_int_equal(slot_used() - before, PAGER_RUN_MAX);
	assert_status(ask(u, ipc_recv, u->context.arg[0], 0, 0, 0), BAD_HANDLE);
	assert_status(ask(u, thread_exit), ENDED);
	assert_true(slot_used() - before > PAGER_RUN_MAX);
	machine_relent();
	paging_serve_all();
	assert_all_is_there();
}

/* ---- of all memory ---- */

static struct thread *make_of(unsigned pages, uint64_t *at)
{
	struct thread *of = first_thread(world_spawn("app", 20));

	of->process->aspace.swap_max = 0; /* nothing of it goes */
	of->process->aspace.frames_max = 10000;
	*at = user_map(of, MEM_HEAP, FRAMES_MAX);
	for (unsigned i = 0; i < pages; i++)
		assert_true(user_put(of, *at + i * PAGE_BYTES, i));
	*at += pages * PAGE_BYTES;
	return of;
}

/* It takes all it can have. Where it starves. */
static uint64_t starve(struct thread *of, uint64_t at)
{
	while (user_put(of, at, 1))
		at += PAGE_BYTES;
	assert_int_equal(of->state, THREAD_STARVED);
	return at;
}

static void try_again(struct thread *of, uint64_t at)
{
	if (is_alive(of) && !is_blocked(of))
		(void)user_put(of, at, 1);
}

static void of_those_who_starve_the_process_that_has_most_is_told_first(void **state)
{
	uint64_t small_at, big_at;
	struct thread *small = make_of(2, &small_at), *big = make_of(40, &big_at);
	struct process *small_process = small->process, *big_process = big->process;

	(void)state;
	machine_exhaust(FRAME_FOR_USER);
	small_at = starve(small, small_at); /* first, with pages under way: there is hope */
	big_at = starve(big, big_at);
	assert_true(request_pending());
	assert_true(as->resident + as->swapped > big_process->aspace.resident); /* it has more, but asks for nothing */
	paging.answer_with = ST_IO_ERROR;
	for (unsigned i = 0; i < 40 && big_process->fault == FAULT_NONE; i++) {
		paging_serve_all();
		try_again(small, small_at);
		try_again(big, big_at);
		host_pass_ns(20 * 1000 * 1000);
		host_leave();
	}
	assert_int_equal(big_process->fault, FAULT_NO_MEMORY);
	assert_int_equal(small_process->fault, FAULT_NONE);
	assert_int_equal(t->process->fault, FAULT_NONE);
	paging.answer_with = 0;
	host_leave();
	assert_false(is_blocked(small)); /* it has what the other had */
	machine_relent();
	assert_all_is_there();
}

/* ---- of frames: each place where paging takes some ---- */

static void a_page_that_gets_no_record_of_a_slot_stays_where_it_is(void **state)
{
	uint64_t n = 0;
	bool went = false;

	(void)state;
	for (; !went; n++) {
		uint64_t users = frame_count(FRAME_USER), bounces = frame_count(FRAME_BOUNCE);

		machine_leave_frames(n, FRAME_FOR_PAGE_IN);
		went = page_out(as, 1);
		machine_relent();
		world_check();
		if (went)
			break;
		assert_int_equal(slot_used(), 0);
		assert_int_equal(count_out(), 0);
		assert_false(request_pending());
		assert_int_equal(frame_count(FRAME_USER), users);
		assert_int_equal(frame_count(FRAME_BOUNCE), bounces);
	}
	assert_in_range(n, 1, 3); /* a directory, and the records: with these it went */
	assert_int_equal(count_out(), PAGER_RUN_MAX);
	paging_serve_all();
	assert_all_is_there();
}

static void a_page_that_finds_no_frame_in_reserve_waits_for_the_first_that_is_there(void **state)
{
	paddr_t taken[FRAMES_MAX];
	unsigned i;

	(void)state;
	assert_true(page_out(as, 1));
	paging_serve_all();
	i = first_out();
	for (uint64_t frames = 0; frames < 5; frames++) {
		unsigned n = 0, asked = paging.ins;

		while (bounce_ready() != 0)
			taken[n++] = bounce_take();
		machine_leave_frames(frames, FRAME_FOR_KERNEL);
		assert_false(user_read(t, page(i), &(uint64_t){ 0 }, 8));
		assert_int_equal(t->state, THREAD_PAGING);
		assert_int_equal(t->wait_slot == SLOT_NONE, frames == 0);
		paging_serve_all();
		assert_int_equal(paging.ins - asked, frames != 0);
		machine_relent();
		host_leave();
		assert_in_range(bounce_ready(), 1, n); /* the reserve is filled as soon as it can be */
		assert_false(is_blocked(t));
		assert_int_equal(user_read(t, page(i), &(uint64_t){ 0 }, 8), frames != 0);
		while (n > 0)
			bounce_put(taken[--n]);
		world_check();
		assert_int_equal(paging_get(t, page(i)), 1000 + i);
		while (!is_out(i))
			assert_true(page_out(as, 1));
		paging_serve_all();
	}
}

static void a_pager_that_gets_no_channel_leaves_the_one_before_it_as_it_is(void **state)
{
	struct thread *maker = first_thread(world_spawn("app", 20));
	handle_t handle;
	void *port;

	(void)state;
	maker->process->quota.max_bytes = 1 << 20;
	assert_ok(ask(maker, port_create, 20));
	handle = (handle_t)maker->context.arg[0];
	assert_true(handle_find(&maker->process->handles, handle, HANDLE_RECEIVABLE, &port));
	assert_true(page_out(as, 1));
	machine_exhaust(FRAME_FOR_KERNEL);
	while (ask(maker, channel_create, handle, 1, 1) == ST_OK)
		;
	assert_status(pager_attach(port), NO_MEMORY);
	machine_relent();
	world_check();
	assert_true(request_pager_lives());
	paging_serve_all();
	assert_all_is_there();
}

/* ---- of pagers ---- */

static void when_the_pagers_port_ends_what_waits_there_comes_back_and_who_waits_for_a_page_ends(void **state)
{
	struct thread *other = first_thread(world_spawn("app", 20));
	struct process *p = other->process;
	uint64_t at = user_map(other, MEM_HEAP, 1);

	(void)state;
	assert_true(user_put(other, at, 77));
	while (aspace_entry(&p->aspace, at).kind != MMU_SWAPPED)
		assert_true(page_out(&p->aspace, 1));
	paging_serve_all();
	world_stop(paging.pager);
	assert_false(user_read(other, at, &(uint64_t){ 0 }, 8)); /* its request waits for the next pager */
	assert_int_equal(other->state, THREAD_PAGING);
	assert_true(page_out(as, 1)); /* these, too */
	assert_int_equal(count_out(), PAGER_RUN_MAX);
	assert_ok(ask(sup, handle_close, paging.port));
	assert_int_equal(p->fault, FAULT_PAGE_IO);
	assert_int_equal(count_out(), 0);
	assert_false(request_pending() || request_pager_may_come());
	assert_int_equal(frame_count(FRAME_BOUNCE), bounce_ready());
	assert_all_is_there();
	assert_false(page_out(as, 1));
	assert_int_equal(slot_used(), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(between_two_runs_of_pages_that_go_out_whoever_is_more_urgent_runs),
		STORY(of_those_who_starve_the_process_that_has_most_is_told_first),
		STORY(a_page_that_gets_no_record_of_a_slot_stays_where_it_is),
		STORY(a_page_that_finds_no_frame_in_reserve_waits_for_the_first_that_is_there),
		STORY(a_pager_that_gets_no_channel_leaves_the_one_before_it_as_it_is),
		STORY(when_the_pagers_port_ends_what_waits_there_comes_back_and_who_waits_for_a_page_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
