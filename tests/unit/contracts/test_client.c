/* SPDX-License-Identifier: BSD-2-Clause */
/* What client stubs send, and that an answer that is not of the contract never looks like one. */
#include "tests/unit/contracts/fake.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct sample_channel channel = { 3 };
static const struct sample_item good_item = { .id = 1, .color = SAMPLE_COLOR_GREEN, .name = "ab" };

static int reset(void **state)
{
	(void)state;
	fake_reset();
	fake_answer.given = true;
	return 0;
}

static void answer(uint64_t tag, uint64_t w0, uint64_t w1)
{
	fake_answer.message = (struct message){ .tag = tag, .words = { w0, w1 }, .handles = { 11, 12 } };
}

/* ---- what goes out ---- */

static void a_message_has_the_operations_number_its_words_and_nothing_else(void **state)
{
	struct message none = { 0 };
	uint64_t p;
	int64_t u;

	(void)state;
	answer(ST_OK, 0, 0);
	assert_int_equal(sample_six(channel, 1, 2, 3, 4, 5, -6, &p, &p, &p, &p, &p, &u), ST_OK);
	assert_int_equal(fake_sent.tag, SAMPLE_OPERATION_SIX);
	assert_int_equal(fake_sent.words[0], 1);
	assert_int_equal((int64_t)fake_sent.words[5], -6);
	assert_int_equal(sample_finish(channel), ST_OK);
	assert_int_equal(fake_sent.tag, SAMPLE_OPERATION_FINISH);
	assert_memory_equal(fake_sent.words, none.words, sizeof none.words);
	assert_int_equal(fake_deadline_ns, DEADLINE_NEVER);
}

static void parts_are_described_to_the_kernel(void **state)
{
	struct sample_channel w, x = { 20 };
	struct other_channel z, y = { 21 };
	struct sample_item item = good_item;
	uint32_t total;
	size_t got;

	(void)state;
	answer(ST_OK, 0, 0);
	assert_int_equal(sample_put(channel, &item, &total), ST_OK);
	assert_int_equal(fake_sent.tag, tag_with_bytes(SAMPLE_OPERATION_PUT | TAG_IDEMPOTENT, sizeof item));
	assert_int_equal(fake_sent_parts.send_bytes, (uaddr_t)(uintptr_t)&item);
	assert_int_equal(fake_sent_parts.accept, 0);
	(void)sample_give(channel, &item, 2, &total, 3, &got);
	assert_int_equal(fake_sent.tag, tag_with_pages(SAMPLE_OPERATION_GIVE, MESSAGE_PAGES_GIVEN, 2));
	assert_int_equal(fake_sent_parts.accept, ACCEPT_GIVEN);
	assert_int_equal(fake_sent_parts.landing_pages, 2); /* no more than the contract allows */
	(void)sample_hand(channel, x, y, &z, &w);
	assert_int_equal(fake_sent.tag, tag_with_handles(SAMPLE_OPERATION_HAND, 2));
	assert_int_equal(fake_sent_parts.send_handles[0], 20);
	assert_int_equal(fake_sent_parts.send_handles[1], 21);
	assert_int_equal(fake_sent_parts.accept, 2);
	assert_int_equal(fake_sent_parts.accept_contracts[0], OTHER_CONTRACT);
	assert_int_equal(fake_sent_parts.accept_contracts[1], SAMPLE_CONTRACT);
	assert_int_equal(fake_sent_parts.accept_contracts[2], 0);
}

static void pages_that_may_be_none_are_lent_only_if_there_are_some(void **state)
{
	uint64_t stored;

	(void)state;
	answer(ST_OK, 0, 0);
	assert_int_equal(sample_store(channel, NULL, 0, &stored), ST_OK);
	assert_int_equal(fake_sent.tag, SAMPLE_OPERATION_STORE);
	assert_int_equal(sample_store(channel, &stored, 2, &stored), ST_OK);
	assert_int_equal(fake_sent.tag, tag_with_pages(SAMPLE_OPERATION_STORE, MESSAGE_PAGES_LENT_READ, 2));
}

static void a_deadline_is_passed_on(void **state)
{
	char text[17];

	(void)state;
	answer(ST_OK, 0, 0);
	(void)sample_text(channel, "a", 1, text, sizeof text, 1234);
	assert_int_equal(fake_deadline_ns, 1234);
}

static void what_is_too_short_or_too_long_is_not_sent(void **state)
{
	struct other_channel opened;
	enum sample_level level;
	struct sample_item items[4] = { 0 };
	uint64_t stored;
	char text[20];
	size_t n;

	(void)state;
	assert_int_equal(sample_begin(channel, "", &opened, &level), ST_BAD_ARG);
	assert_int_equal(sample_begin(channel, "123456789", &opened, &level), ST_BAD_ARG);
	assert_int_equal(sample_list(channel, 0, items, 4, items, 4, &n), ST_BAD_ARG);
	assert_int_equal(sample_text(channel, text, 17, text, sizeof text, 1), ST_BAD_ARG);
	assert_int_equal(sample_text(channel, text, 1, text, 0, 1), ST_BAD_ARG); /* no room for the zero */
	assert_int_equal(sample_fetch(channel, 0, text, 0, text, sizeof text, &n), ST_BAD_ARG);
	assert_int_equal(sample_fetch(channel, 0, text, 5, text, sizeof text, &n), ST_BAD_ARG);
	assert_int_equal(sample_store(channel, text, 3, &stored), ST_BAD_ARG);
	assert_int_equal(sample_give(channel, text, 0, text, 2, &n), ST_BAD_ARG);
	assert_int_equal(fake_calls, 0);
}

/* ---- what comes back ---- */

static enum status call_scalars(void)
{
	uint8_t a;
	uint16_t b;
	uint32_t c;
	int64_t d;
	bool e;
	enum sample_level f;

	return sample_scalars(channel, 1, 2, 3, 4, true, SAMPLE_COLOR_RED, &a, &b, &c, &d, &e, &f);
}

static void a_word_that_is_no_value_of_its_type_is_a_bad_message(void **state)
{
	static const struct {
		unsigned place;
		uint64_t value;
	} bad[] = { { 0, 256 }, { 1, 65536 }, { 2, 1ull << 32 }, { 4, 2 }, { 5, 0 }, { 5, 3 }, { 5, UINT64_MAX } };

	(void)state;
	answer(ST_OK, 255, 65535);
	fake_answer.message.words[2] = UINT32_MAX;
	fake_answer.message.words[4] = 1;
	fake_answer.message.words[5] = SAMPLE_LEVEL_HIGH;
	assert_int_equal(call_scalars(), ST_OK);
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint64_t kept = fake_answer.message.words[bad[i].place];

		fake_answer.message.words[bad[i].place] = bad[i].value;
		assert_int_equal(call_scalars(), ST_BAD_MESSAGE);
		fake_answer.message.words[bad[i].place] = kept;
	}
}

static void an_error_of_the_server_or_the_kernel_is_passed_on(void **state)
{
	(void)state;
	answer(ST_NOT_FOUND, 0, 0);
	assert_int_equal(call_scalars(), ST_NOT_FOUND);
	fake_answer.status = ST_PEER_GONE;
	assert_int_equal(call_scalars(), ST_PEER_GONE);
}

static void a_status_that_does_not_exist_or_is_the_librarys_own_is_a_bad_message(void **state)
{
	static const uint64_t bad[] = { ST_LATER, 100, TAG_OP_MASK, ST_NOT_FOUND | TAG_IDEMPOTENT };

	(void)state;
	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
		answer(bad[i], 0, 0);
		assert_int_equal(sample_finish(channel), ST_BAD_MESSAGE);
	}
	answer(ST_OK | TAG_SET_BADGE, 0, 0); /* that is between the server and the kernel */
	assert_int_equal(sample_finish(channel), ST_OK);
}

static void ends_that_were_not_promised_are_refused_and_closed(void **state)
{
	struct other_channel opened = { 0 };
	enum sample_level level = SAMPLE_LEVEL_LOW;
	struct other_channel z;
	struct sample_channel w, x = { 20 };

	(void)state;
	answer(tag_with_handles(ST_OK, 2), 0, SAMPLE_LEVEL_LOW);
	assert_int_equal(sample_begin(channel, "a", &opened, &level), ST_BAD_MESSAGE);
	assert_int_equal(fake_closed, 2);
	answer(tag_with_handles(ST_NOT_FOUND, 1), 0, 0); /* an error with a present */
	assert_int_equal(sample_begin(channel, "a", &opened, &level), ST_BAD_MESSAGE);
	assert_int_equal(fake_closed, 3);
	answer(tag_with_handles(ST_OK, 1), 3, 0); /* word 0 is the level */
	assert_int_equal(sample_begin(channel, "a", &opened, &level), ST_BAD_MESSAGE);
	assert_int_equal(fake_closed, 4);
	answer(ST_OK, SAMPLE_LEVEL_LOW, 0); /* none at all */
	assert_int_equal(sample_begin(channel, "a", &opened, &level), ST_BAD_MESSAGE);
	answer(tag_with_handles(ST_OK, 1), SAMPLE_LEVEL_HIGH, 0);
	assert_int_equal(sample_begin(channel, "a", &opened, &level), ST_OK);
	assert_int_equal(opened.handle, 11);
	assert_int_equal(fake_closed, 4);
	/* Both swapped: each is of the other's contract. */
	answer(tag_with_handles(ST_OK, 2) | 1ull << TAG_ENDS_BIT, 0, 0);
	assert_int_equal(sample_hand(channel, x, opened, &z, &w), ST_BAD_MESSAGE);
	assert_int_equal(fake_closed, 6);
	answer(tag_with_handles(ST_OK, 2) | 1ull << (TAG_ENDS_BIT + 2), 0, 0);
	assert_int_equal(sample_hand(channel, x, opened, &z, &w), ST_OK);
	assert_int_equal(z.handle, 11);
	assert_int_equal(w.handle, 12);
}

static void bytes_of_the_wrong_length_or_content_are_a_bad_message(void **state)
{
	struct sample_item item = good_item, items[3] = { good_item, good_item, good_item };
	char text[20];
	size_t n;

	(void)state;
	fake_answer.bytes = &item;
	answer(tag_with_bytes(ST_OK, sizeof item), 0, 0);
	assert_int_equal(sample_get(channel, &items[0]), ST_OK);
	assert_memory_equal(&items[0], &item, sizeof item);
	for (size_t length = 0; length < sizeof item; length++) {
		answer(tag_with_bytes(ST_OK, length), 0, 0);
		assert_int_equal(sample_get(channel, &items[0]), ST_BAD_MESSAGE);
		assert_int_equal(sample_list(channel, 0, NULL, 0, items, 3, &n), ST_BAD_MESSAGE);
	}
	answer(tag_with_bytes(ST_OK, sizeof item), 0, 0);
	memset(item.name, 'x', sizeof item.name);
	assert_int_equal(sample_get(channel, &items[0]), ST_BAD_MESSAGE);
	assert_int_equal(sample_list(channel, 0, NULL, 0, items, 3, &n), ST_BAD_MESSAGE);
	item = good_item;
	*(uint8_t *)&item.flag = 2;
	assert_int_equal(sample_get(channel, &items[0]), ST_BAD_MESSAGE);
	item = good_item;
	item.color = (enum sample_color)2;
	assert_int_equal(sample_get(channel, &items[0]), ST_BAD_MESSAGE);
	fake_answer.bytes = "a\0b";
	answer(tag_with_bytes(ST_OK, 3), 0, 0);
	assert_int_equal(sample_text(channel, "", 0, text, sizeof text, 1), ST_BAD_MESSAGE);
	assert_int_equal(sample_fetch(channel, 0, text, 1, text, sizeof text, &n), ST_OK);
	assert_int_equal(n, 3);
	answer(tag_with_bytes(ST_OK, 2), 0, 0);
	fake_answer.bytes = "hi";
	assert_int_equal(sample_text(channel, "", 0, text, sizeof text, 1), ST_OK);
	assert_string_equal(text, "hi");
	assert_int_equal(fake_sent_parts.recv_capacity, 16); /* the contract's most, though there is room for 19 */
	(void)sample_text(channel, "", 0, text, 5, 1);
	assert_int_equal(fake_sent_parts.recv_capacity, 4);
}

static void pages_that_are_lent_in_an_answer_or_too_many_are_a_bad_message(void **state)
{
	size_t n = 9;

	(void)state;
	answer(tag_with_pages(ST_OK, MESSAGE_PAGES_GIVEN, 2), 0, 0);
	assert_int_equal(sample_give(channel, &n, 1, &n, 2, &n), ST_OK);
	assert_int_equal(n, 2);
	answer(ST_OK, 0, 0);
	assert_int_equal(sample_give(channel, &n, 1, &n, 2, &n), ST_OK);
	assert_int_equal(n, 0);
	answer(tag_with_pages(ST_OK, MESSAGE_PAGES_GIVEN, 3), 0, 0);
	assert_int_equal(sample_give(channel, &n, 1, &n, 2, &n), ST_BAD_MESSAGE);
	answer(tag_with_pages(ST_OK, MESSAGE_PAGES_LENT_READ, 1), 0, 0);
	assert_int_equal(sample_give(channel, &n, 1, &n, 2, &n), ST_BAD_MESSAGE);
}

static void an_end_is_closed_once_and_bits_reach_the_server(void **state)
{
	struct sample_channel end = { 5 };

	(void)state;
	sample_close(&end);
	sample_close(&end);
	assert_int_equal(fake_closed, 1);
	assert_int_equal(fake_last_closed, 5);
	assert_int_equal(sample_notify_server(channel, SAMPLE_NOTIFY_SERVER_ATTENTION), ST_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_message_has_the_operations_number_its_words_and_nothing_else, reset),
		cmocka_unit_test_setup(parts_are_described_to_the_kernel, reset),
		cmocka_unit_test_setup(pages_that_may_be_none_are_lent_only_if_there_are_some, reset),
		cmocka_unit_test_setup(a_deadline_is_passed_on, reset),
		cmocka_unit_test_setup(what_is_too_short_or_too_long_is_not_sent, reset),
		cmocka_unit_test_setup(a_word_that_is_no_value_of_its_type_is_a_bad_message, reset),
		cmocka_unit_test_setup(an_error_of_the_server_or_the_kernel_is_passed_on, reset),
		cmocka_unit_test_setup(a_status_that_does_not_exist_or_is_the_librarys_own_is_a_bad_message, reset),
		cmocka_unit_test_setup(ends_that_were_not_promised_are_refused_and_closed, reset),
		cmocka_unit_test_setup(bytes_of_the_wrong_length_or_content_are_a_bad_message, reset),
		cmocka_unit_test_setup(pages_that_are_lent_in_an_answer_or_too_many_are_a_bad_message, reset),
		cmocka_unit_test_setup(an_end_is_closed_once_and_bits_reach_the_server, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
