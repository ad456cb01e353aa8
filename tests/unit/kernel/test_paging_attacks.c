/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who would harm paging: a pager that keeps what it is lent, a driver of its that says nothing, a program that takes all
 * requests, one that asks for what it will never get; and a pager that starts when memory is used up.
 */
#include "hal/mmu.h"
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/page_out.h"
#include "kernel/paging/pager.h"
#include "tests/unit/kernel/driver_fixture.h"
#include "tests/unit/kernel/store_fixture.h"

enum { THREADS = 12, HEAP_PAGES = 40, STACK = 0x800 };
#define S_NS 1000000000ull

static void pass_seconds(unsigned s)
{
	while (s-- > 0) {
		host_pass_ns(S_NS);
		host_leave();
	}
}

/* The pager takes a request whose pages it can lend on. */
static bool take_pages(void)
{
	while (paging.pager->state == PROCESS_RUNNING && paging_take() == ST_OK) {
		if (tag_op(paging.server->context.arg[1]) == PAGER_OUT)
			return true;
		paging_fill();
		assert_ok(paging_answer(0));
	}
	return false;
}

static void a_pager_that_keeps_what_it_is_lent_is_ended_before_it_has_much(void **state)
{
	uint64_t heap, written = 0, kept = 0, most;
	struct thread *t;

	(void)state;
	store_start(NULL);
	t = paging_make_small(5, &heap);
	most = frame_count(FRAME_BOUNCE) + 400;
	for (uint64_t i = 0; i < 4000 && is_alive(t) && paging.pager->state == PROCESS_RUNNING; i++) {
		uint64_t token, pages;
		enum status st;

		if (!is_blocked(t) && user_put(t, heap + written % HEAP_PAGES * PAGE_BYTES, i))
			written++;
		if (!take_pages())
			continue;
		token = paging.server->context.arg[2];
		pages = paging.server->context.word[1];
		assert_true(user_read(paging.server, paging.window, paging.store[paging.server->context.word[0]],
				      pages * PAGE_BYTES));
		assert_status(store_lend(pages, host_now_ns + 10), PARKED);
		assert_ok(store_takes(kept));
		kept += PAGER_RUN_MAX;
		host_pass_ns(10);
		host_leave();
		st = ask(paging.server, ipc_reply, token, 0, 0);
		assert_int_equal(st, paging.pager->fault == FAULT_NONE ? ST_OK : ST_ENDED);
		assert_true(frame_count(FRAME_BOUNCE) < most);
	}
	assert_int_equal(paging.pager->fault, FAULT_PAGER_KEEPS);
	world_stop(store.process); /* all come back */
	world_check();
}

static void who_keeps_a_silent_pager_from_ending_is_ended_too(void **state)
{
	uint64_t heap;
	struct thread *t;
	struct process *pager;

	(void)state;
	store_start(NULL);
	pager = paging.pager;
	t = paging_make_small(5, &heap);
	(void)paging_fault_in(t, heap);
	assert_status(store_lend(1, DEADLINE_NEVER), PARKED);
	assert_ok(store_takes(0));
	pass_seconds(16);
	assert_int_equal(pager->fault, FAULT_PAGER_SILENT);
	assert_int_equal(pager->state, PROCESS_ENDING); /* its server may still write to the page */
	assert_int_equal(store.process->state, PROCESS_RUNNING);
	pass_seconds(6);
	assert_int_equal(store.process->fault, FAULT_PAGER_SILENT);
	assert_int_equal(pager->state, PROCESS_GONE);
	world_stop(pager);
	paging_start_pager();
	paging_serve_all();
	assert_int_equal(t->state, THREAD_READY);
}

static void a_server_that_a_pager_asked_and_that_answers_in_time_is_not_ended(void **state)
{
	uint64_t heap;
	struct thread *t;

	(void)state;
	store_start(NULL);
	t = paging_make_small(5, &heap);
	(void)paging_fault_in(t, heap);
	assert_status(store_lend(1, DEADLINE_NEVER), PARKED);
	assert_ok(store_takes(0));
	pass_seconds(16);
	assert_ok(ask(store.thread, ipc_reply, store.thread->context.arg[2], 0, 0));
	assert_int_equal(paging.pager->state, PROCESS_GONE);
	pass_seconds(16);
	assert_int_equal(store.process->state, PROCESS_RUNNING);
}

/* The device of its server writes to the page until that ends, too; then the next pager brings it. */
static void a_pager_that_dies_with_a_page_under_dma_is_followed_when_the_device_is_quiet(void **state)
{
	struct process *pager;
	struct thread *t;
	struct frame *f;
	uint64_t heap, address;

	(void)state;
	(void)driver_add_function();
	store_start(&driver_pci_claim);
	pager = paging.pager;
	t = paging_make_small(5, &heap);
	address = paging_fault_in(t, heap);
	assert_status(store_lend(1, DEADLINE_NEVER), PARKED);
	assert_ok(store_takes(0));
	assert_ok(ask(store.thread, dma_map, INITIAL_HANDLE(1), store.window, 1, PROGRAM_DATA));
	f = frame_record((paddr_t){ user_get(store.thread, PROGRAM_DATA) });
	assert_ok(ask(sup, process_stop, world_handle_of(pager)));
	assert_int_equal(pager->state, PROCESS_ENDING);
	assert_int_equal(f->kind, FRAME_BOUNCE);
	assert_int_equal(f->dma, 1);
	*(uint64_t *)hal_frame_ptr(frame_address(f)) = 77;
	world_stop(store.process);
	assert_int_equal(pager->state, PROCESS_GONE);
	assert_int_equal(f->kind, FRAME_BOUNCE);
	assert_int_equal(f->dma, 0);
	assert_true(is_blocked(t));
	world_stop(pager);
	paging_start_pager();
	paging_serve_all();
	assert_false(is_blocked(t));
	assert_int_equal(user_get(t, address), 1000 + (address - heap) / PAGE_BYTES);
}

/* The page-out's request that the pager holds cannot be made to the next as it was: what is there is back in RAM. */
static void a_pager_that_dies_while_some_of_its_frames_are_kept_costs_the_pages_in_them_only(void **state)
{
	enum { KEPT = 2 };
	uint64_t heap, other_heap, token;
	struct thread *t, *other;
	uint32_t slot, pages;

	(void)state;
	store_start(NULL);
	other = paging_make_small(5, &other_heap);
	t = first_thread(world_spawn("app", 20));
	heap = user_map(t, MEM_HEAP, HEAP_PAGES);
	for (uint64_t i = 0; i < HEAP_PAGES; i++)
		assert_true(paging_put(t, heap + i * PAGE_BYTES, i));
	while (t->process->aspace.swapped < PAGER_RUN_MAX)
		assert_true(page_out(&t->process->aspace, 1));
	assert_true(take_pages());
	token = paging.server->context.arg[2];
	slot = (uint32_t)paging.server->context.word[0];
	pages = (uint32_t)paging.server->context.word[1];
	assert_int_equal(pages, PAGER_RUN_MAX);
	assert_status(store_lend(KEPT, host_now_ns + 10), PARKED);
	assert_ok(store_takes(0));
	host_pass_ns(10);
	host_leave();
	assert_non_null(call_find_held(paging.pager, token));
	world_stop(paging.pager);
	assert_int_equal(t->process->aspace.swapped, KEPT);
	paging_start_pager();
	paging_serve_all();
	world_check();
	for (uint64_t i = 0; i < HEAP_PAGES; i++)
		if (aspace_entry(&t->process->aspace, heap + i * PAGE_BYTES).kind == MMU_PRESENT)
			assert_int_equal(user_get(t, heap + i * PAGE_BYTES), i);
	assert_int_equal(slot_at(slot)->state, SLOT_HELD);
	heap = paging_page_outside(t, heap);
	assert_false(user_read(t, heap, &(uint64_t){ 0 }, 8));
	paging_serve_all();
	assert_int_equal(t->process->fault, FAULT_PAGE_LOST);
	for (uint64_t i = 0; i < HEAP_PAGES; i++)
		assert_int_equal(paging_get(other, other_heap + i * PAGE_BYTES), 1000 + i);
	world_stop(store.process); /* these two come back */
	world_check();
}

/* It reads on from there until more than one page is asked for at once. Where the first is. */
static uint64_t ask_for_a_run(struct thread *t, uint64_t at)
{
	for (unsigned i = 0; i < HEAP_PAGES; i++, at += PAGE_BYTES) {
		if (user_read(t, at, &(uint64_t){ 0 }, 8))
			continue;
		assert_ok(paging_take());
		if (paging.server->context.word[1] > 1)
			return at;
		paging_fill();
		assert_ok(paging_answer(0));
	}
	fail_msg("nothing is read ahead");
	return 0;
}

static void a_pager_that_dies_while_what_was_read_ahead_is_kept_costs_nothing(void **state)
{
	uint64_t heap, at;
	struct thread *t;

	(void)state;
	store_start(NULL);
	t = paging_make_small(5, &heap);
	t->process->aspace.frames_max += HEAP_PAGES;
	at = ask_for_a_run(t, paging_page_outside(t, heap));
	assert_status(store_lend_from(1, 1, host_now_ns + 10), PARKED);
	assert_ok(store_takes(0));
	host_pass_ns(10);
	host_leave();
	world_stop(paging.pager);
	world_check();
	paging_start_pager();
	assert_ok(paging_take());
	while (tag_op(paging.server->context.arg[1]) != PAGER_IN) {
		assert_ok(paging_answer(0));
		assert_ok(paging_take());
	}
	assert_int_equal(paging.server->context.word[0], aspace_entry(&t->process->aspace, at).slot);
	assert_int_equal(paging.server->context.word[1], 1); /* what was asked for alone */
	paging_fill();
	assert_ok(paging_answer(0));
	for (uint64_t i = 0; i < HEAP_PAGES; i++)
		assert_int_equal(paging_get(t, heap + i * PAGE_BYTES), 1000 + i);
	world_stop(store.process);
	world_check();
}

/* ---- clients ---- */

/* Of two that are ready at the same priority: which is first? */
static bool runs_before(const struct thread *a, const struct thread *b)
{
	assert_int_equal(a->priority, b->priority);
	if (a->state == THREAD_RUNNING || b->state == THREAD_RUNNING)
		return a->state == THREAD_RUNNING;
	for (const struct list *node = a->link.next; node != &sched_queues[a->priority]; node = node->next)
		if (node == &b->link)
			return true;
	return false;
}

static void who_waits_for_a_request_has_it_before_those_who_had_one(void **state)
{
	uint64_t heap, other_heap, at;
	struct thread *hog[THREADS], *t = paging_make_small(5, &heap), *other = paging_make_small(5, &other_heap);

	(void)state;
	t->process->aspace.frames_max += HEAP_PAGES;
	other->process->aspace.frames_max += HEAP_PAGES;
	at = heap + HEAP_PAGES * PAGE_BYTES;
	for (unsigned i = 0; i < THREADS; i++)
		hog[i] = i == 0 ? t : second_thread(t->process);
	for (unsigned i = 0; i < THREADS; i++) {
		do
			at -= PAGE_BYTES;
		while (aspace_entry(&t->process->aspace, at).kind != MMU_SWAPPED);
		assert_false(user_read(hog[i], at, &(uint64_t){ 0 }, 8));
	}
	at = paging_page_outside(other, other_heap);
	assert_false(user_read(other, at, &(uint64_t){ 0 }, 8));
	assert_int_equal(other->wait_slot, SLOT_NONE);
	assert_ok(paging_take());
	paging_fill();
	assert_ok(paging_answer(0));
	assert_true(hog[0]->state != THREAD_PAGING && other->state != THREAD_PAGING);
	assert_true(runs_before(other, hog[0]));
	paging_serve_all();
}

static void a_pinned_program_is_refused_what_is_beyond_its_quota_and_waits_for_nothing(void **state)
{
	struct process *pinned = world_spawn("driver", 20);
	uint32_t quota = pinned->aspace.frames_max;
	uint64_t heap;

	(void)state;
	(void)paging_make_small(30, &heap); /* some of it can go */
	machine_exhaust(FRAME_FOR_USER);
	assert_status(ask(first_thread(pinned), mem_map, MEM_BUFFER, quota + 1), NO_MEMORY);
	assert_status(ask(first_thread(pinned), mem_map, MEM_BUFFER, quota / 2), PARKED);
	machine_relent();
}

/* ---- bad luck ---- */

static void a_pager_that_starts_when_memory_is_used_up_serves_as_soon_as_there_is_some(void **state)
{
	paddr_t taken[200];
	unsigned n = 0;

	(void)state;
	while (bounce_ready() != 0)
		taken[n++] = bounce_take();
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_ok(pager_attach(paging.pager->signal_port));
	machine_relent();
	host_leave();
	assert_true(bounce_ready() != 0);
	while (n > 0)
		frame_free(taken[--n]);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, paging_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_pager_that_keeps_what_it_is_lent_is_ended_before_it_has_much),
		STORY(who_keeps_a_silent_pager_from_ending_is_ended_too),
		STORY(a_server_that_a_pager_asked_and_that_answers_in_time_is_not_ended),
		STORY(a_pager_that_dies_with_a_page_under_dma_is_followed_when_the_device_is_quiet),
		STORY(a_pager_that_dies_while_some_of_its_frames_are_kept_costs_the_pages_in_them_only),
		STORY(a_pager_that_dies_while_what_was_read_ahead_is_kept_costs_nothing),
		STORY(who_waits_for_a_request_has_it_before_those_who_had_one),
		STORY(a_pinned_program_is_refused_what_is_beyond_its_quota_and_waits_for_nothing),
		STORY(a_pager_that_starts_when_memory_is_used_up_serves_as_soon_as_there_is_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
