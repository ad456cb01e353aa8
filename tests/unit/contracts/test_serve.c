/* SPDX-License-Identifier: BSD-2-Clause */
/* The serving loop: what becomes of an answer, at once, later, or when it cannot be delivered. */
#include "tests/unit/contracts/fake.h"
#include "tests/unit/contracts/handlers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static unsigned heard;

static int reset(void **state)
{
	(void)state;
	fake_reset();
	memset(&seen, 0, sizeof seen);
	handler_status = ST_OK;
	heard = 0;
	return 0;
}

static void hear(struct serving *s) { heard += s->in.words[0] == 5; }

static struct message begin_message(void)
{
	return (struct message){ .tag = tag_with_bytes(SAMPLE_OPERATION_BEGIN, 1), .token = 9 };
}

/* One message is received and taken; the answer is still owed. */
static void take_one(struct message m)
{
	m.badge = fake_badge;
	fake_queue(&m);
	assert_int_equal(serve_next(&serving, 0), ST_OK);
	((char *)serving.bytes)[0] = 'n';
	serve_take(&serving);
}

static void an_answer_goes_out_with_the_next_receive_once(void **state)
{
	(void)state;
	take_one((struct message){ .tag = SAMPLE_OPERATION_SIX });
	assert_int_equal(fake_replies, 0);
	assert_int_equal(serve_next(&serving, 0), ST_TIMED_OUT);
	assert_int_equal(fake_replies, 1);
	assert_int_equal(serve_next(&serving, 0), ST_TIMED_OUT);
	assert_int_equal(fake_replies, 1);
	take_one((struct message){ .tag = SAMPLE_OPERATION_SIX });
	serve_flush(&serving);
	assert_int_equal(fake_replies, 2);
	serve_flush(&serving);
	assert_int_equal(serve_next(&serving, 0), ST_TIMED_OUT);
	assert_int_equal(fake_replies, 2);
}

static void an_answer_that_cannot_be_delivered_becomes_that_error_and_keeps_its_ends(void **state)
{
	(void)state;
	take_one(begin_message());
	assert_int_equal(seen.calls, 1);
	fake_reply_status = ST_NO_HANDLE;
	assert_int_equal(serve_next(&serving, 0), ST_TIMED_OUT);
	assert_int_equal(fake_replied.tag, ST_NO_HANDLE);
	assert_int_equal(fake_last_closed, 55);
	assert_int_equal(fake_badge, SAMPLE_STATE_START); /* and the state is as it was */
}

static void an_answer_may_come_later(void **state)
{
	struct sample_begin_reply reply = { .opened = { 44 }, .level = SAMPLE_LEVEL_LOW };

	(void)state;
	handler_status = ST_LATER;
	take_one(begin_message());
	assert_int_equal(serve_next(&serving, 0), ST_TIMED_OUT);
	assert_int_equal(fake_replies, 0);
	assert_int_equal(sample_answer_begin(9, fake_badge, ST_OK, &reply), ST_OK);
	assert_int_equal(fake_replied.tag, tag_with_handles(ST_OK, 1) | TAG_SET_BADGE);
	assert_int_equal(fake_replied.words[0], SAMPLE_LEVEL_LOW);
	assert_int_equal(fake_badge, SAMPLE_STATE_OPEN);
	assert_int_equal(sample_answer_begin(9, fake_badge, ST_BAD_ARG, NULL), ST_OK);
	assert_int_equal(fake_replied.tag, ST_BAD_ARG);
	fake_reply_status = ST_TOO_BIG;
	assert_int_equal(sample_answer_begin(9, fake_badge, ST_OK, &reply), ST_TOO_BIG);
	assert_int_equal(fake_replied.tag, ST_TOO_BIG);
	assert_int_equal(fake_last_closed, 44);
	assert_int_equal(sample_answer_finish(9, SAMPLE_STATE_OPEN, ST_OK), ST_OK);
	assert_int_equal(fake_badge, SAMPLE_STATE_CLOSED);
}

static void what_is_no_call_is_heard_and_not_answered(void **state)
{
	struct message m = { .tag = (uint64_t)MESSAGE_KIND_NOTIFY << TAG_KIND_BIT, .words = { 5 } };

	(void)state;
	take_one(m); /* nobody listens */
	serving.hear = hear;
	take_one(m);
	m.tag |= SAMPLE_OPERATION_SIX;
	take_one(m);
	assert_int_equal(heard, 2);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(serve_next(&serving, 0), ST_TIMED_OUT);
	assert_int_equal(fake_replies, 0);
}

static void a_server_of_words_offers_nothing_else(void **state)
{
	(void)state;
	serving = (struct serving){ .port = FAKE_PORT, .contracts = { &sample_server } };
	(void)serve_next(&serving, 0);
	assert_int_equal(serving.parts.recv_capacity, 0);
	assert_int_equal(serving.parts.accept & ACCEPT_GIVEN, 0);
	fake_reset();
	(void)serve_next(&serving, 0);
	assert_int_equal(serving.parts.recv_capacity, 48); /* the longest: three items */
	assert_int_equal(serving.parts.accept, 2 | ACCEPT_GIVEN);
	assert_int_equal(serving.parts.accept_contracts[0], SAMPLE_CONTRACT);
	assert_int_equal(serving.parts.accept_contracts[1], OTHER_CONTRACT);
	assert_true((char *)serving_room(&serving) >= (char *)serving.bytes + 49);
	assert_true((char *)serving_room(&serving) + 48 <= (char *)serving.bytes + serving.bytes_size);
}

static void a_channel_carries_value_contract_and_state(void **state)
{
	struct sample_channel end;
	uint32_t id;

	(void)state;
	assert_int_equal(sample_channel_make(&serving, 0x1234, SAMPLE_STATE_OPEN, &end, &id), ST_OK);
	assert_int_equal(end.handle, 66);
	assert_int_equal(fake_badge, 0x123401);
	serving.in.badge = fake_badge;
	assert_int_equal(serving_value(&serving), 0x1234);
	assert_int_equal(serving_state(&serving), SAMPLE_STATE_OPEN);
	serving.contracts[1] = serving.contracts[0];
	serving.contracts[0] = &(const struct contract_server){ .id = 1 };
	assert_int_equal(sample_channel_make(&serving, 1, SAMPLE_STATE_START, &end, NULL), ST_OK);
	assert_int_equal(fake_badge, 0x140);
	assert_int_equal(sample_channel_make(&serving, 1ull << 56, SAMPLE_STATE_START, &end, NULL), ST_BAD_ARG);
	assert_int_equal(sample_notify_client(FAKE_PORT, id, SAMPLE_NOTIFY_CLIENT_MORE), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_answer_goes_out_with_the_next_receive_once, reset),
		cmocka_unit_test_setup(an_answer_that_cannot_be_delivered_becomes_that_error_and_keeps_its_ends, reset),
		cmocka_unit_test_setup(an_answer_may_come_later, reset),
		cmocka_unit_test_setup(what_is_no_call_is_heard_and_not_answered, reset),
		cmocka_unit_test_setup(a_server_of_words_offers_nothing_else, reset),
		cmocka_unit_test_setup(a_channel_carries_value_contract_and_state, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
