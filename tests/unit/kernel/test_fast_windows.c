/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose call is answered by who waits for a gift, and when: see gifts_fixture.h. */
#include "tests/unit/kernel/gifts_fixture.h"

static void for_somebody_urgent(void)
{
	server_takes(1, gift_place());
	set_priority(w.client, 15);
	client_gives(GIVEN(1), gift_said());
	gift_next++;
	server_takes(1, gift_place()); /* the server is less urgent again */
}

static void while_somebody_is_urgent(void)
{
	set_priority(w.server, 20);
	set_priority(world_spawn("app", 20), 15);
	server_takes(1, gift_place());
	gift_note("goes first", this_cpu()->running != w.c);
}

static void while_news_waits(void)
{
	gift_note("notified", ask(c2, ipc_notify, w.channel, 0, 1));
	server_takes(1, gift_place());
}

static void after_the_end_of_the_channel(void)
{
	gift_note("closed", ask(c2, handle_close, w.channel));
	while (ask(s2, ipc_recv, w.port, 0, 0, host_now_ns + 10) == ST_OK)
		;
	host_pass_ns(10);
	(void)host_leave();
	server_takes(1, gift_place());
}

static void answer_by(uint64_t token)
{
	struct ipc_buffers b = gift_place();

	assert_true(user_write(s2, PROGRAM_DATA + 0xf00, &b, sizeof b));
	gift_note("answered", ask(w.s, ipc_reply_recv, token, 1, PROGRAM_DATA + 0xf00, NEVER, w.port));
}

static void another_call(void) { answer_by(call_token(&w.c->call) + (1ull << CALL_NUMBER_BITS)); }

static void a_call_that_is_answered(void)
{
	uint64_t token = call_token(&w.c->call);

	gift_note("answered", ask(s2, ipc_reply, token, 5, 0));
	answer_by(token);
}

static void for_pages_on_loan(void)
{
	server_takes(1, gift_place());
	client_gives(tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1), gift_said());
	gift_next++;
	server_takes(1, gift_place());
}

static void for_somebody_with_a_deadline(void)
{
	struct ipc_buffers b = gift_said();

	server_takes(1, gift_place());
	assert_true(user_write(w.c, PROGRAM_DATA + 0xf00, &b, sizeof b));
	gift_note("given", ask(w.c, ipc_call, w.channel, GIVEN(1), PROGRAM_DATA + 0xf00, host_now_ns + 1000));
	gift_next++;
	server_takes(1, gift_place());
	host_pass_ns(1000);
	(void)host_leave();
}

static void bytes_for_who_takes_none(void)
{
	struct ipc_buffers b = gift_place();

	b.send_bytes = BYTES_AT;
	server_takes(tag_with_bytes(1, 8), b);
}

static void from_elsewhere_than_the_stubs(void)
{
	w.server->stub_return = PROGRAM_STUB + 1;
	server_takes(1, gift_place());
}

static void the_same_way_whoever_answers(void **state)
{
	static void (*const stories[])(void) = { for_somebody_urgent,
						 while_somebody_is_urgent,
						 while_news_waits,
						 after_the_end_of_the_channel,
						 another_call,
						 a_call_that_is_answered,
						 for_pages_on_loan,
						 for_somebody_with_a_deadline,
						 bytes_for_who_takes_none,
						 from_elsewhere_than_the_stubs };

	(void)state;
	for (unsigned i = 0; i < array_length(stories); i++)
		live_twice(stories[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_same_way_whoever_answers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
