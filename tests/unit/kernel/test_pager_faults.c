/* SPDX-License-Identifier: BSD-2-Clause */
/* Pagers that misbehave or die, and memory that is full. */
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

/* ---- bad pagers and full memory ---- */

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

static void a_pager_that_answers_twice_or_too_early_is_told_so(void **state)
{
	uint64_t heap, token;
	struct thread *t = make_small(5, &heap);

	(void)state;
	(void)fault_in(t, heap);
	token = server->context.arg[2];
	assert_ok(ask(server, ipc_reply, token, 0, 0));
	assert_status(ask(server, ipc_reply, token, 0, 0), STALE);
	assert_status(ask(server, ipc_reply, (1ull << 32) | 0x40000005, 0, 0), STALE);
	assert_int_equal(t->state, THREAD_READY);
}

static void a_pager_that_dies_returns_its_loans_and_its_successor_serves_on(void **state)
{
	uint64_t heap, at, bounces = frame_count(FRAME_BOUNCE);
	struct thread *t = make_small(5, &heap), *second = second_thread(t->process);
	struct process *p = t->process;
	uint32_t references = pager->signal_port->references;

	(void)state;
	at = fault_in(t, heap);
	world_stop(pager);
	assert_int_equal(t->state, THREAD_READY);
	assert_int_equal(aspace_entry(&p->aspace, at).kind, MMU_SWAPPED); /* nothing is lost */
	world_check();
	for (unsigned i = 0; i < 3; i++) {
		start_pager();
		serve_all();
		assert_int_equal(frame_count(FRAME_BOUNCE), bounces);
		assert_int_equal(pager->signal_port->references, references);
		assert_int_equal(get(second, at), 1000 + (at - heap) / PAGE_BYTES);
		at = a_page_outside(t, heap);
		world_stop(pager);
	}
	assert_false(user_read(t, at, &(uint64_t){ 0 }, 8)); /* while there is no pager */
	assert_int_equal(p->fault, FAULT_PAGE_IO);
}

static void a_pager_without_a_window_loses_no_page(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct thread *t = first_thread(p);
	uint64_t heap = user_map(t, MEM_HEAP, 40);

	(void)state;
	for (uint64_t i = 0; i < 40; i++)
		assert_true(put(t, heap + i * PAGE_BYTES, i));
	assert_status(ask(server, ipc_recv, INITIAL_HANDLE(0), 0, 0, DEADLINE_NEVER), PARKED);
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
	while (put(t, heap + n * PAGE_BYTES, n))
		n++;
	if (is_alive(t))
		fail_msg("it neither went on nor ended");
	assert_int_equal(hog->fault, FAULT_NO_MEMORY);
	assert_true(put(first_thread(bystander), PROGRAM_DATA, 1));
}

static void a_process_of_which_nothing_can_go_ends_at_its_limit(void **state)
{
	struct process *p = world_spawn("driver", 20);
	struct process *q = world_spawn("app", 20);
	uint64_t heap = user_map(first_thread(q), MEM_HEAP, 2);

	(void)state;
	q->aspace.frames_max = q->aspace.resident + q->aspace.tables;
	q->aspace.swap_max = 0;
	assert_false(put(first_thread(q), heap, 1));
	assert_int_equal(q->fault, FAULT_NO_MEMORY);
	assert_int_equal(p->aspace.swapped, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_pager_that_answers_twice_or_too_early_is_told_so),
		STORY(a_pager_that_dies_returns_its_loans_and_its_successor_serves_on),
		STORY(a_pager_without_a_window_loses_no_page),
		STORY(ram_and_swap_full_end_the_offender_and_nobody_else),
		STORY(a_process_of_which_nothing_can_go_ends_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
