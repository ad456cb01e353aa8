/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels: one client end, a handle that moves; one server end, which stays
 * with the port and which the server names by port and channel id. A client end
 * goes only to a process ranked above the server, so no cycle of calls can form.
 */
#pragma once
#include "kernel/ipc/port.h"

struct channel {
	struct list of_port;
	struct port *port;      /* port_nowhere(): severed */
	struct process *client; /* who holds the client end, and pays; NULL: closed, or the kernel's own */
	struct process *heir;   /* closed: the server, who pays until it has been told; NULL: nobody does */
	uint64_t badge;         /* chosen by the server */
	uint64_t contract;
	struct signal to_server, to_client;
	uint32_t index;
	uint32_t id;      /* what the server calls it */
	uint32_t program; /* of the client */
	uint32_t calls;   /* queued or held, that came over it: it outlives them */
	bool closed;      /* the client end is gone; it ends when the server has been told */
	bool told;
};

void channel_module_init(void);
/* Charged to the holder; NULL: the kernel. NO_MEMORY. */
enum status channel_create(struct port *p, struct process *holder, uint64_t badge, uint64_t contract,
			   struct channel **out);
extern struct pool channel_pool;
enum { CHANNEL_INDEX_BITS = 20 }; /* of an id; the rest is a generation */
/* The channel of an id at this port; NULL if there is none. */
static inline struct channel *channel_find(const struct port *p, uint64_t id)
{
	struct channel *c = pool_at_known(&channel_pool, (uint32_t)id & ((1u << CHANNEL_INDEX_BITS) - 1),
					  POOL_SHIFT(sizeof(struct channel)));

	return c != NULL && c->id == id && c->port == p ? c : NULL;
}
/*
 * The client end is closed: the server is told, or the channel ends at once. A server that lets news of closed
 * channels pile up until its quota is used up is told of no more.
 */
void channel_close(struct channel *c);
/* Both as a receiver is told them. */
static inline uint64_t channel_peer(const struct channel *c) { return (uint64_t)c->program << 32 | c->id; }
/* NOTIFY_CLOSED was delivered, or nobody is there to be told. */
void channel_told(struct channel *c);
/*
 * The server's end is closed: calls queued over it end with PEER_GONE, as all later ones, and the client is told, if
 * it has a port. Its end stays, and its to pay for, until it closes it. The channel may be gone.
 */
void channel_sever(struct channel *c);
/* Its server is no more, its port is: the next server is told. The channel may be gone. */
void channel_outlives_server(struct channel *c);
/* Sets bits for the client, if there is one. */
void channel_notify_client(struct channel *c, uint64_t bits);
/* A call over it is under way; it is not any more (and the channel may be gone). */
static inline void channel_call_began(struct channel *c) { c->calls++; }
void channel_call_ended(struct channel *c);

/*
 * May the client end go to a process of this rank? BAD_RANK, BUSY (a call over it is under way). Its quota is the
 * asker's to check.
 */
enum status channel_may_move(const struct channel *c, uint32_t rank);
/* Moves the charge and the end. Pre: it may. The handle is its new name there. */
void channel_move(struct channel *c, struct process *to, handle_t handle);
uint32_t channel_bytes(void);
