/* SPDX-License-Identifier: BSD-2-Clause */
/* See page_in.h. */
#include "kernel/paging/page_in.h"
#include "kernel/base/arith.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/pager.h"
#include "kernel/paging/policy.h"
#include "kernel/paging/seal.h"
#include "trace/points.h"

/* How many frames it may still have. */
static uint64_t room(const struct aspace *as) { return as->frames_max - min_u64(as->frames_max, aspace_charged(as)); }

bool page_in(struct aspace *as, uint64_t address, uint32_t slot, unsigned priority)
{
	unsigned ready = bounce_ready(), most, n;
	struct request *r = request_idle(false);

	if (r == NULL || ready == 0)
		return false;
	most = (unsigned)min_u64(min_u64(PAGER_RUN_MAX, ready), room(as));
	address &= ~(uint64_t)(PAGE_BYTES - 1);
	n = policy_read_ahead(as, address, slot, most > 1 ? most : 1);
	for (unsigned i = 0; i < n; i++) {
		slot_arrive(slot + i);
		r->frames[i] = bounce_take();
		trace_page_in(as, address + i * PAGE_BYTES, slot + i);
	}
	request_send(r, slot, n, priority);
	return true;
}

/* The page of a slot is what is in the frame. False: it is not, or nobody asked for it and it finds no room. */
static bool install(uint32_t slot, paddr_t frame, bool asked_for)
{
	uint64_t address;

	if (!asked_for && room(aspace_of_slot(slot, &address)) == 0)
		return false;
	if (paddr_is_none(frame) || !seal_open(slot, frame)) {
		paging_counts.unopened++;
		return false;
	}
	aspace_install(frame, slot, !asked_for);
	return true;
}

static void settle_page(struct request *r, unsigned i, enum status st)
{
	paddr_t frame = r->frames[i];

	if (slot_settle(r->slot + i)) {
		if (st == ST_OK && install(r->slot + i, frame, i == 0))
			return;
		if (i == 0)
			pager_condemn_owner(r->slot, st == ST_OK ? FAULT_PAGE_LOST : FAULT_PAGE_IO);
	}
	bounce_put(frame);
}

bool page_in_settle(struct request *r, enum status st)
{
	bool again = st != ST_OK && !r->retried && !slot_at(r->slot)->doomed && !paddr_is_none(r->frames[0]);

	seal_begin();
	for (unsigned i = again; i < r->count; i++) {
		hal_cpu_safe_point();
		settle_page(r, i, st);
	}
	seal_end();
	pager_wake(r->slot + again, r->count - again);
	return again;
}
