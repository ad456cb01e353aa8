/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of ports (port.h): made, served by one process after the other, ended with
 * the last handle. Owns their pool, and the port where severed channels lead.
 */
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/inherit.h"
#include "kernel/mm/pool.h"

static struct pool ports;
static struct port nowhere;

static void init_lists(struct port *p)
{
	list_init(&p->of_server);
	list_init(&p->callers);
	list_init(&p->receivers);
	list_init(&p->signals);
	list_init(&p->channels);
}

void port_module_init(void)
{
	pool_init(&ports, "port", sizeof(struct port));
	nowhere = (struct port){ .references = 1 };
	init_lists(&nowhere);
}

enum status port_create(struct process *payer, uint32_t rank, struct port **out)
{
	uint32_t index;
	struct port *p = quota_alloc(&payer->quota, &ports, &index);

	if (p == NULL)
		return ST_NO_MEMORY;
	init_lists(p);
	p->payer = payer;
	p->rank = rank;
	p->index = index;
	p->references = 1;
	p->handles = 1;
	p->waiter = PORT_BUSY; /* the first wait is slow: after one, signals_next is as the fast path leaves it */
	*out = p;
	return ST_OK;
}

uint32_t port_bytes(void) { return ports.object_bytes; }
struct port *port_nowhere(void) { return &nowhere; }
void port_reference(struct port *p) { p->references++; }

void port_release(struct port *p)
{
	if (--p->references > 0)
		return;
	kassert(list_is_empty(&p->callers) && port_first_receiver(p) == NULL && p->server == NULL,
		"nobody waits at a port that ends");
	for (unsigned i = 0; !list_is_empty(&p->signals); i++) {
		cpu_safe_point_at(i);
		list_remove(p->signals.next);
	}
	quota_free(process_quota(p->payer), &ports, p, p->index);
}

void port_add_handle(struct port *p)
{
	p->handles++;
	port_reference(p);
}

void port_end_queued(struct port *p, const struct channel *c)
{
	list_for_each_entry_safe(call, &p->callers, struct call, link) {
		hal_cpu_safe_point();
		if (c == NULL ? port_refuses(p) : call->channel == c)
			call_end(call, ST_PEER_GONE);
	}
}

void port_drop_handle(struct port *p)
{
	if (--p->handles == 0) {
		kassert(p->server == NULL, "a server has a handle to its port");
		if (!list_is_empty(&p->callers))
			port_end_queued(p, NULL); /* in one walk, not one for each channel */
		list_for_each_entry_safe(c, &p->channels, struct channel, of_port) {
			hal_cpu_safe_point();
			channel_sever(c);
		}
	}
	port_release(p);
}

void port_bind(struct port *p, struct process *server)
{
	const struct call *first = list_first_entry(&p->callers, struct call, link);

	kassert(server->rank <= p->rank, "I-TALK: who calls a port is ranked above its server");
	p->server = server;
	server->has_served = true;
	list_push_back(&server->ports, &p->of_server);
	if (server->signal_port == NULL)
		server->signal_port = p;
	if (first != NULL)
		inherit_raise(server, first->priority);
}

void port_unbind(struct port *p)
{
	struct process *server = p->server;
	struct thread *receiver;

	list_remove(&p->of_server);
	p->server = NULL;
	if (server != NULL && server->signal_port == p)
		server->signal_port = NULL;
	if (!list_is_empty(&p->callers))
		port_end_queued(p, NULL);
	while ((receiver = port_first_receiver(p)) != NULL) /* it closed the handle while others waited */
		port_wake_receiver(receiver, ST_BAD_HANDLE);
	inherit_drop(server);
	for (struct list *channel = p->channels.prev, *next; channel != &p->channels; channel = next) {
		next = channel->prev;
		hal_cpu_safe_point();
		channel_outlives_server(container_of(channel, struct channel, of_port));
	}
}
