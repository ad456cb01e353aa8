/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces, page by page: demand zero, page-in, eviction (aspace.h). Every
 * write of an entry that maps or unmaps a user frame is in map_frame and
 * unmap_frame, which keep the frame's one back reference (I-STATE).
 */
#include "kernel/abi/layout.h"
#include "kernel/base/mem.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/slot.h"

static const struct mmu_entry absent = { .kind = MMU_ABSENT };

enum status aspace_grow_to(struct aspace *as, uint64_t address, struct mmu_leaf *leaf)
{
	paddr_t spare = PADDR_NONE;

	while (!hal_mmu_find_or_grow(as->root, (vaddr_t){ address }, &spare, leaf)) {
		if (as->resident + as->tables >= as->frames_max)
			return ST_NO_MEMORY;
		spare = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_TABLE);
		if (paddr_is_none(spare))
			return ST_NO_MEMORY;
		frame_record(spare)->owner = as;
		as->tables++;
	}
	frame_record(leaf->table)->region = (uint32_t)(address >> 21);
	return ST_OK;
}

void aspace_map_frame(struct mmu_leaf leaf, paddr_t frame, unsigned prot, bool used)
{
	struct frame *f = frame_record(frame);

	kassert(f->table == 0, "I-STATE: a frame is mapped at one place");
	kassert(hal_mmu_read(leaf).kind != MMU_PRESENT, "I-STATE: an entry maps one frame");
	f->table = (uint32_t)(leaf.table.v >> PAGE_SHIFT);
	f->index = (uint16_t)leaf.index;
	hal_mmu_write(leaf, (struct mmu_entry){ .kind = MMU_PRESENT, .prot = prot, .accessed = used, .frame = frame });
}

paddr_t aspace_unmap_frame(struct aspace *as, uint64_t address, struct mmu_leaf leaf, struct mmu_entry then)
{
	struct mmu_entry e = hal_mmu_read(leaf);
	struct frame *f = frame_record(e.frame);

	kassert(e.kind == MMU_PRESENT && f->table == leaf.table.v >> PAGE_SHIFT && f->index == leaf.index,
		"I-STATE: entry and back reference agree");
	f->table = 0;
	hal_mmu_write(leaf, then);
	hal_mmu_invalidate(&as->space, (vaddr_t){ address });
	return e.frame;
}

/* A fresh zero page at a leaf, charged. */
static enum touch make_page(struct aspace *as, struct mmu_leaf leaf, unsigned prot)
{
	paddr_t frame;

	if (as->resident + as->tables >= as->frames_max)
		return TOUCH_QUOTA;
	frame = frame_alloc_zeroed(FRAME_FOR_USER, FRAME_USER);
	if (paddr_is_none(frame))
		return TOUCH_STARVED;
	frame_record(frame)->owner = as;
	as->resident++;
	aspace_map_frame(leaf, frame, prot, true);
	return TOUCH_OK;
}

/* The page is not there, but its region allows the access: what now? */
static enum touch bring(struct aspace *as, const struct region *r, uint64_t address, uint32_t *slot)
{
	struct mmu_leaf leaf;
	struct mmu_entry e;

	if (r->kind == REGION_LANDING && !hal_mmu_find(as->root, (vaddr_t){ address }, &leaf))
		return TOUCH_UNMAPPED; /* looking at an empty window makes no tables */
	if (aspace_grow_to(as, address, &leaf) != ST_OK)
		return frame_available(FRAME_FOR_KERNEL) ? TOUCH_QUOTA : TOUCH_STARVED;
	e = hal_mmu_read(leaf);
	switch (e.kind) {
	case MMU_LENT:
		return TOUCH_LENT;
	case MMU_SWAPPED:
		*slot = e.slot;
		return as->resident + as->tables >= as->frames_max ? TOUCH_QUOTA : TOUCH_SWAPPED;
	default:
		return r->kind == REGION_LANDING ? TOUCH_UNMAPPED : make_page(as, leaf, r->prot);
	}
}

enum touch aspace_touch(struct aspace *as, uint64_t address, unsigned access, uint32_t *slot)
{
	struct mmu_leaf leaf;
	struct mmu_entry e = absent;
	const struct region *r;

	if (address >= LAYOUT_USER_END)
		return TOUCH_UNMAPPED;
	if (hal_mmu_find(as->root, (vaddr_t){ address }, &leaf))
		e = hal_mmu_read(leaf);
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
	return bring(as, r, address, slot);
}

struct mmu_entry aspace_entry(const struct aspace *as, uint64_t address)
{
	struct mmu_leaf leaf;

	return hal_mmu_find(as->root, (vaddr_t){ address }, &leaf) ? hal_mmu_read(leaf) : absent;
}

struct mmu_leaf aspace_leaf_of(const struct frame *f)
{
	kassert(f->table != 0, "I-STATE: only a mapped frame has a place");
	return (struct mmu_leaf){ .table = { (uint64_t)f->table << PAGE_SHIFT }, .index = f->index };
}

uint64_t aspace_address_of(const struct frame *f)
{
	return ((uint64_t)frame_by_number(f->table)->region << 21) + ((uint64_t)f->index << PAGE_SHIFT);
}

struct aspace *aspace_mapper_of(const struct frame *f) { return frame_by_number(f->table)->owner; }

enum status aspace_fill(struct aspace *as, uint64_t address, void **content)
{
	const struct region *r = aspace_region_at(as, address);
	struct mmu_leaf leaf;
	enum status st;

	kassert(r != NULL, "only regions are filled");
	st = aspace_grow_to(as, address, &leaf);
	if (st != ST_OK)
		return st;
	if (hal_mmu_read(leaf).kind != MMU_PRESENT && make_page(as, leaf, r->prot) != TOUCH_OK)
		return ST_NO_MEMORY;
	*content = hal_frame_ptr(hal_mmu_read(leaf).frame);
	return ST_OK;
}

void aspace_install(struct aspace *as, uint64_t address, paddr_t frame, uint32_t slot)
{
	const struct region *r = aspace_region_at(as, address);
	struct frame *f = frame_record(frame);
	struct mmu_leaf leaf;
	struct mmu_entry e;
	bool found = hal_mmu_find(as->root, (vaddr_t){ address }, &leaf);

	kassert(found && r != NULL, "a swapped page has a table and a region");
	e = hal_mmu_read(leaf);
	kassert(e.kind == MMU_SWAPPED && e.slot == slot, "I-SEAL: a page comes in where it went out");
	frame_become(frame, FRAME_USER);
	f->owner = as;
	f->slot = slot;
	f->flags = r->kind == REGION_LANDING ? FRAME_GIVEN : 0;
	as->swapped--;
	as->resident++;
	as->pages_in++;
	aspace_map_frame(leaf, frame, r->prot, true);
}

void aspace_forget_slot(struct aspace *as, uint64_t address)
{
	struct frame *f = frame_record(aspace_entry(as, address).frame);

	kassert(f->owner == as && f->slot != SLOT_NONE, "only an own page has a copy to forget");
	slot_release(f->slot);
	f->slot = SLOT_NONE;
}

void aspace_evict(struct frame *f, uint32_t slot)
{
	struct aspace *as = f->owner;

	kassert(f->busy == 0 && f->dma == 0 && !(f->flags & FRAME_LENT) && !as->pinned, "only an idle page goes out");
	aspace_unmap_frame(as, aspace_address_of(f), aspace_leaf_of(f),
			   (struct mmu_entry){ .kind = MMU_SWAPPED, .slot = slot });
	f->slot = SLOT_NONE;
	as->resident--;
	as->swapped++;
	as->pages_out++;
}

void aspace_discard(struct aspace *as, uint64_t address, struct mmu_leaf leaf)
{
	struct mmu_entry e = hal_mmu_read(leaf);
	paddr_t frame;
	uint32_t slot;

	switch (e.kind) {
	case MMU_PRESENT:
		if (e.prot & MMU_DEVICE) {
			hal_mmu_write(leaf, absent);
			hal_mmu_invalidate(&as->space, (vaddr_t){ address });
			return;
		}
		frame = aspace_unmap_frame(as, address, leaf, absent);
		slot = frame_record(frame)->slot;
		kassert(frame_record(frame)->owner == as, "only its owner frees a page");
		frame_free(frame);
		as->resident--;
		if (slot != SLOT_NONE)
			slot_release(slot);
		return;
	case MMU_SWAPPED:
		hal_mmu_write(leaf, absent);
		as->swapped--;
		slot_release(e.slot);
		return;
	default:
		kassert(e.kind == MMU_ABSENT, "a lent page is not discarded");
	}
}
