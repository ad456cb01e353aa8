/* SPDX-License-Identifier: BSD-2-Clause */
/* See inherit.h. */
#include "kernel/ipc/inherit.h"
#include "kernel/ipc/channel.h"

static struct process *server_of(const struct call *c)
{
	return c->state == CALL_HELD ? c->server : c->channel->port->server;
}

void inherit_raise(struct process *server, unsigned priority)
{
	if (server == NULL || priority <= process_priority(server))
		return;
	process_set_boost(server, priority);
	list_for_each_entry(t, &server->threads, struct thread, of_process)
		if (t->call.state != CALL_IDLE)
			inherit_raise_call(&t->call, priority);
}

void inherit_raise_call(struct call *c, unsigned priority)
{
	if (c->priority >= priority)
		return;
	c->priority = priority;
	if (c->state == CALL_QUEUED) {
		list_remove(&c->link);
		port_place(c);
	}
	inherit_raise(server_of(c), priority);
}

/* What a process asks of itself makes it no more urgent: it would never become less so. */
static unsigned urgency(const struct call *c, const struct process *server)
{
	return c->message.process == server ? 0 : c->priority;
}

static unsigned most_urgent_waiting(const struct port *p)
{
	list_for_each_entry(c, &p->callers, const struct call, link)
		if (urgency(c, p->server) != 0)
			return urgency(c, p->server);
	return 0;
}

void inherit_drop(struct process *server)
{
	unsigned most = 0;
	uint32_t cursor = 0;
	const struct call *c;

	if (server == NULL || server->boost == 0)
		return;
	while ((c = call_next_held(server, &cursor)) != NULL)
		most = urgency(c, server) > most ? urgency(c, server) : most;
	list_for_each_entry(p, &server->ports, const struct port, of_server)
		most = most_urgent_waiting(p) > most ? most_urgent_waiting(p) : most;
	if (most < server->boost)
		process_set_boost(server, most);
}
