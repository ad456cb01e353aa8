/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dispatcher: a handler sees what the contract allows and nothing else, and the client is told why not. What is
 * allowed is said here once more, by hand, and compared over random messages.
 */
#include "tests/unit/contracts/fake.h"
#include "tests/unit/contracts/handlers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROUNDS = 200000, ITEM = sizeof(struct sample_item) };

static const struct sample_channel channel = { 3 };
static struct sample_item good_item = { .id = 1, .color = SAMPLE_COLOR_BLUE, .flag = true, .name = "abc" };

static int reset(void **state)
{
	(void)state;
	fake_reset();
	fake_answer.given = false;
	memset(&seen, 0, sizeof seen);
	handler_status = ST_OK;
	return 0;
}

static int reset_open(void **state)
{
	(void)reset(state);
	fake_badge = SAMPLE_STATE_OPEN | 0x1234ull << BADGE_VALUE_BIT;
	return 0;
}

/* ---- what the contract allows, by hand ---- */

struct rule {
	uint64_t marks;
	unsigned states; /* bit n: state n */
	unsigned words, ends;
	uint64_t most[6];
	unsigned bytes_low, bytes_high, bytes_unit;
	enum message_pages kind;
	unsigned pages_low, pages_high;
};

#define ANY UINT64_MAX
static const struct rule rules[] = {
	[1] = { .states = 3, .words = 6, .most = { 255, 65535, UINT32_MAX, ANY, 1, 5 } },
	[2] = { .states = 3, .words = 6, .most = { ANY, ANY, ANY, ANY, ANY, ANY } },
	[3] = { .states = 1, .bytes_low = 1, .bytes_high = 8, .bytes_unit = 1 },
	[4] = { .states = 2, .marks = TAG_IDEMPOTENT, .bytes_low = ITEM, .bytes_high = ITEM, .bytes_unit = ITEM },
	[5] = { .states = 2, .words = 1, .most = { 65535 }, .bytes_high = 3 * ITEM, .bytes_unit = ITEM },
	[6] = { .states = 2 },
	[7] = { .states = 2, .bytes_high = 16, .bytes_unit = 1 },
	[8] = { .states = 2,
		.marks = TAG_IDEMPOTENT,
		.words = 1,
		.most = { ANY },
		.kind = MESSAGE_PAGES_LENT_WRITE,
		.pages_low = 1,
		.pages_high = 4 },
	[9] = { .states = 2, .kind = MESSAGE_PAGES_LENT_READ, .pages_high = 2 },
	[10] = { .states = 2, .kind = MESSAGE_PAGES_GIVEN, .pages_low = 1, .pages_high = 2 },
	[11] = { .states = 2, .ends = 2 },
	[12] = { .states = 2 },
};

enum { RULES = sizeof rules / sizeof *rules };

static bool is_item(const uint8_t *b)
{
	uint32_t color;

	memcpy(&color, b + 4, sizeof color);
	return (color == 0 || color == 1 || color == 5) && b[8] <= 1 && b[15] == 0;
}

static bool is_content(unsigned op, const uint8_t *bytes, uint64_t n)
{
	bool good = true;

	if (op == 3)
		return memchr(bytes, 0, n) == NULL;
	for (uint64_t i = 0; (op == 4 || op == 5) && i < n; i += ITEM)
		good = good && is_item(bytes + i);
	return good;
}

static bool are_words(unsigned op, const uint64_t *w)
{
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		if (w[i] > (i < rules[op].words ? rules[op].most[i] : 0))
			return false;
	return op != 1 || w[5] == 0 || w[5] == 1 || w[5] == 5;
}

static bool is_allowed(const struct message *m, const uint8_t *bytes, uint64_t badge)
{
	unsigned op = m->tag & 0xfff;
	uint64_t b = m->tag >> 32 & 0x1ffff, p = m->tag >> 49;
	const struct rule *r = &rules[op < RULES ? op : 0];

	if (op == 0 || op >= RULES || (badge & 63) > 2 || !(r->states >> (badge & 63) & 1))
		return false;
	if ((m->tag & (TAG_IDEMPOTENT | TAG_SET_BADGE | TAG_UNUSED)) != r->marks || (m->tag >> 12 & 3) != 0)
		return false;
	if ((m->tag >> 18 & 7) != r->ends || (r->ends == 2 && (m->tag >> 23 & 0xff) != 4))
		return false;
	if (b < r->bytes_low || b > r->bytes_high || (b != 0 && b % r->bytes_unit != 0))
		return false;
	if (p < r->pages_low || p > r->pages_high || (m->tag >> 16 & 3) != (p == 0 ? 0 : (uint64_t)r->kind))
		return false;
	return are_words(op, m->words) && is_content(op, bytes, b);
}

/* ---- random messages ---- */

static uint64_t seed;

static uint64_t any(uint64_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % n;
}

/* One that is good but for its content. */
static void make(struct message *m, uint8_t *bytes)
{
	unsigned op = 1 + (unsigned)any(RULES - 1);
	const struct rule *r = &rules[op];
	uint64_t units = r->bytes_unit == 0 ? 0 : (r->bytes_high - r->bytes_low) / r->bytes_unit + 1;
	uint64_t b = units == 0 ? 0 : r->bytes_low + any(units) * r->bytes_unit;
	uint64_t p = r->pages_low + any(r->pages_high - r->pages_low + 1);

	*m = (struct message){ .token = 1, .handles = { 20, 21, 22, 23 } };
	m->tag = op | r->marks | tag_with_handles(0, r->ends) | (r->ends == 2 ? 4ull << 23 : 0);
	m->tag = tag_with_pages(tag_with_bytes(m->tag, b), p == 0 ? MESSAGE_PAGES_NONE : r->kind, p);
	for (unsigned i = 0; i < r->words; i++)
		m->words[i] = r->most[i] == ANY ? any(1000) : any(2) == 0 ? r->most[i] : any(r->most[i] + 1);
	memset(bytes, 'x', FAKE_BYTES);
	for (unsigned i = 0; i < 3; i++)
		memcpy(bytes + i * ITEM, &good_item, op == 4 || op == 5 ? ITEM : 0);
	fake_badge = op == 3 ? SAMPLE_STATE_START : SAMPLE_STATE_OPEN;
}

static void spoil(struct message *m, uint8_t *bytes)
{
	switch (any(6)) {
	case 0:
		m->tag ^= 1ull << any(24);
		break;
	case 1:
		m->tag ^= 1ull << (32 + any(8));
		break;
	case 2:
		m->tag ^= 1ull << (49 + any(5));
		break;
	case 3:
		m->words[any(6)] = any(2) == 0 ? any(70000) : UINT64_MAX >> any(64);
		break;
	case 4:
		bytes[any(3 * ITEM)] = (uint8_t)any(8);
		break;
	default:
		fake_badge = any(4);
	}
	/* Lengths that the kernel would not let through, and what it keeps consistent. */
	if (tag_bytes(m->tag) > 64 || (tag_pages_kind(m->tag) == 0) != (tag_pages(m->tag) == 0) ||
	    tag_handles(m->tag) > 4)
		m->tag = SAMPLE_OPERATION_FINISH;
	if (tag_handles(m->tag) == 0)
		m->tag &= ~(0xffull << TAG_ENDS_BIT);
}

static void random_messages_reach_a_handler_exactly_if_the_contract_allows_them(void **state)
{
	unsigned good = 0, bad = 0;
	uint8_t bytes[FAKE_BYTES];

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct message m, back;
		uint64_t badge;
		bool allowed;

		make(&m, bytes);
		for (uint64_t n = any(3); n > 0; n--)
			spoil(&m, bytes);
		badge = fake_badge;
		allowed = is_allowed(&m, bytes, badge);
		seen.calls = 0;
		back = fake_deliver(&m, bytes);
		if (seen.calls != allowed)
			fail_msg("round %u: tag %#lx, badge %lu", i, (unsigned long)m.tag, (unsigned long)badge);
		if (allowed)
			assert_int_equal(seen.operation, tag_op(m.tag));
		else if (tag_kind(m.tag) == MESSAGE_KIND_CALL)
			assert_in_range(back.tag, ST_BAD_CONTRACT, ST_BAD_MESSAGE);
		else
			assert_int_equal(back.tag, TAG_OP_MASK); /* nothing is owed for what is no call */
		good += allowed;
		bad += !allowed;
	}
	assert_true(good > ROUNDS / 4 && bad > ROUNDS / 4);
}

/* ---- one reason each ---- */

static uint64_t told(uint64_t tag)
{
	struct message m = { .tag = tag, .token = 1, .handles = { 20, 21, 22, 23 } };
	unsigned calls = seen.calls;
	uint64_t answer = fake_deliver(&m, NULL).tag;

	assert_int_equal(seen.calls, calls + (answer == ST_OK));
	return answer;
}

static void the_client_is_told_why(void **state)
{
	(void)state;
	assert_int_equal(told(0), ST_BAD_MESSAGE);
	assert_int_equal(told(13), ST_BAD_MESSAGE);
	assert_int_equal(told(TAG_OP_MASK), ST_BAD_MESSAGE);
	assert_int_equal(told(SAMPLE_OPERATION_FINISH), ST_OUT_OF_TURN);
	assert_int_equal(told(SAMPLE_OPERATION_FINISH | TAG_IDEMPOTENT), ST_BAD_MESSAGE);
	assert_int_equal(told(SAMPLE_OPERATION_SIX | TAG_SET_BADGE), ST_BAD_MESSAGE);
	assert_int_equal(told(tag_with_bytes(SAMPLE_OPERATION_SIX, 1)), ST_BAD_MESSAGE);
	assert_int_equal(told(tag_with_bytes(SAMPLE_OPERATION_BEGIN, 0)), ST_BAD_MESSAGE);
	assert_int_equal(told(tag_with_bytes(SAMPLE_OPERATION_BEGIN, 9)), ST_BAD_MESSAGE);
	assert_int_equal(told(SAMPLE_OPERATION_SIX), ST_OK);
}

static void ends_of_a_refused_message_are_closed(void **state)
{
	(void)state;
	assert_int_equal(told(tag_with_handles(SAMPLE_OPERATION_SIX, 3)), ST_BAD_MESSAGE);
	assert_int_equal(fake_closed, 3);
	/* Both of sample's contract, where the second should be of other's. */
	assert_int_equal(told(tag_with_handles(SAMPLE_OPERATION_HAND, 2)), ST_BAD_CONTRACT);
	assert_int_equal(fake_closed, 5);
	handler_status = ST_NOT_FOUND; /* the handler is called, and says no */
	assert_int_equal(
		fake_deliver(&(struct message){ .tag = tag_with_handles(SAMPLE_OPERATION_HAND, 2) | 4ull << 23 }, NULL)
			.tag,
		ST_NOT_FOUND);
	assert_int_equal(fake_closed, 7);
}

static void given_pages_that_nobody_wants_are_freed(void **state)
{
	size_t back;

	(void)state;
	assert_int_equal(sample_give(channel, &back, 2, &back, 4, &back), ST_OK); /* given back */
	assert_int_equal(back, 2);
	assert_int_equal(fake_windows, 0);
	assert_int_equal(sample_give(channel, &back, 1, &back, 4, &back), ST_OK); /* not given back */
	assert_int_equal(fake_windows, 1);
	handler_status = ST_NOT_FOUND;
	assert_int_equal(sample_give(channel, &back, 2, &back, 4, &back), ST_NOT_FOUND);
	assert_int_equal(fake_windows, 2);
	(void)told(tag_with_pages(SAMPLE_OPERATION_SIX, MESSAGE_PAGES_GIVEN, 1)); /* never seen by a handler */
	assert_int_equal(fake_windows, 3);
	assert_ptr_equal(serving.landing, 0x120000);
}

static void only_programs_that_may_call_reach_a_handler(void **state)
{
	struct message m = { .tag = SAMPLE_OPERATION_FINISH, .peer = 5 };

	(void)state;
	fake_restricted = true;
	fake_allowed_program = 6;
	assert_int_equal(fake_deliver(&m, NULL).tag, ST_NOT_ALLOWED);
	assert_int_equal(seen.calls, 0);
	m.peer = 6;
	assert_int_equal(fake_deliver(&m, NULL).tag & TAG_OP_MASK, ST_OK);
	assert_int_equal(seen.calls, 1);
	m.tag = SAMPLE_OPERATION_FINISH + 1;
	assert_int_equal(fake_deliver(&m, NULL).tag, ST_BAD_MESSAGE);
}

/* ---- round trips: what the client says is what the handler sees, and back ---- */

static void words_go_there_and_back(void **state)
{
	uint8_t a;
	uint16_t b;
	uint32_t c;
	int64_t d;
	bool e;
	enum sample_level f;

	(void)state;
	assert_int_equal(
		sample_scalars(channel, 255, 65535, UINT32_MAX, -1, true, SAMPLE_COLOR_BLUE, &a, &b, &c, &d, &e, &f),
		ST_OK);
	assert_true(seen.scalars.a == 255 && seen.scalars.d == -1 && seen.scalars.f == SAMPLE_COLOR_BLUE);
	assert_true(a == 255 && b == 65535 && c == UINT32_MAX && d == -1 && e && f == SAMPLE_LEVEL_HIGH);
	assert_int_equal(sample_scalars(channel, 0, 0, 0, 0, true, (enum sample_color)2, &a, &b, &c, &d, &e, &f),
			 ST_BAD_MESSAGE);
}

static void nothing_of_an_answer_is_in_the_next(void **state)
{
	struct message m = { .tag = SAMPLE_OPERATION_SIX, .words = { 1, 2, 3, 4, 5, 6 } }, zero = { 0 }, back;

	(void)state;
	assert_int_equal(fake_deliver(&m, NULL).words[5], 6);
	m = (struct message){ .tag = SAMPLE_OPERATION_STORE };
	back = fake_deliver(&m, NULL);
	assert_int_equal(back.tag, ST_OK);
	assert_memory_equal(back.words, zero.words, sizeof zero.words);
	m = (struct message){ .tag = SAMPLE_OPERATION_SIX, .words = { 1, 2, 3, 4, 5, 6 } };
	handler_status = ST_NOT_FOUND;
	back = fake_deliver(&m, NULL); /* the handler had filled it in */
	assert_int_equal(back.tag, ST_NOT_FOUND);
	assert_memory_equal(back.words, zero.words, sizeof zero.words);
}

static void bytes_go_there_and_back(void **state)
{
	struct sample_item items[3], back[3];
	char text[17];
	uint32_t total;
	size_t n;

	(void)state;
	assert_int_equal(sample_put(channel, &good_item, &total), ST_OK);
	assert_int_equal(total, 77);
	assert_memory_equal(&seen.items[0], &good_item, sizeof good_item);
	items[0] = items[1] = items[2] = good_item;
	items[1].id = 2;
	assert_int_equal(sample_list(channel, 7, items, 3, back, 3, &n), ST_OK);
	assert_true(n == 3 && seen.count == 3 && seen.offset == 7);
	assert_memory_equal(back, items, sizeof items);
	assert_int_equal(sample_get(channel, back), ST_OK);
	assert_true(back[0].id == 9 && back[0].flag && strcmp(back[0].name, "xyz") == 0);
	assert_int_equal(sample_text(channel, "sixteen letters!", 16, text, sizeof text, 1), ST_OK);
	assert_string_equal(text, "sixteen letters!");
}

static void a_state_follows_success_only(void **state)
{
	struct other_channel opened;
	enum sample_level level;

	(void)state;
	fake_badge = SAMPLE_STATE_START | 0x99ull << BADGE_VALUE_BIT;
	handler_status = ST_BAD_ARG;
	assert_int_equal(sample_begin(channel, "name", &opened, &level), ST_BAD_ARG);
	assert_int_equal(fake_badge, SAMPLE_STATE_START | 0x99ull << BADGE_VALUE_BIT);
	handler_status = ST_OK;
	assert_int_equal(sample_begin(channel, "eight ch", &opened, &level), ST_OK);
	assert_string_equal(seen.text, "eight ch");
	assert_int_equal(seen.count, 8);
	assert_true(opened.handle == 55 && level == SAMPLE_LEVEL_HIGH);
	assert_int_equal(fake_badge, SAMPLE_STATE_OPEN | 0x99ull << BADGE_VALUE_BIT);
	assert_int_equal(sample_begin(channel, "again", &opened, &level), ST_OUT_OF_TURN);
	assert_int_equal(sample_finish(channel), ST_OK);
	assert_int_equal(sample_finish(channel), ST_OUT_OF_TURN); /* nothing is legal at the end */
}

static void ends_and_pages_go_there_and_back(void **state)
{
	struct sample_channel w, x = { 30 };
	struct other_channel z, y = { 31 };
	char kind[4];
	uint64_t stored;
	size_t n;

	(void)state;
	assert_int_equal(sample_hand(channel, x, y, &z, &w), ST_OK);
	assert_true(seen.x == 30 && seen.y == 31 && z.handle == 31 && w.handle == 30);
	assert_int_equal(sample_fetch(channel, 5, kind, 3, kind, sizeof kind, &n), ST_OK);
	assert_true(n == 3 && seen.offset == 5 && seen.data_pages == 3 && seen.data == serving.landing);
	assert_int_equal(sample_store(channel, kind, 2, &stored), ST_OK);
	assert_int_equal(stored, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(random_messages_reach_a_handler_exactly_if_the_contract_allows_them, reset),
		cmocka_unit_test_setup(the_client_is_told_why, reset),
		cmocka_unit_test_setup(ends_of_a_refused_message_are_closed, reset_open),
		cmocka_unit_test_setup(given_pages_that_nobody_wants_are_freed, reset_open),
		cmocka_unit_test_setup(only_programs_that_may_call_reach_a_handler, reset_open),
		cmocka_unit_test_setup(words_go_there_and_back, reset_open),
		cmocka_unit_test_setup(nothing_of_an_answer_is_in_the_next, reset_open),
		cmocka_unit_test_setup(bytes_go_there_and_back, reset_open),
		cmocka_unit_test_setup(a_state_follows_success_only, reset),
		cmocka_unit_test_setup(ends_and_pages_go_there_and_back, reset_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
