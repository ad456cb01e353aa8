/* SPDX-License-Identifier: BSD-2-Clause */
/* See page_out.h. */
#include "kernel/paging/page_out.h"
#include "hal/timer.h"
#include "kernel/core/log.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/pager.h"
#include "kernel/paging/policy.h"
#include "kernel/paging/seal.h"
#include "trace/points.h"

enum { FAILURES_MAX = 8, PAUSE_NS = 1000 * 1000 * 1000 };

static unsigned failures; /* of requests, in a row */
static uint64_t failed;   /* ever */
static uint64_t pause_end_ns;

void page_out_init(void)
{
	failures = 0;
	failed = 0;
	pause_end_ns = 0;
}

static bool is_paused(void) { return failures >= FAILURES_MAX && hal_clock_ns() < pause_end_ns; }

/* ---- slots ---- */

/*
 * Slots in LEAVING for the first of these pages, for as many as there are such. If the store is full, the first that
 * has one goes there, alone.
 */
static unsigned assign(struct frame *pages[], unsigned n, uint32_t *first)
{
	unsigned got = n > 1 || pages[0]->slot == SLOT_NONE ? slot_alloc_run(n, first) : 0, i = 0;

	for (unsigned k = 0; k < got; k++)
		if (pages[k]->slot != SLOT_NONE)
			slot_release(pages[k]->slot);
	while (got == 0 && i < n && pages[i]->slot == SLOT_NONE)
		i++;
	if (got != 0 || i == n)
		return got;
	pages[0] = pages[i];
	*first = pages[0]->slot;
	slot_reuse(*first);
	return 1;
}

/* ---- going out ---- */

static bool drop(struct frame *f)
{
	paddr_t frame = frame_address(f);

	trace_evict(f, f->slot);
	aspace_evict(f, f->slot);
	frame_free(frame);
	return true;
}

/* The page's frame is the request's; a frame is free in its stead. */
static paddr_t send_off(struct frame *f, uint32_t slot)
{
	paddr_t frame = frame_address(f);

	trace_page_out(f, slot);
	aspace_evict(f, slot);
	seal_page(slot, frame);
	frame_become(frame, FRAME_BOUNCE);
	bounce_exchange();
	return frame;
}

static bool is_stored(const struct frame *f) { return f->slot != SLOT_NONE && !hal_mmu_is_dirty(aspace_leaf_of(f)); }

/* May the n-th page go beside others that may all be of its space? */
static bool may_go_too(const struct frame *f, unsigned n)
{
	const struct aspace *as = aspace_mapper_of(f);

	return as->resident > as->frames_min + n && aspace_slots(as) + n < as->swap_max;
}

static inline uint64_t place_of(const struct frame *f) { return (uint64_t)f->table * MMU_ENTRIES + f->index; }

/* Pages that are neighbours get slots that are, or reading ahead would find none. */
static void sort(struct frame *pages[], unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		struct frame *f = pages[i];
		unsigned k = i;

		for (; k != 0 && place_of(pages[k - 1]) > place_of(f); k--)
			pages[k] = pages[k - 1];
		pages[k] = f;
	}
}

/*
 * More pages to be written out, up to a run, from wherever they are: slots are neighbours, pages need not be. Those that
 * are chosen are held meanwhile, so that none is chosen twice. Returns how many there are then.
 */
static unsigned gather(const struct aspace *only, bool store_full, struct frame *pages[], unsigned n)
{
	unsigned held = 0, k = n;

	while (k != 0) {
		for (; k != 0; k--)
			frame_hold(pages[held++], false);
		if (held < PAGER_RUN_MAX)
			k = policy_victims(only, store_full, PAGER_RUN_MAX - held, pages + held);
		if (k != 0 && is_stored(pages[held])) {
			(void)drop(pages[held]);
			k = 0;
		}
		if (k != 0 && !may_go_too(pages[held], held + k))
			k = 0;
	}
	for (unsigned i = 0; i < held; i++)
		frame_release(pages[i], false);
	sort(pages, held);
	return held;
}

bool page_out(const struct aspace *only, unsigned priority)
{
	struct frame *pages[PAGER_RUN_MAX];
	struct request *r = request_idle(true);
	bool store_full = slot_used() >= slot_total();
	unsigned n;
	uint32_t slot;

	if (r == NULL || slot_total() == 0 || is_paused())
		return false;
	n = policy_victims(only, store_full, PAGER_RUN_MAX, pages);
	if (n == 0)
		return false;
	if (is_stored(pages[0]))
		return drop(pages[0]);
	n = assign(pages, store_full ? n : gather(only, store_full, pages, n), &slot);
	seal_begin();
	for (unsigned i = 0; i < n; i++) {
		hal_cpu_safe_point();
		r->frames[i] = send_off(pages[i], slot + i);
	}
	seal_end();
	if (n != 0)
		request_send(r, slot, n, priority);
	return r->state != REQUEST_IDLE; /* refused at once, the pages are back */
}

/* ---- and back ---- */

static void bring_back(uint32_t slot, paddr_t frame)
{
	if (!seal_open(slot, frame)) {
		pager_condemn_owner(slot, FAULT_PAGE_LOST);
		bounce_put(frame);
		return;
	}
	aspace_install(frame, slot, false); /* what the store has there is old: it needs a slot anew */
	aspace_forget_slot(frame_record(frame));
}

/* Says so of the first, the second, the fourth... */
static void count_failure(const struct request *r, enum status st)
{
	pause_end_ns = hal_clock_ns() + PAUSE_NS;
	failures++;
	failed++;
	if ((failed & (failed - 1)) == 0)
		log_line("paging: %u pages from slot %u on could not be written (status %u) and stay in RAM", r->count,
			 r->slot, st);
}

bool page_out_settle(struct request *r, enum status st)
{
	if (st == ST_OK)
		failures = 0;
	else
		count_failure(r, st);
	if (st != ST_OK)
		seal_begin();
	for (unsigned i = 0; i < r->count; i++) {
		bool wanted = slot_settle(r->slot + i);

		hal_cpu_safe_point();
		if (st != ST_OK && wanted && !paddr_is_none(r->frames[i]))
			bring_back(r->slot + i, r->frames[i]);
		else
			bounce_put(r->frames[i]);
	}
	if (st != ST_OK)
		seal_end();
	pager_wake(r->slot, r->count);
	return false;
}
