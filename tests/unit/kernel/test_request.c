/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the pager: runs of pages that go and come together, each settled by itself; pagers that die, that say
 * nothing, that keep frames; who is urgent.
 */
#include "kernel/abi/message.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/request.h"
#include "tests/unit/kernel/paging_fixture.h"
#include <string.h>

enum { PAGES = 24, MANY = 120 };
#define S_NS 1000000000ull

static struct thread *t, *other; /* of one program */
static struct aspace *as;
static uint64_t heap;

static uint64_t page(unsigned i) { return heap + i * PAGE_BYTES; }
static uint32_t slot_of(unsigned i) { return aspace_entry(as, page(i)).slot; }
static bool is_out(unsigned i) { return aspace_entry(as, page(i)).kind == MMU_SWAPPED; }

/* A program with PAGES dirty pages that were not used lately, next to each other; down: the last one was the first. */
static int start_with(void **state, bool down)
{
	struct mmu_leaf leaf;

	(void)paging_start(state);
	t = first_thread(world_spawn("app", 20));
	other = second_thread(t->process);
	as = &t->process->aspace;
	heap = user_map(t, MEM_HEAP, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(paging_put(t, page(down ? PAGES - 1 - i : i), 1000 + (down ? PAGES - 1 - i : i)));
	for (unsigned i = 0; i < PAGES; i++) {
		assert_true(aspace_find(as, page(i), &leaf));
		(void)hal_mmu_take_accessed(leaf);
		hal_mmu_invalidate(&as->space, (vaddr_t){ page(i) });
	}
	return 0;
}

static int start(void **state) { return start_with(state, false); }
static int start_down(void **state) { return start_with(state, true); } /* the hand meets higher pages first */

/* Its limit of frames is such that it must give up a page for the next that it touches. */
static void squeeze(void)
{
	as->frames_max = as->resident + as->tables;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	(void)user_put(t, t->context.arg[0], 1);
}

static unsigned count_out(void) { return paging_count_out(as, heap, PAGES); }
static unsigned first_out(void) { return (unsigned)((paging_page_outside(t, heap) - heap) / PAGE_BYTES); }

static uint64_t op(void) { return tag_op(paging.server->context.arg[1]); }
static uint64_t asked_slot(void) { return paging.server->context.word[0]; }
static uint64_t asked_pages(void) { return paging.server->context.word[1]; }

/* Neighbours went to the store together, and the thread reads on from the first: a run of two or more comes in. */
static unsigned ask_for_a_run(void)
{
	unsigned i;

	squeeze();
	paging_serve_all();
	as->frames_max += PAGES;
	i = first_out();
	for (; i < PAGES && is_out(i); i++) {
		assert_false(user_read(t, page(i), &(uint64_t){ 0 }, 8));
		assert_ok(paging_take());
		assert_int_equal(op(), PAGER_IN);
		if (asked_pages() > 1)
			return i;
		paging_fill();
		assert_ok(paging_answer(0));
	}
	fail_msg("nothing is read ahead");
	return 0;
}

/* ---- runs ---- */

static void cold_neighbours_go_out_together_and_memory_is_free_at_once(void **state)
{
	uint64_t bounces;

	(void)state;
	as->frames_max = as->resident + as->tables;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	bounces = frame_count(FRAME_BOUNCE);
	(void)user_put(t, t->context.arg[0], 1);
	assert_int_equal(count_out(), PAGER_RUN_MAX);
	assert_true(bounce_ready() < bounces); /* these are free: as many as page-ins do not need */
	assert_int_equal(frame_count(FRAME_BOUNCE), bounce_ready() + PAGER_RUN_MAX);
	assert_ok(paging_take());
	assert_int_equal(op(), PAGER_OUT);
	assert_int_equal(asked_pages(), PAGER_RUN_MAX);
	for (unsigned i = 0; i < PAGER_RUN_MAX; i++) {
		assert_int_equal(slot_of(first_out() + i), asked_slot() + i);
		assert_int_equal(slot_at((uint32_t)asked_slot() + i)->state, SLOT_LEAVING);
	}
	assert_true(user_read(paging.server, paging.window, paging.store[asked_slot()], PAGER_RUN_MAX * PAGE_BYTES));
	assert_ok(paging_answer(0));
	assert_int_equal(slot_at(slot_of(first_out()))->state, SLOT_HELD);
	world_check();
}

static void use(unsigned i)
{
	struct mmu_leaf leaf;

	assert_true(aspace_find(as, page(i), &leaf));
	hal_mmu_set_used(leaf, false);
}

/* One request for what is scattered; neighbours among it have slots that are. */
static void cold_pages_that_are_no_neighbours_go_out_together_and_in_order(void **state)
{
	uint32_t slot;

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		if (i % 4 > 1)
			use(i);
	squeeze();
	assert_int_equal(count_out(), PAGER_RUN_MAX);
	assert_ok(paging_take());
	assert_int_equal(asked_pages(), PAGER_RUN_MAX);
	slot = (uint32_t)asked_slot();
	for (unsigned i = 0; i < PAGES; i++) {
		if (is_out(i))
			assert_int_equal(slot_of(i), slot++);
		else if (i % 4 < 2)
			assert_int_equal(frame_record(aspace_entry(as, page(i)).frame)->busy, 0);
	}
	assert_ok(paging_answer(0));
	world_check();
}

static void a_run_of_scattered_pages_leaves_a_space_what_is_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		if (i % 2 == 1)
			use(i);
	as->frames_max = as->resident + as->tables;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	as->swap_max = (uint32_t)aspace_slots(as) + 3;
	(void)user_put(t, t->context.arg[0], 1);
	assert_in_range(count_out(), 1, 3);
	assert_true(aspace_slots(as) <= as->swap_max);
	world_check();
}

static void each_page_of_a_run_that_comes_in_settles_by_itself(void **state)
{
	unsigned i = ask_for_a_run(), n = (unsigned)asked_pages();
	uint32_t last = (uint32_t)asked_slot() + n - 1;

	(void)state;
	assert_ok(ask(other, mem_unmap, page(i + n - 1), 1));
	assert_true(slot_at(last)->doomed);
	paging_fill();
	assert_ok(paging_answer(0));
	assert_int_equal(slot_at(last)->state, SLOT_FREE);
	for (unsigned k = 0; k + 1 < n; k++)
		assert_int_equal(user_get(t, page(i + k)), 1000 + i + k);
	world_check();
}

static void a_page_read_ahead_that_does_not_open_stays_outside_until_it_is_asked_for(void **state)
{
	unsigned i = ask_for_a_run();
	uint64_t wrong = 77;

	(void)state;
	paging_fill();
	assert_true(user_write(paging.server, paging.window + PAGE_BYTES, &wrong, 8));
	assert_ok(paging_answer(0));
	assert_int_equal(user_get(t, page(i)), 1000 + i);
	assert_true(is_out(i + 1));
	assert_int_equal(slot_at(slot_of(i + 1))->state, SLOT_HELD);
	assert_int_equal(paging_get(t, page(i + 1)), 1000 + i + 1);
}

static void what_is_read_ahead_never_exceeds_the_limit_of_frames(void **state)
{
	unsigned i = ask_for_a_run();

	(void)state;
	as->frames_max = as->resident + as->tables;
	paging_fill();
	assert_ok(paging_answer(0));
	assert_false(is_out(i)); /* what it asked for comes in any case */
	assert_true(is_out(i + 1));
}

static void a_run_that_cannot_be_read_is_tried_once_more_for_its_first_page_alone(void **state)
{
	unsigned i = ask_for_a_run();

	(void)state;
	assert_ok(paging_answer(ST_IO_ERROR));
	assert_ok(paging_take());
	assert_int_equal(asked_pages(), 1);
	assert_int_equal(asked_slot(), slot_of(i));
	assert_int_equal(slot_at(slot_of(i + 1))->state, SLOT_HELD);
	paging_fill();
	assert_ok(paging_answer(0));
	assert_int_equal(user_get(t, page(i)), 1000 + i);
}

static void a_run_that_cannot_be_written_is_in_ram_again_page_by_page(void **state)
{
	unsigned first;

	(void)state;
	squeeze();
	first = first_out();
	assert_ok(paging_take());
	assert_ok(ask(other, mem_unmap, page(first + 2), 1));
	assert_ok(paging_answer(ST_IO_ERROR));
	for (unsigned k = 0; k < PAGER_RUN_MAX; k++)
		if (k != 2)
			assert_int_equal(user_get(t, page(first + k)), 1000 + first + k);
	assert_int_equal(aspace_entry(as, page(first + 2)).kind, MMU_ABSENT);
	world_check();
}

static void a_store_that_never_takes_anything_is_asked_no_more_and_the_process_at_its_limit_ends(void **state)
{
	struct process *p = t->process;
	unsigned more = 0;

	(void)state;
	paging.answer_with = ST_IO_ERROR;
	as->frames_max = as->resident + as->tables;
	assert_ok(ask(t, mem_map, MEM_BUFFER, MANY));
	heap = t->context.arg[0];
	while (more < MANY && paging_put(t, page(more), 1)) {
		assert_true(aspace_charged(as) <=
			    as->frames_max + 8 * PAGER_RUN_MAX); /* what eight requests bring back */
		more++;
	}
	assert_int_equal(p->fault, FAULT_NO_MEMORY);
	assert_true(more < MANY);
}

/* ---- pagers ---- */

static void the_next_pager_is_given_the_same_ciphertext(void **state)
{
	static uint8_t before[PAGER_RUN_MAX * PAGE_BYTES], after[PAGER_RUN_MAX * PAGE_BYTES];
	uint64_t slot, version;

	(void)state;
	squeeze();
	for (unsigned deaths = 0; deaths < 4; deaths++) { /* more than a program's call would survive */
		assert_ok(paging_take());
		while (op() != PAGER_OUT) {
			assert_ok(paging_answer(0));
			assert_ok(paging_take());
		}
		slot = asked_slot();
		assert_true(user_read(paging.server, paging.window, deaths == 0 ? before : after, sizeof before));
		if (deaths != 0)
			assert_memory_equal(before, after, sizeof before);
		if (deaths == 0)
			version = slot_at((uint32_t)slot)->version;
		assert_int_equal(slot_at((uint32_t)slot)->version, version);
		world_stop(paging.pager);
		world_check();
		paging_start_pager();
	}
	paging_serve_all();
	assert_int_equal(paging_get(t, page(first_out())), 1000 + first_out());
}

static void a_pager_that_answers_nothing_is_ended_and_one_that_does_is_not(void **state)
{
	struct process *silent = paging.pager;

	(void)state;
	squeeze();
	assert_ok(paging_take());
	for (unsigned s = 0; s < 9; s++) {
		host_pass_ns(S_NS);
		host_leave();
	}
	assert_int_equal(silent->fault, FAULT_NONE);
	for (unsigned s = 0; s < 7; s++) {
		host_pass_ns(S_NS);
		host_leave();
	}
	assert_int_equal(silent->fault, FAULT_PAGER_SILENT);
	assert_ok(ask(other, clock_now));
	world_stop(silent);
	paging_start_pager();
	paging_serve_all();
	assert_int_equal(paging_get(t, page(first_out())), 1000 + first_out());
	for (unsigned s = 0; s < 60; s++) { /* nothing is asked of it: nothing is expected */
		host_pass_ns(S_NS);
		host_leave();
	}
	assert_int_equal(paging.pager->fault, FAULT_NONE);
}

/* ---- who is urgent ---- */

static const struct call *call_of_slot(uint32_t slot)
{
	const struct port *p = paging.pager->signal_port;

	list_for_each(node, &p->callers) {
		const struct call *c = container_of(node, const struct call, link);

		if (slot - c->message.words[0] < c->message.words[1])
			return c;
	}
	return NULL;
}

static void a_request_is_as_urgent_as_the_most_urgent_that_waits_for_its_page(void **state)
{
	unsigned i, before = t->priority;
	const struct call *c;

	(void)state;
	squeeze();
	paging_serve_all();
	as->frames_max += PAGES;
	i = first_out();
	assert_false(user_read(t, page(i), &(uint64_t){ 0 }, 8));
	c = call_of_slot(slot_of(i));
	assert_non_null(c);
	assert_int_equal(c->priority, before);
	process_set_boost(t->process, before + 5);
	assert_false(user_read(other, page(i), &(uint64_t){ 0 }, 8));
	assert_int_equal(c->priority, before + 5);
	assert_int_equal(paging.server->priority, before + 5);
	process_set_boost(t->process, 0);
	paging_serve_all();
}

static void the_life_of_a_request_is_its_table(void **state)
{
	(void)state;
	for (unsigned from = 0; from < REQUEST_STATES; from++)
		for (unsigned to = 0; to < REQUEST_STATES; to++)
			assert_int_equal(request_legal_next[from] >> to & 1,
					 (from == REQUEST_IDLE && to == REQUEST_SENT) ||
						 (from == REQUEST_SENT && to == REQUEST_SETTLING) ||
						 (from == REQUEST_SETTLING && to != REQUEST_SETTLING));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(cold_neighbours_go_out_together_and_memory_is_free_at_once),
		STORY(cold_pages_that_are_no_neighbours_go_out_together_and_in_order),
		cmocka_unit_test_setup_teardown(cold_pages_that_are_no_neighbours_go_out_together_and_in_order,
						start_down, world_tear_down),
		STORY(a_run_of_scattered_pages_leaves_a_space_what_is_its_own),
		STORY(each_page_of_a_run_that_comes_in_settles_by_itself),
		STORY(a_page_read_ahead_that_does_not_open_stays_outside_until_it_is_asked_for),
		STORY(what_is_read_ahead_never_exceeds_the_limit_of_frames),
		STORY(a_run_that_cannot_be_read_is_tried_once_more_for_its_first_page_alone),
		STORY(a_run_that_cannot_be_written_is_in_ram_again_page_by_page),
		STORY(a_store_that_never_takes_anything_is_asked_no_more_and_the_process_at_its_limit_ends),
		STORY(the_next_pager_is_given_the_same_ciphertext),
		STORY(a_pager_that_answers_nothing_is_ended_and_one_that_does_is_not),
		STORY(a_request_is_as_urgent_as_the_most_urgent_that_waits_for_its_page),
		cmocka_unit_test(the_life_of_a_request_is_its_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
