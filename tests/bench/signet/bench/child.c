/* SPDX-License-Identifier: BSD-2-Clause */
/* See child.h. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/start_child.h"
#include "tests/bench/signet/bench/bench.h"
#include "tests/bench/signet/bench/child.h"

/* Above its maker, and above whomever that is above: nobody calls it. */
enum { RANK_CHILD = 20 };

handle_t child_create(uint64_t *ticks_out)
{
	static struct start_child child;
	static const char name[] = "benchchild";
	handle_t end, process;
	uint64_t t;

	if (child.params.rank == 0) {
		start_child_begin(&child, name, name);
		child.params.rank = RANK_CHILD;
		child.params.watch_port = port();
		start_child_use(&child, "parent", 1); /* which one, the next lines say, each time */
		start_child_arguments(&child, name, sizeof name, 1);
		child.params.start = (uaddr_t)(uintptr_t)&child.start;
		child.params.start_bytes = child.start.info.bytes;
	}
	must_be_ok(channel_create(port(), 0, BENCH_CONTRACT, &end, NULL), "no channel");
	child.params.handles[0] = end;
	if (ticks_out == NULL) {
		must_be_ok(process_create(&child.params, &process), "no child");
		return process;
	}
	t = measure_begin();
	must_be_ok(process_create(&child.params, &process), "no child");
	*ticks_out += measure_end(t);
	return process;
}

/* News of channels that have lost their client is in between. */
void child_hear(struct message *m)
{
	do
		must_be_ok(ipc_recv(port(), m, NULL, DEADLINE_NEVER), "nothing comes from the child");
	while (tag_kind(m->tag) != MESSAGE_KIND_CALL);
}

void child_wait_gone(handle_t process)
{
	struct message m;

	do
		must_be_ok(ipc_recv(port(), &m, NULL, DEADLINE_NEVER), "no news of the child");
	while (tag_kind(m.tag) != MESSAGE_KIND_CHILD || !(m.words[0] >> PROCESS_GONE & 1));
	must_be_ok(handle_close(process), "the child's record cannot be closed");
}

void child_end(handle_t process, uint64_t token)
{
	static const struct message answer;

	must_be_ok(process_stop(process), "the child cannot be stopped");
	must_be_ok(ipc_reply(token, &answer, NULL), "the child's call cannot be let go");
	child_wait_gone(process);
}
