/* SPDX-License-Identifier: BSD-2-Clause */
/* Words in registers: NAME_serve answers random messages as serve() does, and asks the kernel in registers alone. */
#include "contracts/few_server.h"
#include "contracts/other_server.h"
#include "tests/unit/contracts/fake.h"
#include "tests/unit/contracts/handlers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROUNDS = 50000, WORDS = 6, STATUSES = 3 };

/* What the handlers and the clients saw, from the first message to the last. */
static struct history {
	uint64_t calls, hash, ok, refused;
} history;

static uint64_t seed;
static unsigned sent;
static jmp_buf ended;

static uint64_t any(uint64_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % n;
}

static void see(uint64_t value) { history.hash = (history.hash ^ value) * 0x100000001b3ull; }

/* ---- handlers: what they answer hangs on nothing but what they see ---- */

static enum status saw(const struct serving *s, uint64_t a, uint64_t b, uint64_t c)
{
	static const enum status answers[STATUSES + 1] = { ST_OK, ST_OK, ST_NOT_FOUND, ST_LATER };

	history.calls++;
	see(a);
	see(b);
	see(c);
	see(s->in.badge);
	see(s->in.token);
	see(s->in.channel | (uint64_t)s->in.peer << 32);
	return answers[history.hash >> 20 & STATUSES];
}

enum status few_serve_sum(struct serving *s, const struct few_sum_request *request, struct few_sum_reply *reply)
{
	reply->sum = request->a + request->b;
	return saw(s, 1, request->a, request->b);
}

enum status few_serve_narrow(struct serving *s, const struct few_narrow_request *request,
			     struct few_narrow_reply *reply)
{
	memset(reply, 0xff, sizeof *reply);
	reply->back = request->small + request->flag;
	reply->color_back = request->color;
	return saw(s, 2, request->small | (uint64_t)request->flag << 8, request->color);
}

enum status few_serve_leave(struct serving *s, const struct few_leave_request *request, struct few_leave_reply *reply)
{
	reply->minus = -request->six;
	return saw(s, 3, (uint64_t)request->six, 0);
}

enum status few_serve_reopen(struct serving *s) { return saw(s, 4, 0, 0); }

/* ---- clients ---- */

static void note_answer(void)
{
	see(fake_replies);
	see(fake_replied.tag);
	see(fake_badge);
	see(seen.calls); /* of the other contract's handler */
	for (unsigned i = 0; i < WORDS; i++)
		see(fake_replied.words[i]);
	history.ok += fake_replied.tag << 32 == 0;
	history.refused += tag_op(fake_replied.tag) == ST_BAD_MESSAGE || tag_op(fake_replied.tag) == ST_OUT_OF_TURN;
}

/* One that is good, but for what is spoilt. */
static void make(struct message *m)
{
	static const uint64_t tags[] = { FEW_OPERATION_SUM, FEW_OPERATION_NARROW | TAG_IDEMPOTENT, FEW_OPERATION_LEAVE,
					 FEW_OPERATION_REOPEN };
	static const uint64_t colors[] = { FEW_COLOR_RED, FEW_COLOR_GREEN };
	unsigned op = (unsigned)any(4);

	*m = (struct message){ .tag = tags[op], .channel = (uint32_t)any(9), .peer = (uint32_t)any(9), .token = sent };
	if (op < 3)
		m->words[0] = any(256);
	if (op == 0)
		m->words[1] = any(256);
	if (op == 1) {
		m->words[1] = any(2);
		m->words[2] = colors[any(2)];
	}
}

static bool next_message(struct message *m)
{
	note_answer();
	if (sent >= ROUNDS)
		return false;
	sent++;
	make(m);
	if (any(8) == 0)
		m->words[any(WORDS)] = any(2) == 0 ? any(6) : UINT64_MAX;
	if (any(8) == 0)
		m->tag ^= 1ull << any(24);
	if (tag_handles(m->tag) != 0) /* none is accepted, so none comes */
		m->tag = 0;
	fake_badge = (fake_badge & FEW_STATE_SHUT) | any(3) << BADGE_VALUE_BIT;
	fake_badge |= any(8) == 0 ? 1ull << BADGE_STATE_BITS : 0; /* the second contract */
	m->badge = fake_badge;
	if (any(16) == 0)
		fake_reply_status = ST_NO_MEMORY;
	return true;
}

static void run(void (*serve_them)(struct serving *), bool restricted)
{
	fake_reset();
	fake_restricted = restricted;
	fake_allowed_program = 4;
	serving = (struct serving){ .port = FAKE_PORT, .contracts = { &few_server, &other_server } };
	fake_badge = FEW_STATE_OPEN;
	fake_more = next_message;
	fake_end = &ended;
	memset(&history, 0, sizeof history);
	memset(&seen, 0, sizeof seen);
	memset(&fake_replied, 0, sizeof fake_replied);
	seed = 1;
	sent = 0;
	if (setjmp(ended) == 0)
		serve_them(&serving);
	fake_end = NULL;
}

static void in_registers(struct serving *s) { few_serve(s); }

static void words_in_registers_are_answered_as_words_in_memory_are(void **state)
{
	struct history memory;

	(void)state;
	run(serve, false);
	memory = history;
	assert_int_equal(fake_in_registers, 0);
	assert_true(history.calls > ROUNDS / 4 && history.ok > ROUNDS / 8 && history.refused > ROUNDS / 8);
	run(in_registers, false);
	assert_true(fake_in_registers > ROUNDS / 8);
	assert_memory_equal(&history, &memory, sizeof history);
}

static void who_may_not_call_is_refused_there_too(void **state)
{
	struct history memory;

	(void)state;
	run(serve, true);
	memory = history;
	run(in_registers, true);
	assert_int_equal(fake_in_registers, 0); /* each caller is looked up */
	assert_memory_equal(&history, &memory, sizeof history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_in_registers_are_answered_as_words_in_memory_are),
		cmocka_unit_test(who_may_not_call_is_refused_there_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
