/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports: where a process receives. The meeting point of callers, receivers and
 * signals, and the only place where a message changes hands. A port outlives the
 * process that serves it: while anybody has a handle to it, calls wait for the
 * next server. With the last handle it ends, and all who would have waited are told.
 *
 * Blame: what is wrong with the sender's half of a message costs the sender, a
 * bad landing window costs the receiver, and the other side is none the wiser.
 */
#pragma once
#include "kernel/task/process.h"

struct port {
	struct list of_server;  /* process.ports; unlinked when nobody serves */
	struct process *server; /* who receives here; NULL: not yet, or no more */
	struct process *payer;  /* NULL once it is gone */
	uint32_t rank;
	uint32_t references;   /* handles, channels, and processes that it watches */
	uint32_t handles;      /* 0: it has ended; never 0 while somebody serves */
	struct list callers;   /* queued calls, the most urgent first */
	struct list receivers; /* waiting threads, first come first; but one that waits alone is the waiter */
	struct thread *waiter; /* who waits while nothing else does; PORT_QUIET: nor he; PORT_BUSY: see the lists */
	struct list signals;   /* with bits pending; those of NOTIFY_RESTARTED stand first */
	struct list channels;
	uint32_t index;
	bool signals_next; /* fairness: whose turn it is when both wait */
};

#define PORT_QUIET ((struct thread *)0)
#define PORT_BUSY  ((struct thread *)1)
static inline bool port_waiter_is_thread(const struct thread *waiter) { return waiter > PORT_BUSY; }

void port_module_init(void);
/* With one handle, the maker's. */
enum status port_create(struct process *payer, uint32_t rank, struct port **out);
uint32_t port_bytes(void);
void port_reference(struct port *p);
void port_release(struct port *p);
void port_add_handle(struct port *p);
/* With the last one the port ends: queued calls end with PEER_GONE, its channels are severed. Pre: nobody serves then. */
void port_drop_handle(struct port *p);
/* The process receives here from now on, at the urgency of what waits; its first port is its signal port. */
void port_bind(struct port *p, struct process *server);
/*
 * Nobody receives here any more. Queued calls wait for the next server, which will hear of each channel, before it takes
 * a call, that it was RESTARTED. The pager's and its servers', too: what brings them back is kept for them (frame_keep).
 */
void port_unbind(struct port *p);
/* Ends the calls queued at a port over one channel, or (NULL) all that it refuses: PEER_GONE. */
void port_end_queued(struct port *p, const struct channel *c);
/* Where severed channels lead: a port that has ended for ever. */
struct port *port_nowhere(void);

/* Does no server take a call, now or later? */
static inline bool port_refuses(const struct port *p) { return p->server == NULL && p->handles == 0; }

/* Made by the process for itself: nobody else will ever receive there, so its threads may call each other. */
static inline bool port_is_own(const struct port *p, const struct process *self)
{
	return p->server == self && p->payer == self;
}

/* The four operations on messages. All have been decoded: claims resolved and held. */

/*
 * Delivers a call or queues it. PARKED: the caller waits (its thread is QUEUED
 * or SERVED) and is answered later. Any other status: nothing happened.
 */
enum status port_call(struct port *p, struct call *c);
/* The same of a call of the kernel's own that has pages, to a thread that waits. False: nothing happened. */
bool fast_own_call(struct port *p, struct call *c);
/*
 * Takes the next message into the thread's registers (OK), or parks it RECEIVING (PARKED); TIMED_OUT if it may not
 * wait.
 */
enum status port_receive(struct port *p, struct thread *receiver, uint64_t deadline_ns);
/*
 * Answers a held call; the loan goes back, the caller wakes. STALE if the token
 * names no call that this process holds; else why the answer can't be given (TOO_BIG, NO_HANDLE, BUSY, ...),
 * and then the call is still held.
 */
enum status port_reply(struct process *server, uint64_t token, struct envelope *answer, const uint64_t *badge);
/* Sets bits of a signal and tells its port. */
void port_notify(struct signal *s, uint64_t bits);
/*
 * Sets NOTIFY_RESTARTED and all bits that a client can set, for the predecessor may have taken some and forgotten them:
 * this signal comes before all others, and before any call. Pre: nobody serves the port.
 */
void port_restarted(struct signal *s);

/*
 * A held call waits at its port again, before all of its priority that came later; who receives there takes it at once.
 * Pre: its pages are with its caller, its claims are held.
 */
void port_queue_again(struct call *c);

/* Among those that wait at its port, where it belongs. */
void port_place(struct call *c);

/* port_receive where nothing is there, for a thread that is not special. False: that is not so. */
static inline bool port_wait_alone(struct port *p, struct thread *t)
{
	if (p->server != t->process || p->waiter != PORT_QUIET || t->special != 0)
		return false;
	thread_move(t, THREAD_RUNNING, THREAD_RECEIVING);
	t->port = p;
	p->waiter = t;
	p->signals_next = true;
	return true;
}

/* Waits with the others. Pre: RECEIVING; no caller and no signal is there. */
void port_join(struct port *p, struct thread *t);
/* Who has waited longest to receive; NULL: nobody. */
static inline struct thread *port_first_receiver(const struct port *p)
{
	return port_waiter_is_thread(p->waiter) ? p->waiter : list_first_entry(&p->receivers, struct thread, link);
}
/* A RECEIVING thread waits no more. */
static inline void port_leave(struct thread *t)
{
	if (t->port->waiter == t)
		t->port->waiter = PORT_QUIET;
	else
		list_remove(&t->link);
}
/* A RECEIVING thread gives up waiting, with this status. */
void port_wake_receiver(struct thread *t, enum status st);

/* ---- delivery ---- */

static inline void port_move_words(const struct envelope *from, struct envelope *to)
{
	const uint64_t *in = from->words;
	uint64_t *out = to->words;

#pragma GCC unroll 6
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		out[i] = in[i];
}

/* Puts what a receiver is told into its registers. */
static inline void port_tell(struct thread *receiver, uint64_t tag, enum message_kind kind, uint64_t badge,
			     uint64_t token, uint64_t channel_peer, const handle_t handles[MESSAGE_HANDLES_MAX])
{
	struct context *c = &receiver->context;

	c->nr = ST_OK;
	c->arg[0] = badge;
	c->arg[1] = tag | (uint64_t)kind << TAG_KIND_BIT;
	c->arg[2] = token;
	c->arg[3] = handles[0] | (uint64_t)handles[1] << 32;
	c->arg[4] = channel_peer;
	c->arg[5] = handles[2] | (uint64_t)handles[3] << 32;
}

/* ---- calls in flight, and their ends: call_end.c ---- */

void call_module_init(void);

/*
 * A call ends with a status and no message: its claims are released, its thread runs (or is dead). Any state but
 * IDLE.
 */
void call_end(struct call *c, enum status st);
/* A thread's own deadline passed while it was QUEUED, SERVED or RECEIVING. */
void port_deadline(struct alarm *a);
/* The thread of an ended process lets go of ports and calls: it is DEAD, or ORPHANED while a server holds its call. */
void port_abandon(struct thread *t);
/*
 * A process is gone: of the calls that it holds, the idempotent ones wait for the next server (port_queue_again), unless
 * CALL_DEATHS_MAX servers have died with one; the others end (INTERRUPTED). All its forfeits are dropped.
 */
void port_server_ended(struct process *p);

/*
 * The calls that a process has taken and not answered, one by one; *cursor is 0 first. They are looked for among
 * all calls: that is needed when a server dies or was boosted, while listing them would cost every message.
 */
struct call *call_next_held(const struct process *server, uint32_t *cursor);

/* The call that a process holds under a token; NULL if there is none. */
struct call *call_find_held(const struct process *server, uint64_t token);

/* The next call.order. */
extern uint64_t call_next_order;

/* The kernel's own calls are named by tokens too: registers c under a number below CALL_KERNEL_MAX. */
enum { CALL_KERNEL_BASE = 0x40000000, CALL_KERNEL_MAX = 64 };
void call_register(struct call *c, uint32_t number);
