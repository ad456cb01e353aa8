/* SPDX-License-Identifier: BSD-2-Clause */
/* Words between threads of one process: one receives at a port of this process, where another calls. */
#include "contracts/bench.h"
#include "libsys/words.h"
#include "tests/bench/server.h"
#include "tests/bench/signet/bench/bench.h"
#include "transport_impl.h"

enum { STACK_PAGES = 2 };

static handle_t own_port, own_end;
static uint64_t words_used; /* by the next row; the server looks when a call is not of words */

SERVER_INLINE void serve_n(unsigned n, struct ipc_words *w, struct ipc_words_from *from)
{
	do
		must_be_ok(ipc_words_reply_recv(own_port, ST_OK, w, from), "the thread cannot receive");
	while (from->tag == BENCH_OPERATION_WORDS && (server_words(n, &w->a, &w->b, &w->c, &w->d, &w->e, &w->f), true));
}

static void serve_words(struct ipc_words *w, struct ipc_words_from *from)
{
	switch (words_used) {
	case 0:
		return serve_n(0, w, from);
	case 1:
		return serve_n(1, w, from);
	case 2:
		return serve_n(2, w, from);
	case 3:
		return serve_n(3, w, from);
	case 4:
		return serve_n(4, w, from);
	case 5:
		return serve_n(5, w, from);
	default:
		return serve_n(6, w, from);
	}
}

static void server(void *unused)
{
	struct ipc_words_from from;
	struct ipc_words w = { 0 };
	struct message m;

	(void)unused;
	must_be_ok(ipc_recv(own_port, &m, NULL, DEADLINE_NEVER), "the thread cannot receive");
	from.token = m.token;
	for (;;)
		serve_words(&w, &from);
}

static void have_server(void)
{
	if (own_port != 0)
		return;
	must_be_ok(port_create(PORT_RANK_OWN, &own_port), "no port");
	must_be_ok(channel_create(own_port, 0, BENCH_CONTRACT, &own_end, NULL), "no channel");
	must_be_ok(thread_start(server, NULL, STACK_PAGES), "no thread");
}

static uint64_t run(const struct row *row, uint64_t ops)
{
	uint64_t tag = BENCH_OPERATION_MODE, t;
	struct words m = { 0 };

	have_server();
	words_used = row->size;
	must_be_ok(ipc_words_call(own_end, &tag, &m.of), "the thread does not answer");
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		transport_words_over(own_end, &m);
	t = measure_end(t);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		must(transport_word(&m, i) == (i < row->size ? ops : 0), "words did not come back as they must");
	return t;
}

static const struct row rows[] = {
	{ "ipc_rt_thread_0w", run, 0, 1000, 0 },  { "ipc_rt_thread_1w", run, 1, 1000, 8 },
	{ "ipc_rt_thread_2w", run, 2, 1000, 16 }, { "ipc_rt_thread_3w", run, 3, 1000, 24 },
	{ "ipc_rt_thread_4w", run, 4, 1000, 32 }, { "ipc_rt_thread_5w", run, 5, 1000, 40 },
	{ "ipc_rt_thread_6w", run, 6, 1000, 48 },
};

struct row_list thread_rows(void) { return ROW_LIST(rows); }
