/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: pages that change places without being copied (aspace.h). A
 * lent page stays charged to its lender and leaves a LENT entry behind; a given
 * page takes its charge along. Everything is proved by prepare_landing, may_lend
 * and may_give; the moves themselves cannot fail.
 */
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/slot.h"

/*
 * In the prot of a LENT entry: the page was itself borrowed (a device's page is never lent, so the bit is free).
 * Alone, it marks the place of a page that was lent on and forfeited: nothing may land there until the loan that
 * the page came by has ended, or what landed would go back in its stead.
 */
enum { LENT_ON = MMU_DEVICE };

static const struct mmu_entry absent = { .kind = MMU_ABSENT };
static const struct mmu_entry never_back = { .kind = MMU_LENT, .prot = LENT_ON };

static bool is_never_back(struct mmu_entry e) { return e.kind == MMU_LENT && e.prot == LENT_ON; }

enum status aspace_prepare_landing(struct aspace *as, uint64_t address, uint64_t pages)
{
	const struct region *r = aspace_region_at(as, address);

	if (r == NULL || r->kind != REGION_LANDING || !page_aligned(address) || pages > (r->end - address) / PAGE_BYTES)
		return ST_TOO_BIG;
	for (uint64_t i = 0; i < pages; i++) {
		struct mmu_leaf leaf;
		enum status st = aspace_grow_to(as, address + i * PAGE_BYTES, &leaf);

		if (st != ST_OK)
			return st;
		if (hal_mmu_read(leaf).kind != MMU_ABSENT)
			return ST_TOO_BIG;
	}
	return ST_OK;
}

enum status aspace_may_lend(struct aspace *as, uint64_t address, uint64_t pages, bool write, unsigned own_holds)
{
	unsigned access = write ? MMU_READ | MMU_WRITE : MMU_READ;

	for (uint64_t i = 0; i < pages; i++) {
		struct mmu_entry e = aspace_entry(as, address + i * PAGE_BYTES);
		const struct frame *f;

		if (e.kind != MMU_PRESENT || (e.prot & access) != access || (e.prot & (MMU_EXECUTE | MMU_DEVICE)))
			return ST_NOT_FLIPPABLE;
		f = frame_record(e.frame);
		if (f->busy > own_holds || f->dma != 0)
			return ST_BUSY;
	}
	return ST_OK;
}

bool aspace_is_idle(const struct aspace *as, uint64_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		struct mmu_entry e = aspace_entry(as, address + i * PAGE_BYTES);

		if (e.kind == MMU_LENT && !is_never_back(e))
			return false;
		if (e.kind == MMU_PRESENT && (frame_record(e.frame)->busy != 0 || frame_record(e.frame)->dma != 0))
			return false;
	}
	return true;
}

enum status aspace_may_give(struct aspace *as, uint64_t address, uint64_t pages, unsigned own_holds)
{
	enum status st = aspace_may_lend(as, address, pages, true, own_holds);

	if (st != ST_OK)
		return st;
	if (as->pinned)
		return ST_NOT_FLIPPABLE;
	for (uint64_t i = 0; i < pages; i++) {
		const struct region *r = aspace_region_at(as, address + i * PAGE_BYTES);

		if (r->kind == REGION_IMAGE ||
		    frame_record(aspace_entry(as, address + i * PAGE_BYTES).frame)->owner != as)
			return ST_NOT_FLIPPABLE;
	}
	return ST_OK;
}

static struct mmu_leaf leaf_at(struct aspace *as, uint64_t address)
{
	struct mmu_leaf leaf;
	bool found = hal_mmu_find(as->root, (vaddr_t){ address }, &leaf);

	kassert(found, "a flip's tables were prepared");
	return leaf;
}

/* Moves a mapping, carrying the dirty bit: what was written stays to be written out. */
static struct frame *move(struct aspace *from, uint64_t at, struct mmu_entry behind, struct aspace *to, uint64_t there,
			  unsigned prot)
{
	struct mmu_leaf source = leaf_at(from, at), target = leaf_at(to, there);
	bool dirty = hal_mmu_read(source).dirty;
	paddr_t frame = aspace_unmap_frame(from, at, source, behind);

	aspace_map_frame(target, frame, prot, true);
	if (dirty)
		hal_mmu_set_used(target, true);
	return frame_record(frame);
}

void aspace_lend_page(struct aspace *from, uint64_t from_address, struct aspace *to, uint64_t to_address, bool write)
{
	struct mmu_entry e = aspace_entry(from, from_address), lent = { .kind = MMU_LENT, .prot = e.prot };
	struct frame *f = frame_record(e.frame);

	if (f->owner != from)
		lent.prot |= LENT_ON;
	(void)move(from, from_address, lent, to, to_address, write ? MMU_READ | MMU_WRITE : MMU_READ);
	if (f->owner == from) {
		f->flags |= FRAME_LENT;
		from->away++;
	}
}

void aspace_return_page(struct aspace *borrower, uint64_t at, struct aspace *lender, uint64_t lender_address)
{
	struct mmu_entry e = aspace_entry(lender, lender_address);
	struct frame *f;

	kassert(e.kind == MMU_LENT, "a loan returns to where it was lent from");
	if (is_never_back(aspace_entry(borrower, at))) {
		hal_mmu_write(leaf_at(borrower, at), absent);
		aspace_forget_lent(lender, lender_address);
		return;
	}
	f = move(borrower, at, absent, lender, lender_address, e.prot & ~(unsigned)LENT_ON);
	if (f->owner == lender) {
		f->flags &= (uint8_t)~FRAME_LENT;
		lender->away--;
	}
}

enum status aspace_may_receive(const struct aspace *as, uint64_t pages)
{
	if (as->pinned || (uint64_t)as->resident + as->tables + pages > as->frames_max ||
	    as->committed + pages > (uint64_t)as->frames_max + as->swap_max)
		return ST_TOO_BIG;
	return aspace_promised() + pages > aspace_promise_limit() ? ST_NO_MEMORY : ST_OK;
}

void aspace_give_page(struct aspace *from, uint64_t from_address, struct aspace *to, uint64_t to_address)
{
	struct frame *f = move(from, from_address, absent, to, to_address, MMU_READ | MMU_WRITE);

	if (f->slot != SLOT_NONE) { /* the copy outside names its old owner */
		slot_release(f->slot);
		f->slot = SLOT_NONE;
	}
	f->owner = to;
	from->resident--;
	to->resident++;
	/* A landing window promised nothing; any other region still promises a page there. */
	aspace_move_promise(f->flags & FRAME_GIVEN ? from : NULL, to);
	f->flags |= FRAME_GIVEN;
}

void aspace_land_frame(struct aspace *to, uint64_t address, paddr_t frame, bool write)
{
	aspace_map_frame(leaf_at(to, address), frame, write ? MMU_READ | MMU_WRITE : MMU_READ, true);
	frame_record(frame)->flags |= FRAME_LENT;
}

paddr_t aspace_take_frame(struct aspace *from, uint64_t address)
{
	struct mmu_leaf leaf = leaf_at(from, address);
	paddr_t frame;

	if (is_never_back(hal_mmu_read(leaf))) {
		hal_mmu_write(leaf, absent);
		return PADDR_NONE;
	}
	frame = aspace_unmap_frame(from, address, leaf, absent);
	frame_record(frame)->flags &= (uint8_t)~FRAME_LENT;
	return frame;
}

struct aspace *aspace_drop_borrowed(struct aspace *borrower, uint64_t at)
{
	struct mmu_leaf leaf = leaf_at(borrower, at);
	struct aspace *owner;
	struct frame *f;
	paddr_t frame;

	if (is_never_back(hal_mmu_read(leaf))) {
		hal_mmu_write(leaf, absent);
		return NULL;
	}
	frame = aspace_unmap_frame(borrower, at, leaf, absent);
	f = frame_record(frame);
	owner = f->owner;
	if (owner == NULL) {
		frame_free(frame);
		return NULL;
	}
	owner->resident--;
	owner->away--;
	if (f->flags & FRAME_GIVEN)
		aspace_unpromise(owner, 1);
	if (f->slot != SLOT_NONE)
		slot_release(f->slot);
	frame_free(frame);
	return owner;
}

void aspace_forget_lent(struct aspace *lender, uint64_t address)
{
	struct mmu_leaf leaf = leaf_at(lender, address);
	struct mmu_entry e = hal_mmu_read(leaf);

	kassert(e.kind == MMU_LENT, "only a loan is forfeited");
	hal_mmu_write(leaf, e.prot & LENT_ON ? never_back : absent);
}
