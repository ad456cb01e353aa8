/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paging with a pager that the test plays: pages go out and come back whole, late,
 * never; memory runs out; the pager dies. And which page goes.
 */
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "kernel/paging/pager.h"
#include "kernel/paging/victim.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

enum { SLOTS = 600 };

static struct process *pager;
static struct thread *server;
static uint64_t window;
static handle_t made_port;
static uint8_t store[SLOTS][PAGE_BYTES];
static uint16_t answer_with; /* the operation of every reply: 0, or a status */
static unsigned outs, ins;

static void start_pager(void)
{
	struct process_params p = world_params("pager", 1);

	p.handle_count = 1;
	p.handles[0] = made_port;
	pager = world_create(&p);
	assert_non_null(pager);
	server = first_thread(pager);
	window = user_map(server, MEM_LANDING, PAGER_RUN_MAX);
}

/* Takes one request. OK, or why not. */
static enum status take(void)
{
	uint64_t b = user_post(server, (struct ipc_buffers){ .landing = window, .landing_pages = PAGER_RUN_MAX });

	return ask(server, ipc_recv, INITIAL_HANDLE(0), 0, b, 0);
}

static enum status give_answer(uint64_t op) { return ask(server, ipc_reply, server->context.arg[2], op, 0); }

/* Does what an honest pager does with the request just taken. */
static void serve(void)
{
	uint64_t op = tag_op(server->context.arg[1]), slot = server->context.word[0];

	if (op == PAGER_INFO) {
		server->context.word[0] = SLOTS;
	} else if (op == PAGER_OUT) {
		outs++;
		assert_true(user_read(server, window, store[slot], PAGE_BYTES));
	} else {
		ins++;
		assert_int_equal(op, PAGER_IN);
		assert_true(user_write(server, window, store[slot], PAGE_BYTES));
	}
	assert_ok(give_answer(op == PAGER_INFO ? 0 : answer_with));
}

static void serve_all(void)
{
	while (server->state == THREAD_READY || server->state == THREAD_RUNNING) {
		if (take() != ST_OK)
			return;
		serve();
	}
}

static int start(void **state)
{
	struct thread *t;

	(void)state;
	world_prepare(3 << 20);
	assert_int_equal(world_boot(), HOST_RESUMED);
	t = first_thread(supervisor);
	assert_ok(ask(t, port_create, 1));
	made_port = (handle_t)t->context.arg[0];
	answer_with = 0;
	outs = ins = 0;
	start_pager();
	serve_all();
	assert_int_equal(slot_total(), SLOTS);
	assert_true(host_console_has("paging: on, 600 slots"));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	world_check();
	return 0;
}

/* A store that the pager serves while the thread waits. */
static bool put(struct thread *t, uint64_t va, uint64_t value)
{
	for (unsigned i = 0; i < 1000 && is_alive(t); i++) {
		if (!is_blocked(t) && user_put(t, va, value))
			return true;
		serve_all();
		if (is_alive(t) && is_blocked(t))
			host_leave();
	}
	return false;
}

static uint64_t get(struct thread *t, uint64_t va)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 1000; i++) {
		if (!is_blocked(t) && user_read(t, va, &value, sizeof value))
			return value;
		serve_all();
	}
	fail_msg("a page does not come");
	return 0;
}

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
		assert_true(put(t, heap + i * PAGE_BYTES, i * i));
	assert_true(outs > 100);
	world_check();
	for (uint64_t i = 0; i < pages; i += 7)
		assert_int_equal(get(t, heap + i * PAGE_BYTES), i * i);
	assert_true(ins > 0);
	world_stop(p);
	serve_all();
	assert_int_equal(slot_used(), 0);
}

/* Some of its pages out, by its own limit. */
static struct thread *make_small(unsigned frames, uint64_t *heap)
{
	struct process *p = world_spawn("app", 20);

	*heap = user_map(first_thread(p), MEM_HEAP, 40);
	assert_true(put(first_thread(p), *heap, 1000));
	p->aspace.frames_max = p->aspace.resident + p->aspace.tables + frames;
	for (uint64_t i = 1; i < 40; i++)
		assert_true(put(first_thread(p), *heap + i * PAGE_BYTES, 1000 + i));
	serve_all();
	return first_thread(p);
}

/* The first page of the heap that is out. */
static uint64_t a_page_outside(struct thread *t, uint64_t heap)
{
	while (aspace_entry(&t->process->aspace, heap).kind != MMU_SWAPPED)
		heap += PAGE_BYTES;
	return heap;
}

static void a_process_at_its_limit_pages_its_own_and_never_exceeds_it(void **state)
{
	uint64_t heap;
	struct thread *t = make_small(5, &heap);
	const struct aspace *as = &t->process->aspace;

	(void)state;
	assert_true(as->swapped > 0 && as->resident + as->tables <= as->frames_max);
	for (uint64_t i = 0; i < 40; i++) {
		assert_int_equal(get(t, heap + i * PAGE_BYTES), 1000 + i);
		assert_true(as->resident + as->tables <= as->frames_max);
	}
	assert_true(as->pages_in > 0 && as->pages_out > 0);
}

static void a_clean_page_goes_out_again_without_io(void **state)
{
	uint64_t heap;
	struct thread *t = make_small(5, &heap);
	unsigned before;

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		(void)get(t, heap + i * PAGE_BYTES);
	serve_all();
	before = outs;
	for (unsigned round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 40; i++)
			(void)get(t, heap + i * PAGE_BYTES);
	assert_true(outs - before < 40);
}

/* The thread faults on a page that is out and waits; the pager holds the request. */
static uint64_t fault_in(struct thread *t, uint64_t heap)
{
	uint64_t at = a_page_outside(t, heap);

	t->process->aspace.frames_max += 5;
	assert_false(user_read(t, at, &(uint64_t){ 0 }, 8));
	assert_int_equal(t->state, THREAD_PAGING);
	assert_ok(take());
	assert_int_equal(tag_op(server->context.arg[1]), PAGER_IN);
	return at;
}

static void a_thread_waits_for_its_page_and_others_run_on(void **state)
{
	uint64_t heap, at, slot;
	struct thread *t = make_small(5, &heap), *other = second_thread(t->process);
	struct process_status s;

	(void)state;
	at = fault_in(t, heap);
	slot = server->context.word[0];
	assert_ok(ask(other, clock_now));
	assert_status(ask(other, thread_exit), ENDED);
	process_fill_status(t->process, &s);
	assert_int_equal(s.activity, ACTIVITY_PAGING);
	assert_true(user_write(server, window, store[slot], PAGE_BYTES));
	assert_ok(give_answer(0));
	assert_int_equal(t->state, THREAD_READY);
	assert_int_equal(user_get(t, at), 1000 + (at - heap) / PAGE_BYTES);
}

static void two_threads_that_want_the_same_page_share_one_request(void **state)
{
	uint64_t heap, at, slot;
	struct thread *t = make_small(5, &heap), *other = second_thread(t->process);

	(void)state;
	at = fault_in(t, heap);
	slot = server->context.word[0];
	assert_false(user_read(other, at, &(uint64_t){ 0 }, 8));
	assert_int_equal(other->state, THREAD_PAGING);
	assert_true(user_write(server, window, store[slot], PAGE_BYTES));
	assert_ok(give_answer(0));
	assert_int_equal(user_get(t, at), user_get(other, at));
}

static void a_call_whose_buffer_is_out_starts_again_when_it_is_in(void **state)
{
	uint64_t heap, at;
	struct thread *t = make_small(5, &heap);

	(void)state;
	at = a_page_outside(t, heap);
	t->process->aspace.frames_max += 5;
	assert_status(ask(t, log_write, at, 8), PARKED);
	serve_all();
	assert_ok(world_go_on(t));
}

static void a_faulting_thread_stopped_while_it_waits_frees_its_slot_only_afterwards(void **state)
{
	uint64_t heap;
	struct thread *t = make_small(5, &heap);
	struct process *p = t->process;
	uint32_t slot;

	(void)state;
	(void)fault_in(t, heap);
	slot = (uint32_t)server->context.word[0];
	world_stop(p);
	assert_int_equal(slot_at(slot)->state, SLOT_ARRIVING);
	assert_true(slot_at(slot)->doomed);
	assert_ok(give_answer(0));
	assert_int_equal(slot_at(slot)->state, SLOT_FREE);
	serve_all();
	assert_int_equal(slot_used(), 0);
}

static void a_region_unmapped_while_its_page_is_on_the_way_in_leaves_a_fault(void **state)
{
	uint64_t heap;
	struct thread *t = make_small(5, &heap), *other = second_thread(t->process);
	struct process *p = t->process;

	(void)state;
	(void)fault_in(t, heap);
	assert_ok(ask(other, mem_unmap, heap, 40));
	assert_ok(give_answer(0));
	assert_int_equal(t->state, THREAD_READY);
	assert_false(user_read(t, heap, &(uint64_t){ 0 }, 8));
	assert_int_equal(p->fault, FAULT_READ);
}

static void an_io_error_on_page_in_is_retried_once_and_then_ends_its_process(void **state)
{
	uint64_t heap, at;
	struct thread *t = make_small(5, &heap);
	struct process *p = t->process;

	(void)state;
	at = fault_in(t, heap);
	assert_ok(give_answer(ST_IO_ERROR));
	assert_int_equal(t->state, THREAD_PAGING);
	assert_ok(take()); /* once more */
	assert_ok(give_answer(ST_IO_ERROR));
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
		assert_true(put(t, heap + i * PAGE_BYTES, i));
	before = p->aspace.resident;
	p->aspace.frames_max = p->aspace.resident + p->aspace.tables;
	answer_with = ST_IO_ERROR;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	(void)user_put(t, t->context.arg[0], 1); /* evicts one of its own, in vain */
	serve_all();
	answer_with = 0;
	assert_true(host_console_has("could not be written"));
	assert_true(p->aspace.resident >= before);
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(get(t, heap + i * PAGE_BYTES), i);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
