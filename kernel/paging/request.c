/* SPDX-License-Identifier: BSD-2-Clause */
/* See request.h. Owns the table of requests, the channel to the pager, and its watchdog. */
#include "kernel/paging/request.h"
#include "kernel/base/arith.h"
#include "kernel/core/log.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/inherit.h"
#include "trace/points.h"

enum {
	REQUESTS_OUT = 8,
	REQUESTS = REQUESTS_OUT + 12,
	BOUNCES_MAX = 2 * REQUESTS * PAGER_RUN_MAX, /* more than they and the reserve ever have */
	INFO = REQUESTS,                            /* asks for the store's size; it carries no pages */
};
#define PERIOD_NS (REQUEST_PERIOD_S * 1000000000ull)

static struct request requests[REQUESTS + 1]; /* first those for page-out, then those for page-in */
static struct channel *channel;               /* to the pager; NULL: there never was one */
static struct alarm watchdog;

static void set_state(struct request *r, enum request_state to)
{
	kassert(request_legal_next[r->state] >> to & 1, "a request follows its life cycle");
	r->state = (uint8_t)to;
}

bool request_pager_lives(void) { return channel != NULL && channel->port->server != NULL; }
bool request_pager_may_come(void) { return channel != NULL && channel->port->handles != 0; }

/* Once a process is ending, it is up to whoever keeps it from being gone by not answering a call of its. */
static struct process *who_keeps(struct process *p)
{
	const struct thread *t = NULL;

	while (p != NULL && p->state == PROCESS_ENDING &&
	       (t = list_first_entry(&p->threads, struct thread, of_process)) != NULL)
		p = t->call.server;
	return p;
}

static void watch(struct alarm *a)
{
	for (struct request *r = requests; r < requests + REQUESTS; r++) {
		struct process *pager = who_keeps(r->call.state == CALL_HELD ? r->call.server : channel->port->server);

		if (r->state != REQUEST_SENT)
			continue;
		alarm_set(a, hal_clock_ns() + PERIOD_NS);
		if (pager != NULL && r->age++ >= REQUEST_SILENCE)
			process_condemn(pager, FAULT_PAGER_SILENT, 0);
	}
}

/* ---- sending ---- */

static void send(struct request *r, enum pager_op op, uint64_t pages_tag)
{
	struct call *c = &r->call;
	enum status st;

	set_state(r, REQUEST_SENT);
	r->age = 0;
	r->words[0] = r->slot;
	r->words[1] = r->count;
#pragma GCC unroll 4
	for (unsigned i = 2; i < MESSAGE_WORDS; i++)
		r->words[i] = 0;
	c->message.tag = tag_make((uint16_t)op) | TAG_IDEMPOTENT | pages_tag;
	c->loan = pages_tag != 0 ? &r->loan : NULL;
	c->channel = channel;
	if (!list_is_linked(&watchdog.link))
		alarm_set(&watchdog, hal_clock_ns() + PERIOD_NS);
	if (pages_tag != 0 && fast_own_call(channel->port, c))
		return;
	st = port_call(channel->port, c);
	if (st != ST_PARKED) {
		c->loan = NULL;
		c->done(c, st);
	}
}

static void send_pages(struct request *r)
{
	enum message_pages kind = r->out ? MESSAGE_PAGES_LENT_READ : MESSAGE_PAGES_LENT_WRITE;

	send(r, r->out ? PAGER_OUT : PAGER_IN, tag_with_pages(0, kind, r->count));
}

void request_send(struct request *r, uint32_t slot, unsigned count, unsigned priority)
{
	r->slot = slot;
	r->count = (uint8_t)count;
	r->retried = false;
	r->call.priority = priority;
	send_pages(r);
}

/* ---- answers ---- */

static void settle_info(const struct request *r, enum status st)
{
	if (st != ST_OK || r->words[0] == 0) {
		log_line("paging: off, the pager has no store");
		return;
	}
	slot_store_size((uint32_t)min_u64(r->words[0], UINT32_MAX));
	log_line("paging: on, %u slots (%u MiB)", slot_total(), slot_total() >> 8);
}

static bool settle(struct request *r, enum status st)
{
	if (r == &requests[INFO])
		settle_info(r, st);
	else
		return (r->out ? page_out_settle : page_in_settle)(r, st);
	return false;
}

static void done(struct call *c, enum status st)
{
	struct request *r = container_of(c, struct request, call);

	if (st == ST_OK)
		st = (enum status)tag_op(c->message.tag);
	set_state(r, REQUEST_SETTLING);
	for (unsigned i = 0; i < r->count; i++) {
		trace_paged(c, r->slot + i, !r->out, st);
		/* It did not come back: who has it, to whom the pager lent it on? Few may, but not as many as this. */
		if (paddr_is_none(r->frames[i]) && frame_count(FRAME_BOUNCE) > BOUNCES_MAX && request_pager_lives())
			process_condemn(channel->port->server, FAULT_PAGER_KEEPS, 0);
	}
	r->retried = settle(r, st);
	if (!r->retried) {
		set_state(r, REQUEST_IDLE);
		return;
	}
	r->count = 1;
	send_pages(r);
}

/* ---- the table ---- */

void request_init(void)
{
	channel = NULL;
	alarm_init(&watchdog, watch);
	for (uint32_t i = 0; i <= INFO; i++) {
		struct request *r = &requests[i];

		*r = (struct request){ .out = i < REQUESTS_OUT };
		list_init(&r->call.link);
		list_init(&r->loan.link);
		r->call.message.words = r->words;
		r->call.message.frames = r->loan.frames = r->frames;
		r->call.done = done;
		call_register(&r->call, i);
	}
}

enum status request_connect(struct port *port)
{
	struct channel *before = channel;
	enum status st = ST_OK;

	if (before == NULL || before->port != port) /* a pager that follows one that died may have the same port */
		st = channel_create(port, NULL, 0, 0, &channel);
	if (st != ST_OK)
		return st;
	if (before != NULL && before != channel)
		channel_close(before);
	for (unsigned i = 0; i < REQUESTS; i++)
		requests[i].age = 0;
	requests[INFO].call.priority = PRIORITY_COUNT - 1;
	if (requests[INFO].state == REQUEST_IDLE)
		send(&requests[INFO], PAGER_INFO, 0);
	return ST_OK;
}

struct request *request_idle(bool out)
{
	struct request *r = requests + (out ? 0 : REQUESTS_OUT), *end = requests + (out ? REQUESTS_OUT : REQUESTS);

	while (r < end && r->state != REQUEST_IDLE)
		r++;
	return r < end && request_pager_may_come() ? r : NULL;
}

bool request_pending(void)
{
	unsigned i = 0;

	while (i < REQUESTS_OUT && requests[i].state == REQUEST_IDLE)
		i++;
	return i < REQUESTS_OUT;
}

void request_raise(uint32_t slot, unsigned priority)
{
	for (struct request *r = requests; r < requests + REQUESTS; r++)
		if (r->call.state != CALL_IDLE && (slot == SLOT_NONE ? r->out : slot - r->slot < r->count))
			inherit_raise_call(&r->call, priority);
}
