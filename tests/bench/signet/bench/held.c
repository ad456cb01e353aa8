/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of a server that holds a call: a child's, which calls again and again. */
#include "channels.h"
#include "libsys/ipc.h"
#include "tests/bench/signet/bench/bench.h"
#include "tests/bench/signet/bench/child.h"
#include "tests/bench/signet/benchchild/orders.h"

static const struct message again = { .words = { ORDER_CALL } };

/* The answer: the child is ready then, and runs when we wait for its next call. */
static uint64_t run_reply(const struct row *row, uint64_t ops)
{
	handle_t child = child_create(NULL);
	uint64_t sum = 0, t;
	struct message m, none;
	enum status st;

	child_hear(&m);
	for (uint64_t i = 0; i < ops; i++) {
		t = measure_begin();
		if (row->size == SYS_ipc_reply)
			st = ipc_reply(m.token, &again, NULL);
		else
			st = ipc_reply_recv(m.token, &again, NULL, &none, port(), 0);
		sum += measure_end(t);
		must(st == (row->size == SYS_ipc_reply ? ST_OK : ST_TIMED_OUT), "an answer does not go out");
		child_hear(&m);
	}
	child_end(child, m.token);
	return sum;
}

static uint64_t run_peer(const struct row *row, uint64_t ops)
{
	handle_t child = child_create(NULL);
	struct message m;
	struct ipc_peer peer;
	uint64_t t;

	(void)row;
	child_hear(&m);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		must_be_ok(ipc_peer(m.token, &peer), "the caller is not known");
	t = measure_end(t);
	child_end(child, m.token);
	return t;
}

static const struct row rows[] = {
	{ "call_ipc_reply", run_reply, SYS_ipc_reply, 200, 0 },
	{ "call_ipc_reply_recv", run_reply, SYS_ipc_reply_recv, 200, 0 },
	{ "call_ipc_peer", run_peer, 0, 200, 0 },
};

struct row_list held_rows(void) { return ROW_LIST(rows); }
