/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines and interrupts. */
#include "channels.h"
#include "contracts/bench.h"
#include "contracts/ping.h"
#include "libsys/ipc.h"
#include "libsys/start.h"
#include "tests/bench/report.h"
#include "tests/bench/signet/bench/bench.h"
#include "tests/bench/signet/benchirq/orders.h"
#include "transport_impl.h"

#define NS_PER_SECOND 1000000000ull
enum { FAR_NS = 1000000000, NEAR_NS = 50000, WATCHES = 64, LONG_TURNS = 16 };

/* A round trip without words whose deadline is set, and is not met. */
static uint64_t run_deadline_set(const struct row *row, uint64_t ops)
{
	uint64_t deadline = clock_now() + FAR_NS, t;

	(void)row;
	transport_expect(EXPECT_WORDS, 0);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++) {
		transport_message.tag = BENCH_OPERATION_WORDS;
		must_be_ok(ipc_call(channel_peer().handle, &transport_message, NULL, deadline),
			   "words were not answered");
	}
	return measure_end(t);
}

/*
 * From the deadline to our return from the receive that it ends. Nobody else runs meanwhile. The clock is read before it
 * is asked for the time, so that what the answer takes on its way back is not taken off.
 */
static uint64_t run_deadline_hit(const struct row *row, uint64_t ops)
{
	uint64_t sum = 0;
	struct message m;

	(void)row;
	rows_is_part = true;
	for (uint64_t i = 0; i < ops; i++) {
		uint64_t t = measure_begin(), from = ticks(), now_ns = clock_now(), end;
		enum status st = ipc_recv(port(), &m, NULL, now_ns + NEAR_NS);

		end = ticks();
		(void)measure_end(t);
		must(st == ST_TIMED_OUT, "a deadline was not met");
		sum += end - from - (uint64_t)((unsigned __int128)NEAR_NS * bench_hz / NS_PER_SECOND);
	}
	return sum;
}

/* Six words by the stubs and the dispatcher of a contract, each message checked. */
static uint64_t run_stubs(const struct row *row, uint64_t ops)
{
	uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, t;

	(void)row;
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		must_be_ok(ping_words(channel_stubs(), a, b, c, d, e, f, &a, &b, &c, &d, &e, &f),
			   "words were not answered");
	t = measure_end(t);
	must(a == ops && b == ops && c == ops && d == ops && e == ops && f == ops,
	     "words did not come back as they must");
	return t;
}

/* ---- interrupts ---- */

static uint64_t ask_driver(uint64_t order)
{
	struct ipc_words m = { .a = order };
	uint64_t tag = BENCH_OPERATION_WORDS;

	must(ipc_words_call(channel_irq().handle, &tag, &m) == ST_OK && tag == ST_OK, "the driver does not answer");
	return m.a;
}

/* One turn of a loop that watches the clock. */
static uint64_t watch_ticks(void)
{
	uint64_t from = ticks(), last = from;

	for (unsigned i = 0; i < WATCHES; i++)
		last = ticks();
	return (last - from) / WATCHES + 1;
}

/*
 * Watches the clock until it was held up by the driver that took its interrupt: how long that took the driver, from
 * the last moment here. 0: it came while the driver was being asked.
 */
static uint64_t watch(uint64_t long_ticks)
{
	uint64_t before = ticks(), until = before + bench_hz, now, taken;

	for (;; before = now) {
		now = ticks();
		if (now - before < long_ticks)
			continue;
		taken = ask_driver(IRQ_TELL);
		if (taken != 0)
			return before < taken && taken < now ? taken - before : 0;
		now = ticks();
		must(now < until, "the driver's interrupt does not come");
	}
}

static uint64_t run_irq(const struct row *row, uint64_t ops)
{
	uint64_t sum = 0, long_ticks = LONG_TURNS * watch_ticks();

	(void)row;
	rows_is_part = true;
	for (uint64_t i = 0; i < ops;) {
		uint64_t t, took;

		must(ask_driver(IRQ_ARM) != 0, "the driver has no UART");
		t = measure_begin();
		took = watch(long_ticks);
		(void)measure_end(t);
		sum += took;
		i += took != 0;
	}
	return sum;
}

static const struct row rows[] = {
	{ "ipc_rt_stubs", run_stubs, 0, 1000, 0 },
	{ "deadline_set", run_deadline_set, 0, 500, 0 },
	{ "deadline_hit", run_deadline_hit, 0, 20, 0 },
	{ "irq_to_handler", run_irq, 0, 20, 0 },
};

struct row_list time_rows(void) { return ROW_LIST(rows); }
