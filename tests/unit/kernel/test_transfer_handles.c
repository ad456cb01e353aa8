/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles that move, and what buffers of blocked calls cost. */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static struct pair w;
static uint64_t window, heap; /* the server's, the client's */

enum { WINDOW_PAGES = 8, HEAP_PAGES = 8 };
#define NEVER DEADLINE_NEVER

static int start(void **state)
{
	(void)state;
	world_start();
	w = world_pair("app", "app");
	window = user_map(w.s, MEM_LANDING, WINDOW_PAGES);
	heap = user_map(w.c, MEM_HEAP, HEAP_PAGES);
	for (unsigned i = 0; i < HEAP_PAGES; i++)
		assert_true(user_put(w.c, heap + i * PAGE_BYTES, 1000 + i));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	world_check();
	return 0;
}

static uint64_t token(void) { return w.s->context.arg[2]; }

static enum status send_pages(enum message_pages kind, uint64_t at, uint64_t pages, uint64_t deadline)
{
	uint64_t b = user_post(w.c, (struct ipc_buffers){ .send_pages = at });

	return ask(w.c, ipc_call, w.channel, tag_with_pages(1, kind, pages), b, deadline);
}

/* ---- handles ---- */

static handle_t make_channel(struct thread *t, handle_t port)
{
	assert_ok(ask(t, channel_create, port, 9, 9));
	return (handle_t)t->context.arg[0];
}

static enum status reply_with(unsigned n, handle_t a, handle_t b)
{
	uint64_t buffers = user_post(w.s, (struct ipc_buffers){ .send_handles = { a, b } });

	return ask(w.s, ipc_reply, w.c->call.generation * (1ull << 32) | w.c->call.index, tag_with_handles(0, n), buffers);
}

static void be_served(void)
{
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, NEVER));
}

static void a_moved_handle_works_there_and_not_here_any_more(void **state)
{
	handle_t made = make_channel(w.s, w.port), got;
	uint32_t paid = w.server->quota.used_bytes;

	(void)state;
	be_served();
	assert_ok(reply_with(1, made, 0));
	assert_int_equal(w.server->quota.used_bytes, paid - channel_bytes());
	got = (handle_t)w.c->context.arg[3];
	assert_status(ask(w.s, handle_close, made), BAD_HANDLE);
	assert_status(ask(w.c, ipc_call, got, 1, 0, NEVER), PARKED);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, NEVER));
	assert_int_equal(w.s->context.arg[0], 9);
}

static void a_server_cannot_call_over_a_channel_that_it_made_to_itself(void **state)
{
	handle_t made = make_channel(w.s, w.port);

	(void)state;
	assert_status(ask(w.s, ipc_call, made, 1, 0, NEVER), NO_RIGHT);
}

static void a_handle_closed_listed_twice_of_another_type_or_not_movable_stays(void **state)
{
	handle_t made = make_channel(w.s, w.port), closed = make_channel(w.s, w.port);

	(void)state;
	assert_ok(ask(w.s, handle_close, closed));
	be_served();
	assert_status(reply_with(2, made, made), BAD_HANDLE);
	assert_status(reply_with(2, made, closed), BAD_HANDLE);
	assert_status(reply_with(1, w.port, 0), BAD_HANDLE); /* ports do not move by message */
	assert_status(reply_with(1, 0, 0), BAD_HANDLE);
	assert_ok(reply_with(1, made, 0));
}

static void a_cycle_of_calls_is_refused_by_rank_when_the_handle_moves(void **state)
{
	handle_t own;
	uint64_t b;

	(void)state;
	assert_ok(ask(w.c, port_create, 20));
	own = make_channel(w.c, (handle_t)w.c->context.arg[0]);
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, NEVER), PARKED);
	b = user_post(w.c, (struct ipc_buffers){ .send_handles = { own } });
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_handles(1, 1), b, NEVER), BAD_RANK);
	b = user_post(w.c, (struct ipc_buffers){ .send_handles = { w.channel } }); /* itself, to its own server */
	assert_int_not_equal(ask(w.c, ipc_call, w.channel, tag_with_handles(1, 1), b, NEVER), ST_PARKED);
	assert_int_equal(w.s->state, THREAD_RECEIVING);
	assert_ok(ask(w.c, handle_close, own));
}

static void a_channel_with_a_call_under_way_does_not_move(void **state)
{
	struct thread *second = second_thread(w.client);
	struct process_params p = world_params("app", 20);

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	p.handle_count = 1;
	p.handles[0] = w.channel;
	assert_true(user_write(second, PROGRAM_DATA, &p, sizeof p));
	assert_status(ask(second, process_create, PROGRAM_DATA), BUSY);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, NEVER));
	assert_ok(ask(w.s, ipc_reply, token(), 0, 0));
	assert_ok(ask(second, process_create, PROGRAM_DATA));
}

static void a_receiver_with_a_full_table_or_no_quota_gets_no_handle(void **state)
{
	handle_t made = make_channel(w.s, w.port);
	uint32_t max = w.client->quota.max_bytes;

	(void)state;
	be_served();
	w.client->quota.max_bytes = w.client->quota.used_bytes;
	assert_status(reply_with(1, made, 0), NO_MEMORY);
	w.client->quota.max_bytes = max;
	for (unsigned i = 0; i < HANDLE_COUNT; i++)
		if (w.client->handles.entries[i].type == HANDLE_NONE)
			w.client->handles.entries[i].type = HANDLE_COUNT - 1;
	assert_status(reply_with(1, made, 0), NO_HANDLE);
	for (unsigned i = 0; i < HANDLE_COUNT; i++)
		if (w.client->handles.entries[i].type == HANDLE_COUNT - 1)
			w.client->handles.entries[i].type = HANDLE_NONE;
	assert_ok(reply_with(1, made, 0));
}

/* ---- residence and allowances ---- */

static void buffers_beyond_the_busy_allowance_are_refused_and_nothing_stays_held(void **state)
{
	uint64_t b;

	(void)state;
	w.client->aspace.busy_max = 2;
	b = user_post(w.c, (struct ipc_buffers){ .recv_bytes = heap, .recv_capacity = 3 * PAGE_BYTES });
	assert_status(ask(w.c, ipc_call, w.channel, 1, b, NEVER), NO_MEMORY);
	assert_int_equal(w.client->aspace.busy, 0);
}

static void a_buffer_of_a_blocked_call_cannot_be_unmapped(void **state)
{
	struct thread *second = second_thread(w.client);
	uint64_t b = user_post(w.c, (struct ipc_buffers){ .recv_bytes = heap, .recv_capacity = 100 });

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, 1, b, NEVER), PARKED);
	assert_status(ask(second, mem_unmap, heap, HEAP_PAGES), BUSY);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, NEVER));
	assert_status(ask(second, mem_unmap, heap, HEAP_PAGES), BUSY);
	assert_ok(ask(w.s, ipc_reply, token(), 0, 0));
	assert_ok(ask(second, mem_unmap, heap, HEAP_PAGES));
}

static void a_loan_without_quota_for_its_record_is_refused(void **state)
{
	(void)state;
	w.client->quota.max_bytes = w.client->quota.used_bytes;
	assert_status(send_pages(MESSAGE_PAGES_LENT_READ, heap, 1, NEVER), NO_MEMORY);
	assert_int_equal(w.client->aspace.busy, 0);
}

static void buffers_that_another_thread_changes_are_read_once(void **state)
{
	struct thread *second = second_thread(w.client);
	uint64_t b = user_post(w.c, (struct ipc_buffers){ .send_bytes = heap, .recv_bytes = heap, .recv_capacity = 8 });

	(void)state;
	assert_status(ask(w.c, ipc_call, w.channel, tag_with_bytes(1, 8), b, NEVER), PARKED);
	(void)user_post(second, (struct ipc_buffers){ .send_bytes = UINT64_MAX, .recv_capacity = UINT64_MAX });
	b = user_post(w.s, (struct ipc_buffers){ .recv_bytes = PROGRAM_DATA, .recv_capacity = 8 });
	assert_ok(ask(w.s, ipc_recv, w.port, 0, b, NEVER));
	assert_int_equal(user_get(w.s, PROGRAM_DATA), 1000);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_moved_handle_works_there_and_not_here_any_more),
		STORY(a_server_cannot_call_over_a_channel_that_it_made_to_itself),
		STORY(a_handle_closed_listed_twice_of_another_type_or_not_movable_stays),
		STORY(a_cycle_of_calls_is_refused_by_rank_when_the_handle_moves),
		STORY(a_channel_with_a_call_under_way_does_not_move),
		STORY(a_receiver_with_a_full_table_or_no_quota_gets_no_handle),
		STORY(buffers_beyond_the_busy_allowance_are_refused_and_nothing_stays_held),
		STORY(a_buffer_of_a_blocked_call_cannot_be_unmapped),
		STORY(a_loan_without_quota_for_its_record_is_refused),
		STORY(buffers_that_another_thread_changes_are_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
