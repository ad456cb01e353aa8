/* SPDX-License-Identifier: BSD-2-Clause */
/* See waiting_fixture.h. */
#include "tests/unit/kernel/waiting_fixture.h"

struct pair w;
struct thread *c2, *s2;

void set_priority(struct process *p, unsigned priority)
{
	p->base_priority = priority;
	process_set_boost(p, 0);
}

void begin(bool fast)
{
	host_fast = fast;
	world_start();
	w = world_pair("app", "app");
	c2 = second_thread(w.client);
	s2 = second_thread(w.server);
	set_priority(supervisor, 0);
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, NEVER), PARKED);
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED); /* after this both are plain */
	assert_status(ask(w.s, ipc_reply_recv, w.s->context.arg[2], 2, 0, NEVER, w.port), PARKED);
}

int start(void **state)
{
	(void)state;
	begin(true);
	return 0;
}

bool went_straight_to(const struct thread *t) { return this_cpu()->running == t && t->state == THREAD_RUNNING; }
