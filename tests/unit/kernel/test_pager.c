/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paging with a pager that the test plays: pages go out and come back whole, late,
 * never; memory runs out; the pager misbehaves or dies.
 */
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "tests/unit/kernel/paging_fixture.h"

static void a_program_larger_than_memory_reads_back_what_it_wrote(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p);
	uint64_t heap, pages;

	(void)state;
	p->aspace.frames_max = 10000;
	pages = frame_free_count() + 100;
	heap = user_map(t, MEM_HEAP, pages);
	for (uint64_t i = 0; i < pages; i++)
		assert_true(paging_put(t, heap + i * PAGE_BYTES, i * i));
	assert_true(paging.outs > 100);
	world_check();
	for (uint64_t i = 0; i < pages; i += 7)
		assert_int_equal(paging_get(t, heap + i * PAGE_BYTES), i * i);
	assert_true(paging.ins > 0);
	world_stop(p);
	paging_serve_all();
	assert_int_equal(slot_used(), 0);
}

static void a_process_at_its_limit_pages_its_own_and_never_exceeds_it(void **state)
{
	uint64_t heap;
	struct thread *t = paging_make_small(5, &heap);
	struct aspace *as = &t->process->aspace;

	(void)state;
	assert_true(as->swapped > 0 && as->resident + as->tables <= as->frames_max);
	for (uint64_t i = 0; i < 40; i++) {
		assert_int_equal(paging_get(t, heap + i * PAGE_BYTES), 1000 + i);
		assert_true(as->resident + as->tables <= as->frames_max);
	}
	assert_true(as->pages_in > 0 && as->pages_out > 0);
}

static void a_clean_page_goes_out_again_without_io(void **state)
{
	uint64_t heap;
	struct thread *t = paging_make_small(5, &heap);
	unsigned before;

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		(void)paging_get(t, heap + i * PAGE_BYTES);
	paging_serve_all();
	before = paging.outs;
	for (unsigned round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 40; i++)
			(void)paging_get(t, heap + i * PAGE_BYTES);
	assert_true(paging.outs - before < 40);
}

static void a_thread_waits_for_its_page_and_others_run_on(void **state)
{
	uint64_t heap, at, slot;
	struct thread *t = paging_make_small(5, &heap), *other = second_thread(t->process);
	struct process_status s;

	(void)state;
	at = paging_fault_in(t, heap);
	slot = paging.server->context.word[0];
	assert_ok(ask(other, clock_now));
	assert_status(ask(other, thread_exit), ENDED);
	process_fill_status(t->process, &s);
	assert_int_equal(s.activity, ACTIVITY_PAGING);
	assert_true(user_write(paging.server, paging.window, paging.store[slot], PAGE_BYTES));
	assert_ok(paging_answer(0));
	assert_int_equal(t->state, THREAD_READY);
	assert_int_equal(user_get(t, at), 1000 + (at - heap) / PAGE_BYTES);
}

static void two_threads_that_want_the_same_page_share_one_request(void **state)
{
	uint64_t heap, at, slot;
	struct thread *t = paging_make_small(5, &heap), *other = second_thread(t->process);

	(void)state;
	at = paging_fault_in(t, heap);
	slot = paging.server->context.word[0];
	assert_false(user_read(other, at, &(uint64_t){ 0 }, 8));
	assert_int_equal(other->state, THREAD_PAGING);
	assert_true(user_write(paging.server, paging.window, paging.store[slot], PAGE_BYTES));
	assert_ok(paging_answer(0));
	assert_int_equal(user_get(t, at), user_get(other, at));
}

static void a_call_whose_buffer_is_out_starts_again_when_it_is_in(void **state)
{
	uint64_t heap, at;
	struct thread *t = paging_make_small(5, &heap);

	(void)state;
	at = paging_page_outside(t, heap);
	t->process->aspace.frames_max += 5;
	assert_status(ask(t, log_write, at, 8), PARKED);
	paging_serve_all();
	assert_ok(world_go_on(t));
}

static void a_faulting_thread_stopped_while_it_waits_frees_its_slot_only_afterwards(void **state)
{
	uint64_t heap;
	struct thread *t = paging_make_small(5, &heap);
	struct process *p = t->process;
	uint32_t slot;

	(void)state;
	(void)paging_fault_in(t, heap);
	slot = (uint32_t)paging.server->context.word[0];
	world_stop(p);
	assert_int_equal(slot_at(slot)->state, SLOT_ARRIVING);
	assert_true(slot_at(slot)->doomed);
	assert_ok(paging_answer(0));
	assert_int_equal(slot_at(slot)->state, SLOT_FREE);
	paging_serve_all();
	assert_int_equal(slot_used(), 0);
}

static void a_region_unmapped_while_its_page_is_on_the_way_in_leaves_a_fault(void **state)
{
	uint64_t heap;
	struct thread *t = paging_make_small(5, &heap), *other = second_thread(t->process);
	struct process *p = t->process;

	(void)state;
	(void)paging_fault_in(t, heap);
	assert_ok(ask(other, mem_unmap, heap, 40));
	assert_ok(paging_answer(0));
	assert_int_equal(t->state, THREAD_READY);
	assert_false(user_read(t, heap, &(uint64_t){ 0 }, 8));
	assert_int_equal(p->fault, FAULT_READ);
}

static void an_io_error_on_page_in_is_retried_once_and_then_ends_its_process(void **state)
{
	uint64_t heap, at;
	struct thread *t = paging_make_small(5, &heap);
	struct process *p = t->process;

	(void)state;
	at = paging_fault_in(t, heap);
	assert_ok(paging_answer(ST_IO_ERROR));
	assert_int_equal(t->state, THREAD_PAGING);
	assert_ok(paging_take()); /* once more */
	assert_ok(paging_answer(ST_IO_ERROR));
	assert_int_equal(p->fault, FAULT_PAGE_IO);
	assert_int_equal(p->fault_address, at);
	assert_int_equal(p->state, PROCESS_GONE);
}

static void an_io_error_on_page_out_leaves_the_page_in_ram(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p);
	uint64_t heap = user_map(t, MEM_HEAP, 40);
	uint32_t before;

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		assert_true(paging_put(t, heap + i * PAGE_BYTES, i));
	before = p->aspace.resident;
	p->aspace.frames_max = p->aspace.resident + p->aspace.tables;
	paging.answer_with = ST_IO_ERROR;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	(void)user_put(t, t->context.arg[0], 1); /* evicts one of its own, in vain */
	paging_serve_all();
	paging.answer_with = 0;
	assert_true(host_console_has("could not be written"));
	assert_true(p->aspace.resident >= before);
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(paging_get(t, heap + i * PAGE_BYTES), i);
}

/* ---- bad pagers and full memory ---- */

static void a_pager_that_answers_twice_or_too_early_is_told_so(void **state)
{
	uint64_t heap, token, slot;
	struct thread *t = paging_make_small(5, &heap);

	(void)state;
	(void)paging_fault_in(t, heap);
	token = paging.server->context.arg[2];
	slot = paging.server->context.word[0];
	assert_true(user_write(paging.server, paging.window, paging.store[slot], PAGE_BYTES));
	assert_ok(ask(paging.server, ipc_reply, token, 0, 0));
	assert_status(ask(paging.server, ipc_reply, token, 0, 0), STALE);
	assert_status(ask(paging.server, ipc_reply, (1ull << 32) | 0x40000005, 0, 0), STALE);
	assert_int_equal(t->state, THREAD_READY);
}

static void a_pager_that_dies_returns_its_loans_and_its_successor_serves_on(void **state)
{
	uint64_t heap, at, bounces = frame_count(FRAME_BOUNCE);
	struct thread *t = paging_make_small(5, &heap), *second = second_thread(t->process);
	struct process *p = t->process;
	uint32_t references = paging.pager->signal_port->references;

	(void)state;
	at = paging_fault_in(t, heap);
	for (unsigned i = 0; i < 3; i++) {
		world_stop(paging.pager);
		assert_int_equal(t->state, THREAD_PAGING);
		assert_int_equal(aspace_entry(&p->aspace, at).kind, MMU_SWAPPED); /* nothing is lost */
		world_check();
		paging_start_pager();
		paging_serve_all();
		assert_in_range(frame_count(FRAME_BOUNCE), bounces / 2, bounces);
		assert_int_equal(paging.pager->signal_port->references, references);
		assert_int_equal(t->state, THREAD_READY);
		assert_int_equal(paging_get(second, at), 1000 + (at - heap) / PAGE_BYTES);
		at = paging_fault_in(t, heap);
	}
}

static void the_next_pager_gets_the_same_calls_and_whoever_faults_meanwhile_waits(void **state)
{
	uint64_t heap, other_heap;
	struct thread *t = paging_make_small(10, &heap), *other = paging_make_small(10, &other_heap);
	uint64_t out = paging_page_outside(t, heap), other_out = paging_page_outside(other, other_heap), slot;

	(void)state;
	t->process->aspace.frames_max += 5;
	other->process->aspace.frames_max += 5;
	assert_false(user_read(t, out, &(uint64_t){ 0 }, 8)); /* queued: the pager has not taken it */
	world_stop(paging.pager);
	assert_int_equal(t->state, THREAD_PAGING);
	assert_false(user_read(other, other_out, &(uint64_t){ 0 }, 8)); /* while there is no pager */
	assert_int_equal(other->state, THREAD_PAGING);
	paging_start_pager();
	assert_ok(paging_take());
	assert_ok(paging_answer(0)); /* how large its store is: unknown, so as large as before */
	assert_ok(paging_take());
	slot = paging.server->context.word[0];
	assert_int_equal(aspace_entry(&t->process->aspace, out).slot, slot);
	paging_fill();
	assert_ok(paging_answer(0));
	assert_int_equal(user_get(t, out), 1000 + (out - heap) / PAGE_BYTES);
	assert_int_equal(paging_get(other, other_out), 1000 + (other_out - other_heap) / PAGE_BYTES);
}

static void a_pager_that_closes_the_kernels_channel_is_as_good_as_dead(void **state)
{
	uint64_t heap, other_heap;
	struct thread *t = paging_make_small(10, &heap), *other = paging_make_small(10, &other_heap);
	struct process *p = t->process, *q = other->process;
	uint64_t out = paging_page_outside(other, other_heap);

	(void)state;
	(void)paging_fault_in(t, heap);
	assert_ok(ask(paging.server, channel_close, INITIAL_HANDLE(0), (uint32_t)paging.server->context.arg[4]));
	q->aspace.frames_max += 5;
	assert_false(user_read(other, out, &(uint64_t){ 0 }, 8));
	assert_int_equal(q->fault, FAULT_PAGE_IO); /* nobody will bring it */
	assert_int_equal(t->state, THREAD_PAGING); /* for the pager still holds the call */
	world_stop(paging.pager);
	assert_int_equal(p->fault, FAULT_PAGE_IO);
	t = first_thread(world_spawn("app", 20));
	paging_start_pager(); /* its successor is asked again */
	assert_ok(paging_take());
	assert_int_equal(tag_op(paging.server->context.arg[1]), PAGER_INFO);
	assert_ok(paging_answer(0));
}

static void a_pager_without_a_window_loses_no_page(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p);
	uint64_t heap = user_map(t, MEM_HEAP, 40);

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		assert_true(paging_put(t, heap + i * PAGE_BYTES, i));
	assert_status(ask(paging.server, ipc_recv, INITIAL_HANDLE(0), 0, 0, DEADLINE_NEVER), PARKED);
	p->aspace.frames_max = p->aspace.resident + p->aspace.tables;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	(void)user_put(t, t->context.arg[0], 1);
	if (!is_alive(t)) /* by policy: nothing of it can go */
		return;
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(user_get(t, heap + i * PAGE_BYTES), i);
}

static void ram_and_swap_full_end_the_offender_and_nobody_else(void **state)
{
	struct process *hog = world_spawn("app", 20), *bystander = world_spawn("app", 20);
	struct thread *t = first_thread(hog);
	uint64_t n = 0, heap;

	(void)state;
	hog->aspace.frames_max = 100000;
	hog->aspace.swap_max = 20;
	heap = user_map(t, MEM_HEAP, frame_free_count() + 10);
	while (paging_put(t, heap + n * PAGE_BYTES, n))
		n++;
	if (is_alive(t))
		fail_msg("it neither went on nor ended");
	assert_int_equal(hog->fault, FAULT_NO_MEMORY);
	assert_true(paging_put(first_thread(bystander), PROGRAM_DATA, 1));
}

static void a_process_of_which_nothing_can_go_ends_at_its_limit(void **state)
{
	struct process *p = world_spawn("driver", 20);
	struct process *q = world_spawn("app", 20);
	uint64_t heap = user_map(first_thread(q), MEM_HEAP, 2);

	(void)state;
	q->aspace.frames_max = q->aspace.resident + q->aspace.tables;
	q->aspace.swap_max = 0;
	assert_false(paging_put(first_thread(q), heap, 1));
	assert_int_equal(q->fault, FAULT_NO_MEMORY);
	assert_int_equal(p->aspace.swapped, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, paging_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_program_larger_than_memory_reads_back_what_it_wrote),
		STORY(a_process_at_its_limit_pages_its_own_and_never_exceeds_it),
		STORY(a_clean_page_goes_out_again_without_io),
		STORY(a_thread_waits_for_its_page_and_others_run_on),
		STORY(two_threads_that_want_the_same_page_share_one_request),
		STORY(a_call_whose_buffer_is_out_starts_again_when_it_is_in),
		STORY(a_faulting_thread_stopped_while_it_waits_frees_its_slot_only_afterwards),
		STORY(a_region_unmapped_while_its_page_is_on_the_way_in_leaves_a_fault),
		STORY(an_io_error_on_page_in_is_retried_once_and_then_ends_its_process),
		STORY(an_io_error_on_page_out_leaves_the_page_in_ram),
		STORY(a_pager_that_answers_twice_or_too_early_is_told_so),
		STORY(a_pager_that_dies_returns_its_loans_and_its_successor_serves_on),
		STORY(the_next_pager_gets_the_same_calls_and_whoever_faults_meanwhile_waits),
		STORY(a_pager_that_closes_the_kernels_channel_is_as_good_as_dead),
		STORY(a_pager_without_a_window_loses_no_page),
		STORY(ram_and_swap_full_end_the_offender_and_nobody_else),
		STORY(a_process_of_which_nothing_can_go_ends_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
