/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own calls on their fast path: to a pager that waits, and its answers, by which it waits again. Whatever a
 * pager does wrong then is met as on the long way.
 */
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "tests/unit/kernel/paging_fixture.h"

enum { HEAP_PAGES = 40 };
#define NEVER DEADLINE_NEVER
#define S_NS  1000000000ull

static struct thread *t;
static uint64_t heap, window_said; /* where the pager's buffers lie */

static struct thread *second; /* of the pager; NULL: it has none */

/* A program with pages outside, and a pager that waits for requests with its window. */
static int start_with(void **state, bool two)
{
	struct ipc_buffers b = { 0 };

	(void)paging_start(state);
	second = two ? second_thread(paging.pager) : NULL;
	t = paging_make_small(5, &heap);
	t->process->aspace.frames_max += HEAP_PAGES;
	b.landing = paging.window;
	b.landing_pages = PAGER_RUN_MAX;
	window_said = user_post(paging.server, b);
	assert_status(ask(paging.server, ipc_recv, INITIAL_HANDLE(0), 0, window_said, NEVER), PARKED);
	host_fast = true;
	host_declined = 0;
	return 0;
}

static int start(void **state) { return start_with(state, false); }
static int start_two(void **state) { return start_with(state, true); }

static int finish(void **state)
{
	host_fast = false;
	return world_tear_down(state);
}

/* The program touches a page outside, and waits; where. */
static uint64_t touch(void)
{
	uint64_t at = paging_page_outside(t, heap);

	assert_false(user_read(t, at, &(uint64_t){ 0 }, 8));
	assert_int_equal(t->state, THREAD_PAGING);
	return at;
}

static bool has_request(void)
{
	const struct context *c = &paging.server->context;

	return (paging.server->state == THREAD_READY || paging.server->state == THREAD_RUNNING) && c->nr == ST_OK &&
	       tag_kind(c->arg[1]) == MESSAGE_KIND_CALL && tag_op(c->arg[1]) == PAGER_IN;
}

static enum status answer_to(uint64_t token, uint64_t op)
{
	return ask(paging.server, ipc_reply_recv, token, op, window_said, NEVER, INITIAL_HANDLE(0));
}

static enum status answer(uint64_t op) { return answer_to(paging.server->context.arg[2], op); }

static bool waits_alone(void)
{
	return paging.server->state == THREAD_RECEIVING && paging.server->port->waiter == paging.server;
}

static uint64_t value_of(uint64_t at) { return 1000 + (at - heap) / PAGE_BYTES; }

/* ---- what goes so ---- */

static void a_request_is_with_a_pager_that_waits_at_once(void **state)
{
	const struct context *c = &paging.server->context;
	uint64_t at = touch();

	(void)state;
	assert_true(has_request());
	assert_int_equal(c->word[0], aspace_entry(&t->process->aspace, at).slot);
	assert_int_equal(c->word[1], 1);
	for (unsigned i = 2; i < MESSAGE_WORDS; i++)
		assert_int_equal(c->word[i], 0);
	assert_int_equal(tag_pages(c->arg[1]), 1);
	assert_int_equal(tag_pages_kind(c->arg[1]), MESSAGE_PAGES_LENT_WRITE);
	assert_true(c->arg[1] & TAG_IDEMPOTENT);
	assert_int_equal(c->arg[3] | c->arg[5], 0);
	assert_int_equal(c->arg[4] >> 32, UINT32_MAX); /* no program's */
	assert_non_null(call_find_held(paging.pager, c->arg[2]));
	assert_int_equal(aspace_entry(&paging.pager->aspace, paging.window).prot, MMU_READ | MMU_WRITE);
	assert_int_equal(aspace_entry(&paging.pager->aspace, paging.window + PAGE_BYTES).kind, MMU_ABSENT);
	world_check();
}

static void its_answer_brings_the_page_and_the_pager_waits_again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t at = touch();

		assert_true(has_request());
		paging_fill();
		assert_status(answer(0), PARKED);
		assert_true(waits_alone());
		assert_int_equal(aspace_entry(&paging.pager->aspace, paging.window).kind, MMU_ABSENT);
		assert_int_equal(t->state, THREAD_RUNNING); /* nobody else wants to */
		assert_int_equal(user_get(t, at), value_of(at));
		world_check();
	}
	assert_int_equal(host_declined, 0);
}

static void runs_of_pages_come_so_and_leave_for_reading(void **state)
{
	unsigned most = 0;

	(void)state;
	for (uint64_t at = heap; at < heap + HEAP_PAGES * PAGE_BYTES; at += PAGE_BYTES) {
		uint64_t value;

		while (!user_read(t, at, &value, sizeof value)) {
			assert_true(has_request());
			most = paging.server->context.word[1] > most ? (unsigned)paging.server->context.word[1] : most;
			paging_fill();
			assert_status(answer(0), PARKED);
		}
		assert_int_equal(value, value_of(at));
	}
	assert_true(most > 1);
	assert_int_equal(host_declined, 0);
	t->process->aspace.frames_max = t->process->aspace.resident + t->process->aspace.tables;
	assert_ok(ask(t, mem_map, MEM_BUFFER, 1));
	for (uint64_t i = 0; i < HEAP_PAGES; i++)
		(void)user_put(t, heap + i * PAGE_BYTES, 1);
	(void)user_put(t, t->context.arg[0], 1);
	assert_int_equal(tag_op(paging.server->context.arg[1]), PAGER_OUT);
	assert_int_equal(aspace_entry(&paging.pager->aspace, paging.window).prot, MMU_READ);
	assert_status(answer(0), PARKED);
	assert_int_equal(host_declined, 0);
}

/* ---- who cheats, fails or dies ---- */

static void a_page_that_does_not_open_ends_its_owner_alone(void **state)
{
	(void)state;
	(void)touch();
	paging_fill();
	assert_true(user_put(paging.server, paging.window + 8, 0xbad));
	assert_status(answer(0), PARKED);
	assert_int_equal(host_declined, 0);
	assert_false(is_alive(t));
	assert_true(waits_alone());
}

static void what_failed_is_asked_once_more_and_then_its_owner_ends(void **state)
{
	uint64_t at = touch(), token = paging.server->context.arg[2];

	(void)state;
	(void)answer(ST_IO_ERROR);
	assert_true(has_request()); /* again, of the pager that has just begun to wait */
	assert_int_not_equal(paging.server->context.arg[2], token);
	paging_fill();
	assert_status(answer(0), PARKED);
	assert_int_equal(user_get(t, at), value_of(at));
	(void)touch();
	(void)answer(ST_IO_ERROR);
	assert_true(has_request());
	assert_status(answer(ST_IO_ERROR), PARKED);
	assert_int_equal(host_declined, 0);
	assert_false(is_alive(t));
	assert_true(waits_alone());
}

static void an_answer_without_the_pages_is_refused_until_they_are_idle(void **state)
{
	struct frame *f;
	uint64_t at = touch(), token = paging.server->context.arg[2];

	(void)state;
	paging_fill();
	f = frame_record(aspace_entry(&paging.pager->aspace, paging.window).frame);
	frame_hold(f, true); /* a device still reaches it */
	assert_status(answer_to(token, 0), BUSY);
	assert_int_equal(t->state, THREAD_PAGING);
	frame_release(f, true);
	assert_int_equal(host_declined, 1);
	assert_status(answer_to(token, 0), PARKED);
	assert_int_equal(host_declined, 1);
	assert_int_equal(user_get(t, at), value_of(at));
}

/* A token that was, one to come, another call's: it has no effect, and the pager waits. */
static void what_is_answered_twice_or_to_another_call_changes_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = touch(), now = paging.server->context.arg[2], slot = paging.server->context.word[0];
		const uint64_t wrong[] = { now - (1ull << CALL_NUMBER_BITS), now + (1ull << CALL_NUMBER_BITS),
					   now + 1 };

		assert_status(answer_to(wrong[i], 0), PARKED);
		assert_int_equal(host_declined, i + 1);
		assert_int_equal(t->state, THREAD_PAGING);
		world_check();
		assert_true(
			user_write(second, paging.window, paging.store[slot], PAGE_BYTES)); /* it still has the page */
		assert_ok(ask(second, ipc_reply, now, 0, 0));
		assert_int_equal(user_get(t, at), value_of(at));
	}
}

static void a_request_that_came_so_outlives_its_pager(void **state)
{
	uint64_t at = touch();

	(void)state;
	assert_true(has_request());
	world_stop(paging.pager);
	assert_int_equal(t->state, THREAD_PAGING);
	paging_start_pager();
	paging_serve_all();
	assert_int_equal(user_get(t, at), value_of(at));
}

static void a_pager_that_says_nothing_to_it_is_ended(void **state)
{
	(void)state;
	(void)touch();
	assert_true(has_request());
	for (unsigned i = 0; i < 20; i++) {
		host_pass_ns(S_NS);
		host_leave();
	}
	assert_int_equal(paging.pager->fault, FAULT_PAGER_SILENT);
	assert_int_equal(t->state, THREAD_PAGING);
}

/* ---- what goes the long way ---- */

static void a_window_that_is_gone_by_then_is_the_pagers_fault(void **state)
{
	uint64_t at;

	(void)state;
	assert_ok(ask(second, mem_unmap, paging.window, PAGER_RUN_MAX));
	at = touch();
	assert_int_equal(paging.server->context.nr, ST_BUSY);
	paging.window = user_map(paging.server, MEM_LANDING, PAGER_RUN_MAX);
	paging_serve_all();
	assert_int_equal(user_get(t, at), value_of(at));
}

static void who_is_more_urgent_than_the_pager_lends_it_that(void **state)
{
	uint64_t at;

	(void)state;
	paging.pager->base_priority = 1;
	process_set_boost(paging.pager, 0);
	assert_true(t->priority > 1);
	at = touch();
	assert_int_equal(process_priority(paging.pager), t->priority);
	paging_fill();
	assert_status(answer(0), PARKED);
	assert_int_equal(host_declined, 1);
	assert_int_equal(process_priority(paging.pager), 1);
	assert_int_equal(user_get(t, at), value_of(at));
}

/* What says where its window is lies in a page that goes back with the answer: it is looked for anew the next time. */
static void buffers_in_a_page_that_goes_back_are_not_known_any_more(void **state)
{
	struct ipc_buffers b = { .landing = paging.window, .landing_pages = PAGER_RUN_MAX };
	uint64_t there = paging.window + PAGE_BYTES / 2;

	(void)state;
	(void)touch();
	assert_true(user_write(paging.server, there, &b, sizeof b));
	assert_status(
		ask(paging.server, ipc_reply_recv, paging.server->context.arg[2], 0, there, NEVER, INITIAL_HANDLE(0)),
		PARKED);
	assert_int_equal(host_declined, 0);
	assert_false(claim_is_known(&paging.server->call.message.buffers, there, sizeof b));
}

/* Both wait with a window each: who came first has the next request, and then waits behind the other. */
static void two_threads_of_a_pager_take_turns(void **state)
{
	struct ipc_buffers b = { .landing_pages = 1 };
	uint64_t said[2] = { window_said, window_said + sizeof b }, first_window = paging.window;

	(void)state;
	b.landing = user_map(second, MEM_LANDING, 1);
	assert_true(user_write(second, said[1], &b, sizeof b));
	assert_status(ask(second, ipc_recv, INITIAL_HANDLE(0), 0, said[1], NEVER), PARKED);
	for (unsigned i = 0; i < 4; i++) {
		struct thread *other = paging.server == second ? first_thread(paging.pager) : second;
		uint64_t at = touch();

		assert_true(has_request());
		assert_int_equal(other->state, THREAD_RECEIVING);
		paging_fill();
		assert_status(answer(0), PARKED);
		assert_ptr_equal(port_first_receiver(other->port), other);
		assert_int_equal(user_get(t, at), value_of(at));
		paging.server = other;
		paging.window = i % 2 == 0 ? b.landing : first_window;
		window_said = said[(i + 1) % 2];
	}
	assert_int_equal(host_declined, 0);
}

static void wakes(struct thread *w)
{
	port_wake_receiver(w, ST_TIMED_OUT);
	world_make_running(w);
}

/* It answers with the window that it had before it waited for words alone; then it waits for words alone again. */
static void who_waits_without_a_window_has_none(void **state)
{
	uint64_t at = touch(), token = paging.server->context.arg[2];
	struct thread *w = paging.server;

	(void)state;
	assert_status(ask(w, ipc_recv, INITIAL_HANDLE(0), 0, 0, NEVER), PARKED);
	wakes(w);
	assert_true(user_write(w, paging.window, paging.store[aspace_entry(&t->process->aspace, at).slot], PAGE_BYTES));
	assert_status(answer_to(token, 0), PARKED);
	assert_int_equal(user_get(t, at), value_of(at));
	assert_int_not_equal(w->call.message.landing_pages, 0);
	assert_true(w->special & THREAD_HAS_PARTS);
	wakes(w);
	assert_status(ask(w, ipc_recv, INITIAL_HANDLE(0), 0, 0, NEVER), PARKED);
	assert_int_equal(w->call.message.landing_pages, 0);
}

#define STORY(name)        cmocka_unit_test_setup_teardown(name, start, finish)
#define STORY_OF_TWO(name) cmocka_unit_test_setup_teardown(name, start_two, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_request_is_with_a_pager_that_waits_at_once),
		STORY(its_answer_brings_the_page_and_the_pager_waits_again),
		STORY(runs_of_pages_come_so_and_leave_for_reading),
		STORY(a_page_that_does_not_open_ends_its_owner_alone),
		STORY(what_failed_is_asked_once_more_and_then_its_owner_ends),
		STORY(an_answer_without_the_pages_is_refused_until_they_are_idle),
		STORY_OF_TWO(what_is_answered_twice_or_to_another_call_changes_nothing),
		STORY(a_request_that_came_so_outlives_its_pager),
		STORY(a_pager_that_says_nothing_to_it_is_ended),
		STORY_OF_TWO(a_window_that_is_gone_by_then_is_the_pagers_fault),
		STORY(who_is_more_urgent_than_the_pager_lends_it_that),
		STORY(buffers_in_a_page_that_goes_back_are_not_known_any_more),
		STORY_OF_TWO(two_threads_of_a_pager_take_turns),
		STORY(who_waits_without_a_window_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
