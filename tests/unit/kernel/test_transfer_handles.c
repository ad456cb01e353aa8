/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles that move, and what buffers of blocked calls cost. */
#include "tests/unit/kernel/pair_fixture.h"

/* ---- handles ---- */

enum { CONTRACT = 9 }; /* of the channels that are made here */

static handle_t make_channel(struct thread *t, handle_t port)
{
	assert_ok(ask(t, channel_create, port, 9, CONTRACT));
	return (handle_t)t->context.arg[0];
}

/* The client calls, and takes two handles in the answer. */
static void ask_for_handles(void)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .accept = 2, .accept_contracts = { CONTRACT } });

	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, NEVER), PARKED);
	assert_ok(pair_receive());
}

static enum status reply_with(unsigned n, handle_t a, handle_t b)
{
	uint64_t buffers = user_post(pair.s, (struct ipc_buffers){ .send_handles = { a, b } });

	return ask(pair.s, ipc_reply, call_token(&pair.c->call), tag_with_handles(0, n), buffers);
}

static void a_moved_handle_works_there_and_not_here_any_more(void **state)
{
	handle_t made = make_channel(pair.s, pair.port), got;
	uint32_t paid = pair.server->quota.used_bytes;

	(void)state;
	ask_for_handles();
	assert_ok(reply_with(1, made, 0));
	assert_int_equal(pair.server->quota.used_bytes, paid - channel_bytes());
	got = (handle_t)pair.c->context.arg[3];
	assert_status(ask(pair.s, handle_close, made), BAD_HANDLE);
	assert_status(ask(pair.c, ipc_call, got, 1, 0, NEVER), PARKED);
	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, 0, NEVER));
	assert_int_equal(pair.s->context.arg[0], 9);
}

static void a_server_cannot_call_over_a_channel_that_it_made_to_itself(void **state)
{
	handle_t made = make_channel(pair.s, pair.port);

	(void)state;
	assert_status(ask(pair.s, ipc_call, made, 1, 0, NEVER), NO_RIGHT);
}

static void a_handle_closed_listed_twice_of_another_type_or_not_movable_stays(void **state)
{
	handle_t made = make_channel(pair.s, pair.port), closed = make_channel(pair.s, pair.port);

	(void)state;
	assert_ok(ask(pair.s, handle_close, closed));
	ask_for_handles();
	assert_status(reply_with(2, made, made), BAD_HANDLE);
	assert_status(reply_with(2, made, closed), BAD_HANDLE);
	assert_status(reply_with(1, pair.port, 0), BAD_HANDLE); /* ports do not move by message */
	assert_status(reply_with(1, 0, 0), BAD_HANDLE);
	assert_ok(reply_with(1, made, 0));
}

static void a_cycle_of_calls_is_refused_by_rank_when_the_handle_moves(void **state)
{
	handle_t own;
	uint64_t b;

	(void)state;
	assert_ok(ask(pair.c, port_create, 20));
	own = make_channel(pair.c, (handle_t)pair.c->context.arg[0]);
	b = user_post(pair.s, (struct ipc_buffers){ .accept = 1, .accept_contracts = { 1, CONTRACT } });
	assert_status(ask(pair.s, ipc_recv, pair.port, 0, b, NEVER), PARKED);
	b = user_post(pair.c, (struct ipc_buffers){ .send_handles = { own } });
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_handles(1, 1), b, NEVER), BAD_RANK);
	b = user_post(pair.c, (struct ipc_buffers){ .send_handles = { pair.channel } }); /* itself, to its own server */
	assert_int_not_equal(ask(pair.c, ipc_call, pair.channel, tag_with_handles(1, 1), b, NEVER), ST_PARKED);
	assert_int_equal(pair.s->state, THREAD_RECEIVING);
	assert_ok(ask(pair.c, handle_close, own));
}

static void a_channel_with_a_call_under_way_does_not_move(void **state)
{
	struct thread *second = second_thread(pair.client);
	struct process_params p = world_params("app", 20);

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, 0, NEVER), PARKED);
	p.handle_count = 1;
	p.handles[0] = pair.channel;
	world_fit_manifest(pair.client, &p);
	assert_true(user_write(second, PROGRAM_DATA, &p, sizeof p));
	assert_status(ask(second, process_create, PROGRAM_DATA), BUSY);
	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, 0, NEVER));
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0));
	assert_ok(ask(second, process_create, PROGRAM_DATA));
}

static void a_receiver_with_a_full_table_or_no_quota_gets_no_handle(void **state)
{
	handle_t made = make_channel(pair.s, pair.port);
	uint32_t max = pair.client->quota.max_bytes;

	(void)state;
	ask_for_handles();
	pair.client->quota.max_bytes = pair.client->quota.used_bytes;
	assert_status(reply_with(1, made, 0), NO_MEMORY);
	pair.client->quota.max_bytes = max;
	for (unsigned i = 0; i < HANDLE_COUNT; i++)
		if (pair.client->handles.entries[i].type == HANDLE_NONE)
			pair.client->handles.entries[i].type = HANDLE_COUNT - 1;
	pair.client->handles.top = HANDLE_COUNT;
	assert_status(reply_with(1, made, 0), NO_HANDLE);
	for (unsigned i = 0; i < HANDLE_COUNT; i++)
		if (pair.client->handles.entries[i].type == HANDLE_COUNT - 1)
			pair.client->handles.entries[i].type = HANDLE_NONE;
	pair.client->handles.lowest = 1;
	assert_ok(reply_with(1, made, 0));
}

/* ---- residence and allowances ---- */

static void buffers_beyond_the_busy_allowance_are_refused_and_nothing_stays_held(void **state)
{
	uint64_t b;

	(void)state;
	pair.client->aspace.busy_max = 2;
	b = user_post(pair.c, (struct ipc_buffers){ .recv_bytes = pair_heap, .recv_capacity = 3 * PAGE_BYTES });
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, NEVER), NO_MEMORY);
	assert_int_equal(pair.client->aspace.busy, 0);
}

static void a_buffer_of_a_blocked_call_cannot_be_unmapped(void **state)
{
	struct thread *second = second_thread(pair.client);
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .recv_bytes = pair_heap, .recv_capacity = 100 });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, 1, b, NEVER), PARKED);
	assert_status(ask(second, mem_unmap, pair_heap, PAIR_HEAP_PAGES), BUSY);
	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, 0, NEVER));
	assert_status(ask(second, mem_unmap, pair_heap, PAIR_HEAP_PAGES), BUSY);
	assert_ok(ask(pair.s, ipc_reply, pair_token(), 0, 0));
	assert_ok(ask(second, mem_unmap, pair_heap, PAIR_HEAP_PAGES));
}

static void a_loan_without_quota_for_its_record_is_refused(void **state)
{
	(void)state;
	pair.client->quota.max_bytes = pair.client->quota.used_bytes;
	assert_status(pair_send_pages(MESSAGE_PAGES_LENT_READ, pair_heap, 1, NEVER), NO_MEMORY);
	assert_int_equal(pair.client->aspace.busy, 0);
}

static void buffers_that_another_thread_changes_are_read_once(void **state)
{
	struct thread *second = second_thread(pair.client);
	uint64_t b = user_post(
		pair.c, (struct ipc_buffers){ .send_bytes = pair_heap, .recv_bytes = pair_heap, .recv_capacity = 8 });

	(void)state;
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_bytes(1, 8), b, NEVER), PARKED);
	(void)user_post(second, (struct ipc_buffers){ .send_bytes = UINT64_MAX, .recv_capacity = UINT64_MAX });
	b = user_post(pair.s, (struct ipc_buffers){ .recv_bytes = PROGRAM_DATA, .recv_capacity = 8 });
	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, b, NEVER));
	assert_int_equal(user_get(pair.s, PROGRAM_DATA), 1000);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start_lending, world_tear_down)

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
