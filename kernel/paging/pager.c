/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See pager.h for the life of a request. Owns the requests, their bounce frames,
 * and the lists of threads that wait for pages and for memory.
 */
#include "kernel/paging/pager.h"
#include "kernel/abi/pager.h"
#include "kernel/base/arith.h"
#include "kernel/base/mem.h"
#include "kernel/core/cpu.h"
#include "kernel/core/log.h"
#include "kernel/ipc/channel.h"
#include "kernel/paging/policy.h"
#include "kernel/paging/seal.h"
#include "kernel/task/sched.h"
#include "trace/points.h"

enum {
	REQUESTS_OUT = 16,
	REQUESTS_IN = 16,
	REQUESTS = REQUESTS_OUT + REQUESTS_IN,
	INFO_NUMBER = REQUESTS, /* the call that asks for the store's size */
};

struct request {
	struct call call;
	struct loan loan;
	uint64_t words[MESSAGE_WORDS];
	paddr_t bounce; /* PADDR_NONE: to be refilled */
	uint32_t slot;  /* whose page it is: aspace_of_slot, for it may change hands meanwhile */
	bool retried;
};

static struct request requests[REQUESTS]; /* first those for page-out, then those for page-in */
static struct request info;
static struct channel *channel; /* to the pager; NULL: there is none */
static struct list page_waiters, starved;
static unsigned outs_under_way;
static unsigned missing; /* bounce frames to be refilled */

void pager_init(void)
{
	list_init(&page_waiters);
	list_init(&starved);
	channel = NULL;
	outs_under_way = 0;
	missing = 0;
	for (unsigned i = 0; i < REQUESTS; i++)
		requests[i].bounce = PADDR_NONE;
	policy_init();
}

/* ---- requests ---- */

static void request_init(struct request *r, uint32_t number, void (*done)(struct call *, enum status))
{
	*r = (struct request){ .slot = SLOT_NONE, .bounce = r->bounce };
	list_init(&r->call.link);
	list_init(&r->loan.link);
	r->call.message.words = r->words;
	r->call.channel = channel;
	r->call.done = done;
	call_register(&r->call, number);
}

/* Sends a request whose bounce frame, if it has one, is ready. */
static void send(struct request *r, enum pager_op op, enum message_pages kind, unsigned priority)
{
	uint64_t tag = tag_make((uint16_t)op) | TAG_IDEMPOTENT;
	struct call *c = &r->call;
	enum status st;

	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		r->words[i] = 0;
	if (kind != MESSAGE_PAGES_NONE) {
		tag = tag_with_pages(tag, kind, 1);
		r->words[0] = r->slot;
		r->words[1] = 1;
		c->message.frames = &r->bounce;
		c->loan = &r->loan;
	}
	c->message.tag = tag;
	c->priority = priority;
	st = port_call(channel->port, c);
	if (st != ST_PARKED) {
		c->loan = NULL;
		c->done(c, st);
	}
}

static bool succeeded(const struct call *c, enum status st) { return st == ST_OK && tag_op(c->message.tag) == 0; }

static void info_done(struct call *c, enum status st)
{
	if (!succeeded(c, st) || info.words[0] == 0) {
		log_line("paging: off, the pager has no store");
		return;
	}
	slot_store_size((uint32_t)min_u64(info.words[0], UINT32_MAX));
	log_line("paging: on, %u slots (%u MiB)", slot_total(), slot_total() >> 8);
}

/* Wakes those who wait for a slot, and those who wait for any request to be free. */
static void wake_page_waiters(uint32_t slot)
{
	list_for_each_entry_safe(t, &page_waiters, struct thread, link) {
		hal_cpu_safe_point();
		if (t->wait_slot != slot && t->wait_slot != SLOT_NONE)
			continue;
		list_remove(&t->link);
		sched_ready(t);
	}
}

static void condemn_owner(const struct request *r, enum fault fault)
{
	uint64_t address;
	struct aspace *as = aspace_of_slot(r->slot, &address);

	process_condemn(container_of(as, struct process, aspace), fault, address);
}

/* The bounce frame, opened, becomes the page again. False: it is lost or did not open; its process is condemned. */
static bool install(struct request *r)
{
	bool good = false;

	if (!paddr_is_none(r->bounce)) {
		seal_begin();
		good = seal_open(r->slot, r->bounce);
		seal_end();
	}
	if (!good) {
		paging_counts.unopened++;
		condemn_owner(r, FAULT_PAGE_LOST);
		return false;
	}
	aspace_install(r->bounce, r->slot, false);
	r->bounce = PADDR_NONE;
	return true;
}

static void finish(struct request *r)
{
	uint32_t slot = r->slot;

	if (paddr_is_none(r->bounce)) { /* it became the page, or the pager lent it on and forfeited it */
		missing++;
		cpu_put_off(CPU_PAGER_WORK);
	}
	r->slot = SLOT_NONE;
	wake_page_waiters(slot);
}

static void out_done(struct call *c, enum status st)
{
	struct request *r = container_of(c, struct request, call);
	paddr_t frame = r->bounce;
	bool wanted;

	trace_paged(c, r->slot, false, st);
	wanted = slot_settle(r->slot);
	outs_under_way--;
	if (wanted && !succeeded(c, st)) {
		log_line("paging: slot %u could not be written (status %u): its page stays in RAM", r->slot,
			 st != ST_OK ? st : tag_op(c->message.tag));
		if (install(r)) /* what the store has there is old: the page needs a slot anew */
			aspace_forget_slot(frame_record(frame));
	}
	finish(r);
}

static bool pager_lives(void) { return channel != NULL && channel->port->server != NULL; }

/* Without a pager the page stays where it is, and who waits for it waits for the next pager. */
static void in_done(struct call *c, enum status st)
{
	struct request *r = container_of(c, struct request, call);
	bool back = !paddr_is_none(r->bounce);

	trace_paged(c, r->slot, true, st);
	if (back && !succeeded(c, st) && !slot_at(r->slot)->doomed && !r->retried && pager_lives()) {
		r->retried = true;
		send(r, PAGER_IN, MESSAGE_PAGES_LENT_WRITE, c->priority);
		return;
	}
	if (slot_settle(r->slot)) {
		if (back && succeeded(c, st))
			(void)install(r);
		else if (pager_lives())
			condemn_owner(r, FAULT_PAGE_IO);
	}
	finish(r);
}

/* A pager that follows one that died (all of whose calls have ended) may have the same port. */
static enum status connect(struct port *port)
{
	struct channel *before = channel;
	enum status st;

	if (before != NULL && before->port == port)
		return ST_OK;
	st = channel_create(port, NULL, 0, 0, &channel);
	if (st == ST_OK && before != NULL)
		channel_close(before);
	return st;
}

enum status pager_attach(struct port *port)
{
	enum status st = connect(port);

	if (st != ST_OK)
		return st;
	for (uint32_t i = 0; i < REQUESTS; i++) {
		hal_cpu_safe_point();
		request_init(&requests[i], i, i < REQUESTS_OUT ? out_done : in_done);
		if (paddr_is_none(requests[i].bounce))
			requests[i].bounce = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_BOUNCE);
		if (paddr_is_none(requests[i].bounce))
			return ST_NO_MEMORY;
	}
	missing = 0;
	request_init(&info, INFO_NUMBER, info_done);
	send(&info, PAGER_INFO, MESSAGE_PAGES_NONE, PRIORITY_COUNT - 1);
	wake_page_waiters(SLOT_NONE);
	return ST_OK;
}

static struct request *idle_request(unsigned first, unsigned count)
{
	for (unsigned i = first; pager_lives() && i < first + count; i++)
		if (requests[i].slot == SLOT_NONE && !paddr_is_none(requests[i].bounce))
			return &requests[i];
	return NULL;
}

/* ---- page-in ---- */

static void park(struct thread *t, enum thread_state state, struct list *where)
{
	thread_set_state(t, state);
	list_push_back(where, &t->link);
}

void pager_wait_for_page(struct thread *t, uint64_t address, uint32_t slot)
{
	struct request *r = NULL;

	if (!pager_lives()) {
		process_condemn(t->process, FAULT_PAGE_IO, address);
		return;
	}
	t->wait_slot = slot;
	if (slot_at(slot)->state == SLOT_HELD) {
		r = idle_request(REQUESTS_OUT, REQUESTS_IN);
		if (r == NULL)
			t->wait_slot = SLOT_NONE;
	}
	park(t, THREAD_PAGING, &page_waiters);
	if (r == NULL)
		return;
	(void)policy_read_ahead(&t->process->aspace, address, slot, 1);
	slot_arrive(slot);
	r->slot = slot;
	r->retried = false;
	trace_page_in(&t->process->aspace, address & ~(uint64_t)(PAGE_BYTES - 1), slot);
	send(r, PAGER_IN, MESSAGE_PAGES_LENT_WRITE, t->priority);
}

/* ---- page-out ---- */

/* True: a frame is free now. False: it must wait for a request. */
static bool evict(struct frame *f)
{
	bool dirty = hal_mmu_read(aspace_leaf_of(f)).dirty;
	paddr_t frame = frame_address(f);
	struct aspace *as = aspace_mapper_of(f);
	uint64_t address = aspace_address_of(f);
	uint32_t slot = f->slot;
	struct request *r;

	if (slot != SLOT_NONE && !dirty) {
		trace_evict(f, slot);
		aspace_evict(f, slot);
		frame_free(frame);
		return true;
	}
	r = idle_request(0, REQUESTS_OUT);
	if (r == NULL)
		return false;
	if (slot != SLOT_NONE)
		slot_reuse(slot);
	else if ((slot = slot_alloc()) == SLOT_NONE)
		return false;
	r->slot = slot;
	memcpy(hal_frame_ptr(r->bounce), hal_frame_ptr(frame), PAGE_BYTES);
	seal_begin();
	seal_page(slot, r->bounce);
	seal_end();
	aspace_evict(f, slot);
	frame_free(frame);
	outs_under_way++;
	trace_page_out(as, address, slot);
	send(r, PAGER_OUT, MESSAGE_PAGES_LENT_READ, PRIORITY_COUNT - 1);
	return r->slot != SLOT_NONE; /* the pager may have refused at once: then the page is back */
}

static bool evict_one(const struct aspace *only)
{
	struct frame *f;

	if (idle_request(0, REQUESTS_OUT) == NULL)
		return false;
	return policy_victims(only, slot_used() >= slot_total(), 1, &f) != 0 && evict(f);
}

bool pager_wait_for_frames(struct thread *t, uint32_t frames)
{
	if (t->hopeless) {
		t->hopeless = false;
		return false;
	}
	t->wait_frames = frames;
	park(t, THREAD_STARVED, &starved);
	cpu_put_off(CPU_PAGER_WORK);
	return true;
}

bool pager_wait_for_own(struct thread *t)
{
	if (evict_one(&t->process->aspace))
		return pager_wait_for_frames(t, 1);
	if (outs_under_way == 0)
		return false;
	t->wait_slot = SLOT_NONE; /* until a request is free */
	park(t, THREAD_PAGING, &page_waiters);
	return true;
}

static void refill(void)
{
	for (unsigned i = 0; missing != 0 && i < REQUESTS; i++) {
		struct request *r = &requests[i];

		if (!paddr_is_none(r->bounce) || r->slot != SLOT_NONE)
			continue;
		hal_cpu_safe_point();
		r->bounce = frame_alloc_zeroed(FRAME_FOR_PAGE_IN, FRAME_BOUNCE);
		if (paddr_is_none(r->bounce))
			return;
		missing--;
		wake_page_waiters(SLOT_NONE);
	}
}

/* Wakes the starved who have what they need, or all if nothing will ever come. Returns what the first still needs. */
static uint64_t wake_starved(bool hopeless)
{
	list_for_each_entry_safe(t, &starved, struct thread, link) {
		hal_cpu_safe_point();
		if (!hopeless && frame_free_count() < frame_reserve() + t->wait_frames)
			return t->wait_frames;
		t->hopeless = hopeless;
		list_remove(&t->link);
		sched_ready(t);
	}
	return 0;
}

void pager_work(void)
{
	uint64_t needed, goal = frame_low_mark();
	bool stuck = false;

	needed = wake_starved(false);
	refill();
	if (frame_free_count() < goal || needed != 0)
		goal = policy_goal() + needed;
	while (frame_free_count() < goal && slot_total() != 0 && !stuck) {
		hal_cpu_safe_point();
		stuck = !evict_one(NULL);
	}
	if (wake_starved(false) != 0 && outs_under_way == 0)
		wake_starved(true);
	if (missing == 0 && list_is_empty(&starved))
		cpu_caught_up(CPU_PAGER_WORK);
}
