/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces, page by page: demand zero, page-in, eviction (aspace.h). A frame is mapped first by aspace_map_frame
 * (aspace_internal.h), and a user frame unmapped at last by aspace_unmap_frame: the frame's one back reference is right
 * (I-STATE).
 */
#include "kernel/abi/layout.h"
#include "kernel/base/mem.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/slot.h"

struct paging_counts paging_counts;

void aspace_set_unmapped(struct mmu_leaf leaf, struct mmu_entry then)
{
	struct frame *table = frame_record(leaf.table);
	enum mmu_kind from = hal_mmu_read(leaf).kind;

	table->swapped = (uint16_t)(table->swapped + (then.kind == MMU_SWAPPED) - (from == MMU_SWAPPED));
	table->fixed = (uint16_t)(table->fixed + (then.kind == MMU_LENT) - (from == MMU_LENT));
	hal_mmu_write(leaf, then);
}

paddr_t aspace_unmap_frame(struct aspace *as, uint64_t address, struct mmu_leaf leaf)
{
	struct mmu_entry e = hal_mmu_read(leaf);
	struct frame *f = frame_record(e.frame), *table = frame_record(leaf.table);

	kassert(e.kind == MMU_PRESENT && f->table == leaf.table.v >> PAGE_SHIFT && f->index == leaf.index,
		"I-STATE: entry and back reference agree");
	kassert((f->busy | f->dma) == 0, "only an idle page leaves its place");
	if (f->flags & FRAME_LENT)
		table->fixed--;
	else
		table->present--;
	f->table = 0;
	hal_mmu_write(leaf, aspace_absent);
	hal_mmu_invalidate(&as->space, (vaddr_t){ address });
	return e.frame;
}

/* A frame of zeros but for its first bytes, which are about to be written. */
static paddr_t page_new(struct aspace *as, uint64_t bytes_to_come)
{
	enum frame_class class = aspace_class(as, FRAME_FOR_USER);
	paddr_t frame;

	if (bytes_to_come == 0)
		return frame_alloc_zeroed(class, FRAME_USER);
	frame = frame_alloc(class, FRAME_USER);
	if (!paddr_is_none(frame))
		memset((char *)hal_frame_ptr(frame) + bytes_to_come, 0, PAGE_BYTES - bytes_to_come);
	return frame;
}

/* A fresh page at a leaf, charged; `reserved` (0 or 1) of what is charged already was so for it. */
static inline __attribute__((always_inline)) enum touch make_page(struct aspace *as, struct mmu_leaf leaf,
								  unsigned prot, uint64_t bytes_to_come,
								  unsigned reserved)
{
	paddr_t frame;

	if (aspace_charged(as) - reserved >= as->frames_max)
		return TOUCH_QUOTA;
	frame = page_new(as, bytes_to_come);
	if (paddr_is_none(frame))
		return TOUCH_STARVED;
	as->reserved -= reserved;
	as->resident++;
	as->faults_zero++;
	frame_known(leaf.table)->present++;
	aspace_map_frame(leaf, frame, prot, true);
	return TOUCH_OK;
}

/* The page, whose entry is e, is not there, but its region allows the access: what now? */
static inline enum touch bring(struct aspace *as, struct region *r, struct mmu_leaf leaf, struct mmu_entry e,
			       uint32_t *slot)
{
	unsigned flags = frame_known(leaf.table)->flags, lent = flags & FRAME_LENT;

	if (lent)
		as = frame_payer(frame_known(leaf.table));
	switch (e.kind) {
	case MMU_LENT:
		return TOUCH_LENT;
	case MMU_SWAPPED:
		*slot = e.slot;
		if (slot_at(e.slot)->state == SLOT_LOST)
			return TOUCH_LOST;
		return aspace_charged(as) - lent >= as->frames_max ? TOUCH_QUOTA : TOUCH_SWAPPED;
	default:
		if (r->kind == REGION_LANDING && !(flags & (FRAME_WHOLE | FRAME_LENT)))
			return TOUCH_UNMAPPED;
		r->untouched = false;
		return make_page(as, leaf, r->prot, 0, lent);
	}
}

enum touch aspace_touch(struct aspace *as, uint64_t address, unsigned access, uint32_t *slot)
{
	struct mmu_leaf leaf;
	struct mmu_entry e = aspace_absent;
	struct region *r;
	bool found;

	if (address >= LAYOUT_USER_END)
		return TOUCH_UNMAPPED;
	found = aspace_find(as, address, &leaf);
	if (found)
		e = hal_mmu_read(leaf);
	if (found && (frame_known(leaf.table)->flags & FRAME_READ_ONLY) && (access & MMU_WRITE))
		return TOUCH_DENIED;
	if (e.kind == MMU_PRESENT) { /* a device's registers are nobody's buffer */
		if ((e.prot & access) != access || (e.prot & MMU_DEVICE))
			return TOUCH_DENIED;
		hal_mmu_set_used(leaf, false); /* the pages of one claim must not evict each other */
		return TOUCH_OK;
	}
	r = aspace_region_at(as, address);
	if (r == NULL)
		return TOUCH_UNMAPPED;
	if ((r->prot & access) != access)
		return TOUCH_DENIED;
	if (!found && aspace_table_is_lent(as, address))
		return TOUCH_LENT;
	if (!found && r->kind == REGION_LANDING)
		return TOUCH_UNMAPPED; /* looking at an empty window makes no tables */
	if (!found && aspace_grow_to(as, address, &leaf) != ST_OK)
		return frame_available(FRAME_FOR_KERNEL) ? TOUCH_QUOTA : TOUCH_STARVED;
	return bring(as, r, leaf, e, slot);
}

struct mmu_leaf aspace_leaf_at(struct aspace *as, uint64_t address)
{
	struct mmu_leaf leaf;
	bool found = aspace_find(as, address, &leaf);

	kassert(found, "a page that was prepared or pinned has a table");
	return leaf;
}

struct mmu_entry aspace_entry(struct aspace *as, uint64_t address)
{
	struct mmu_leaf leaf;

	return aspace_find(as, address, &leaf) ? hal_mmu_read(leaf) : aspace_absent;
}

struct aspace *aspace_of_slot(uint32_t slot, uint64_t *address)
{
	const struct slot *s = slot_at(slot);
	const struct frame *table = frame_by_number(s->table);

	*address = (uint64_t)table->region * TABLE_BYTES + ((uint64_t)s->index << PAGE_SHIFT);
	return frame_payer(table);
}

enum status aspace_fill(struct aspace *as, uint64_t address, uint64_t bytes, void **content)
{
	struct region *r = aspace_region_at(as, address);
	struct mmu_leaf leaf;
	enum status st;

	kassert(r != NULL, "only regions are filled");
	st = aspace_grow_to(as, address, &leaf);
	if (st != ST_OK)
		return st;
	r->untouched = false;
	if (hal_mmu_read(leaf).kind != MMU_PRESENT && make_page(as, leaf, r->prot, bytes, 0) != TOUCH_OK)
		return ST_NO_MEMORY;
	*content = hal_frame_ptr(hal_mmu_read(leaf).frame);
	return ST_OK;
}

void aspace_install(paddr_t frame, uint32_t slot, bool ahead)
{
	const struct slot *s = slot_at(slot);
	struct mmu_leaf leaf = { .table = { (uint64_t)s->table << PAGE_SHIFT }, .index = s->index };
	struct frame *table = frame_known(leaf.table), *f = frame_record(frame);
	struct aspace *as = frame_payer(table);
	const struct region *r = aspace_region_at(table->owner, aspace_address_in(table, leaf.index));

	kassert(hal_mmu_is_swapped(leaf, slot), "I-SEAL: a page comes in where it went out");
	kassert(r != NULL, "a swapped page has a region");
	frame_become(frame, FRAME_USER);
	f->slot = slot;
	as->swapped--;
	as->resident++;
	as->stored++;
	as->reserved -= (table->flags & FRAME_LENT) != 0;
	as->pages_in++;
	paging_counts.in++;
	table->swapped--;
	table->present++;
	aspace_map_frame(leaf, frame, r->prot, !ahead);
	if (!ahead)
		return;
	as->pages_ahead++;
	paging_counts.ahead++;
	f->flags |= FRAME_AHEAD;
}

void aspace_forget_slot(struct frame *f)
{
	kassert(!(f->flags & FRAME_LENT) && f->slot != SLOT_NONE, "only an own page has a copy to forget");
	slot_release(f->slot);
	f->slot = SLOT_NONE;
	aspace_payer_of(f)->stored--;
}

void aspace_set_swapped(struct mmu_leaf leaf, uint32_t slot)
{
	slot_at(slot)->table = (uint32_t)(leaf.table.v >> PAGE_SHIFT);
	slot_at(slot)->index = (uint16_t)leaf.index;
	aspace_set_unmapped(leaf, (struct mmu_entry){ .kind = MMU_SWAPPED, .slot = slot });
}

void aspace_evict(struct frame *f, uint32_t slot)
{
	struct aspace *as = aspace_payer_of(f);
	struct mmu_leaf leaf = aspace_leaf_of(f);

	kassert(f->busy == 0 && f->dma == 0 && !(f->flags & FRAME_LENT) && !as->pinned, "only an idle page goes out");
	if (f->slot == slot && !hal_mmu_read(leaf).dirty) {
		paging_counts.dropped++;
	} else {
		paging_counts.out++;
		as->pages_out++;
	}
	as->stored -= f->slot != SLOT_NONE;
	(void)aspace_unmap_frame(frame_known(leaf.table)->owner, aspace_address_of(f), leaf);
	aspace_set_swapped(leaf, slot);
	f->slot = SLOT_NONE;
	as->resident--;
	if (frame_known(leaf.table)->flags & FRAME_LENT) {
		as->reserved++;
		aspace_forget_places(as); /* aspace_give.h */
	}
	as->swapped++;
}

void aspace_discard(struct aspace *as, uint64_t address, struct mmu_leaf leaf)
{
	struct mmu_entry e = hal_mmu_read(leaf);
	uint32_t slot = e.slot;
	paddr_t frame;

	kassert(e.kind == MMU_PRESENT || e.kind == MMU_SWAPPED, "a lent page is not discarded");
	if (e.kind == MMU_SWAPPED) {
		aspace_set_unmapped(leaf, aspace_absent);
		as->swapped--;
	} else if (e.prot & MMU_DEVICE) {
		frame_record(leaf.table)->fixed--;
		hal_mmu_write(leaf, aspace_absent);
		hal_mmu_invalidate(&as->space, (vaddr_t){ address });
		slot = SLOT_NONE;
	} else {
		frame = aspace_unmap_frame(as, address, leaf);
		slot = frame_record(frame)->slot;
		kassert(!(frame_record(frame)->flags & FRAME_LENT), "only its owner frees a page");
		as->stored -= slot != SLOT_NONE;
		frame_free(frame);
		as->resident--;
	}
	if (slot != SLOT_NONE)
		slot_release(slot);
}

/* ---- ranges, with safe points between (I-BOUND) ---- */

/* Only tables that count such are looked into. */
bool aspace_range_in_use(struct aspace *as, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf;
		struct mmu_entry e;
		const struct frame *f;

		cpu_safe_point_at(at / PAGE_BYTES);
		if (!aspace_find(as, at, &leaf) || frame_record(leaf.table)->fixed == 0) {
			if (aspace_table_is_lent(as, at))
				return true;
			hal_cpu_safe_point();
			at |= (uint64_t)(TABLE_BYTES - PAGE_BYTES); /* the rest of this table's reach */
			continue;
		}
		e = hal_mmu_read(leaf);
		if (e.kind == MMU_LENT || (frame_known(leaf.table)->flags & FRAME_LENT))
			return true;
		if (e.kind != MMU_PRESENT || (e.prot & MMU_DEVICE))
			continue;
		f = frame_record(e.frame);
		if (f->busy != 0 || f->dma != 0 || (f->flags & FRAME_LENT))
			return true;
	}
	return false;
}

/* Frees the pages of a range; how many were promised by themselves or by a whole table. Pre: none in use. */
static uint64_t discard_range(struct aspace *as, uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf = { .table = PADDR_NONE };
		struct frame *table = aspace_find(as, at, &leaf) ? frame_record(leaf.table) : NULL;

		cpu_safe_point_at(at / PAGE_BYTES);
		if (table != NULL && (table->flags & FRAME_WHOLE)) { /* then all of it is in the range */
			n += (unsigned)(MMU_ENTRIES - table->present - table->swapped);
			table->flags = 0;
		}
		if (table == NULL || aspace_table_is_empty(table)) {
			hal_cpu_safe_point();
			at |= (uint64_t)(TABLE_BYTES - PAGE_BYTES);
			continue;
		}
		if (hal_mmu_read(leaf).kind == MMU_ABSENT)
			continue;
		aspace_discard(as, at, leaf);
		n++;
	}
	return n;
}

void aspace_empty_range(struct aspace *as, const struct region *r, uint64_t start, uint64_t end)
{
	uint64_t pages = discard_range(as, start, end);

	if (r->kind == REGION_LANDING)
		aspace_unpromise(as, pages);
	else if (aspace_is_promised((enum region_kind)r->kind))
		aspace_unpromise(as, (end - start) / PAGE_BYTES);
}
