/* SPDX-License-Identifier: BSD-2-Clause */
/* See channel.h. Owns the pool of channels. */
#include "kernel/ipc/channel.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/inherit.h"
#include "kernel/mm/pool.h"
#include "trace/points.h"

_Static_assert(POOL_DIRECTORIES *POOL_POINTERS *(PAGE_BYTES / sizeof(struct channel)) <= 1u << CHANNEL_INDEX_BITS,
	       "each index fits an id");
enum { GENERATION_MASK = (1 << (32 - CHANNEL_INDEX_BITS)) - 1 };

struct pool channel_pool;
static uint32_t next_generation;

void channel_module_init(void)
{
	pool_init(&channel_pool, "channel", sizeof(struct channel));
	kassert(channel_pool.shift == POOL_SHIFT(sizeof(struct channel)), "channel_find knows the pool");
	next_generation = 0;
}

uint32_t channel_bytes(void) { return channel_pool.object_bytes; }

/* Never 0, so that no id is: what has no id is no channel's server end. */
static uint32_t new_generation(void)
{
	if ((++next_generation & GENERATION_MASK) == 0)
		next_generation++;
	return next_generation & GENERATION_MASK;
}

enum status channel_create(struct port *p, struct process *holder, uint64_t badge, uint64_t contract,
			   struct channel **out)
{
	uint32_t index;
	struct channel *c = quota_alloc(process_quota(holder), &channel_pool, &index);

	if (c == NULL)
		return ST_NO_MEMORY;
	c->port = p;
	c->client = holder;
	c->program = holder == NULL ? UINT32_MAX : holder->program;
	c->badge = badge;
	c->contract = contract;
	c->index = index;
	c->id = new_generation() << CHANNEL_INDEX_BITS | index;
	signal_init(&c->to_server, MESSAGE_KIND_NOTIFY, p);
	signal_init(&c->to_client, MESSAGE_KIND_NOTIFY, NULL);
	c->to_server.id = c->id;
	list_push_back(&p->channels, &c->of_port);
	port_reference(p);
	*out = c;
	return ST_OK;
}

static void destroy(struct channel *c)
{
	struct port *p = c->port;

	list_remove(&c->of_port);
	list_remove(&c->to_server.link);
	list_remove(&c->to_client.link);
	c->id = 0;
	c->port = NULL;
	pool_free(&channel_pool, c, c->index);
	port_release(p);
}

void channel_close(struct channel *c)
{
	kassert(!c->closed, "a client end is closed once");
	if (c->client != NULL)
		quota_refund(&c->client->quota, channel_pool.object_bytes);
	c->client = NULL;
	c->closed = true;
	list_remove(&c->to_client.link);
	if (c->port->server == NULL || !quota_charge(&c->port->server->quota, channel_pool.object_bytes)) {
		channel_told(c);
		return;
	}
	c->heir = c->port->server;
	port_notify(&c->to_server, NOTIFY_CLOSED);
}

void channel_told(struct channel *c)
{
	c->told = c->closed;
	if (c->told) /* no server hears of it any more */
		list_remove(&c->to_server.link);
	if (c->heir != NULL)
		quota_refund(&c->heir->quota, channel_pool.object_bytes);
	c->heir = NULL;
	if (c->told && c->calls == 0)
		destroy(c);
}

void channel_call_ended(struct channel *c)
{
	if (--c->calls == 0 && c->told)
		destroy(c);
}

void channel_notify_client(struct channel *c, uint64_t bits)
{
	if (c->client == NULL)
		return;
	c->to_client.port = c->client->signal_port;
	port_notify(&c->to_client, bits);
}

/* From here on it leads nowhere: what comes over it finds a port that has ended. */
static void lead_nowhere(struct channel *c)
{
	list_remove(&c->of_port);
	list_remove(&c->to_server.link);
	c->port = port_nowhere();
	c->to_server.port = c->port;
	port_reference(c->port);
}

void channel_sever(struct channel *c)
{
	struct port *p = c->port;

	channel_call_began(c); /* it lives until this has ended, as with any call */
	lead_nowhere(c);
	port_end_queued(p, c);
	inherit_drop(p->server);
	if (c->closed)
		channel_told(c);
	else
		channel_notify_client(c, NOTIFY_CLOSED);
	channel_call_ended(c);
	port_release(p);
}

void channel_outlives_server(struct channel *c)
{
	if (c->client != NULL)
		port_restarted(&c->to_server);
	else
		channel_told(c);
}

enum status channel_may_move(const struct channel *c, uint32_t rank)
{
	if (c->calls != 0)
		return ST_BUSY;
	return rank > c->port->rank ? ST_OK : ST_BAD_RANK;
}

void channel_move(struct channel *c, struct process *to, handle_t handle)
{
	bool paid = quota_charge(&to->quota, channel_pool.object_bytes);

	kassert(paid, "I-PAY: the receiver's quota was checked");
	trace_move(c, to);
	if (c->client != NULL)
		quota_refund(&c->client->quota, channel_pool.object_bytes);
	c->client = to;
	c->program = to->program;
	list_remove(&c->to_client.link);
	c->to_client.port = to->signal_port;
	c->to_client.badge = handle;
	if (c->to_client.bits != 0 && c->to_client.port != NULL)
		port_notify(&c->to_client, 0);
}
