/* SPDX-License-Identifier: BSD-2-Clause */
/* Who called: a server learns its caller's program, process and image hash, and only of a call that it holds. */
#include "tests/unit/kernel/pair_fixture.h"
#include <string.h>

static enum status ask_who(struct thread *t, uint64_t token) { return ask(t, ipc_peer, token, PROGRAM_DATA); }

static struct ipc_peer told(struct thread *t)
{
	struct ipc_peer peer;

	assert_true(user_read(t, PROGRAM_DATA, &peer, sizeof peer));
	return peer;
}

static void a_server_learns_what_program_calls_it(void **state)
{
	struct ipc_peer peer;

	(void)state;
	strcpy(pair.client->name, "somebody");
	pair_be_served(1);
	assert_ok(ask_who(pair.s, pair_token()));
	peer = told(pair.s);
	assert_string_equal(peer.program, "app");
	assert_string_equal(peer.process, "somebody");
	assert_memory_equal(peer.hash, system_image_header(&world_image)->entries[3].hash, sizeof peer.hash);
	assert_string_equal(system_image_header(&world_image)->entries[3].name, "app");
}

static void a_token_that_is_stale_forged_or_anothers_tells_nothing(void **state)
{
	struct thread *bystander = second_thread(pair.client);
	uint64_t token;

	(void)state;
	pair_be_served(1);
	token = call_token(&pair.c->call);
	assert_status(ask_who(pair.s, token + 1), STALE);
	assert_status(ask_who(pair.s, token + (1ull << 32)), STALE);
	assert_status(ask_who(pair.s, 0), STALE);
	assert_status(ask_who(pair.s, UINT64_MAX), STALE);
	assert_status(ask_who(bystander, token), STALE);
	assert_ok(ask(pair.s, ipc_reply, token, 0, 0));
	assert_status(ask_who(pair.s, token), STALE);
}

static void a_caller_that_has_ended_meanwhile_is_told_as_it_was(void **state)
{
	uint64_t token;

	(void)state;
	pair_be_served(1);
	token = call_token(&pair.c->call);
	assert_ok(ask(sup, process_stop, world_handle_of(pair.client)));
	assert_int_equal(pair.c->state, THREAD_ORPHANED);
	assert_ok(ask_who(pair.s, token));
	assert_string_equal(told(pair.s).program, "app");
	assert_ok(ask(pair.s, ipc_reply, token, 0, 0));
}

static void a_place_that_cannot_be_written_ends_the_asker(void **state)
{
	(void)state;
	pair_be_served(1);
	assert_status(ask(pair.s, ipc_peer, pair_token(), PROGRAM_TEXT), ENDED);
	assert_int_equal(pair.server->fault, FAULT_BAD_RANGE);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, pair_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_server_learns_what_program_calls_it),
		STORY(a_token_that_is_stale_forged_or_anothers_tells_nothing),
		STORY(a_caller_that_has_ended_meanwhile_is_told_as_it_was),
		STORY(a_place_that_cannot_be_written_ends_the_asker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
