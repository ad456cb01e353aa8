/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: pages on loan (aspace.h). A lent page stays charged to its lender
 * and leaves a LENT entry behind. Everything is proved by prepare_landing and
 * may_lend; the moves themselves cannot fail. Loans go page by page, 2 MiB too: a
 * borrower lends on parts of them, so each page must say where it is. Pages that are
 * given are in aspace_give.c.
 */
#include "kernel/core/cpu.h"
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
	enum status st = aspace_is_landing(as, address, pages) ? ST_OK : ST_EXISTS;
	struct mmu_leaf leaf;

	for (uint64_t i = 0; st == ST_OK && i < pages; i++) {
		cpu_safe_point_at(i);
		st = aspace_grow_to(as, address + i * PAGE_BYTES, &leaf);
		if (st == ST_OK && !hal_mmu_is_absent(leaf))
			st = ST_EXISTS;
	}
	return st;
}

static enum status page_may_leave(struct mmu_entry e, unsigned access, unsigned own_holds)
{
	const struct frame *f;

	if (e.kind != MMU_PRESENT || (e.prot & access) != access || (e.prot & (MMU_EXECUTE | MMU_DEVICE)))
		return ST_NOT_FLIPPABLE;
	f = frame_record(e.frame);
	return f->busy > own_holds || f->dma != 0 ? ST_BUSY : ST_OK;
}

enum status aspace_may_lend(struct aspace *as, uint64_t address, uint64_t pages, bool write, unsigned own_holds)
{
	unsigned access = write ? MMU_READ | MMU_WRITE : MMU_READ;
	enum status st = ST_OK;

	for (uint64_t i = 0; st == ST_OK && i < pages; i++) {
		cpu_safe_point_at(i);
		st = page_may_leave(aspace_entry(as, address + i * PAGE_BYTES), access, own_holds);
	}
	return st;
}

bool aspace_is_idle(struct aspace *as, uint64_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		struct mmu_entry e = aspace_entry(as, address + i * PAGE_BYTES);

		cpu_safe_point_at(i);
		if (e.kind == MMU_LENT && !is_never_back(e))
			return false;
		if (e.kind == MMU_PRESENT && (frame_record(e.frame)->busy != 0 || frame_record(e.frame)->dma != 0))
			return false;
	}
	return true;
}

void aspace_lend_page(struct aspace *from, uint64_t from_address, struct aspace *to, uint64_t to_address, bool write)
{
	struct mmu_leaf source = aspace_leaf_at(from, from_address);
	struct mmu_entry e = hal_mmu_read(source), lent = { .kind = MMU_LENT, .prot = e.prot };
	struct frame *f = frame_record(e.frame);
	bool own = !(f->flags & FRAME_LENT);

	if (!own)
		lent.prot |= LENT_ON;
	(void)aspace_unmap_frame(from, from_address, source);
	aspace_set_unmapped(source, lent);
	if (own) {
		f->owner = from;
		f->flags = FRAME_LENT;
		if (aspace_promises_singly(from, from_address, source))
			f->flags |= FRAME_GIVEN;
		from->away++;
	}
	/* Dirty as it was: what was written stays to be written out. */
	aspace_map_frame(aspace_leaf_at(to, to_address), frame_address(f), write ? MMU_READ | MMU_WRITE : MMU_READ,
			 e.dirty);
}

void aspace_return_page(struct aspace *borrower, uint64_t at, struct aspace *lender, uint64_t lender_address)
{
	struct mmu_leaf source, target = aspace_leaf_at(lender, lender_address);
	struct mmu_entry e, before = hal_mmu_read(target);
	struct frame *f;

	kassert(before.kind == MMU_LENT, "a loan returns to where it was lent from");
	source = aspace_leaf_at(borrower, at);
	e = hal_mmu_read(source);
	if (is_never_back(e)) {
		aspace_set_unmapped(source, absent);
		aspace_forget_lent(lender, lender_address);
		return;
	}
	f = frame_record(aspace_unmap_frame(borrower, at, source));
	if (f->owner == lender) {
		f->owner = NULL;
		f->flags = 0;
		lender->away--;
	}
	aspace_map_frame(target, frame_address(f), before.prot & ~(unsigned)LENT_ON, e.dirty);
}

void aspace_land_frame(struct aspace *to, uint64_t address, paddr_t frame, bool write)
{
	frame_record(frame)->flags = FRAME_LENT;
	aspace_map_frame(aspace_leaf_at(to, address), frame, write ? MMU_READ | MMU_WRITE : MMU_READ, false);
}

paddr_t aspace_take_frame(struct aspace *from, uint64_t address)
{
	struct mmu_leaf leaf = aspace_leaf_at(from, address);
	paddr_t frame;

	if (is_never_back(hal_mmu_read(leaf))) {
		aspace_set_unmapped(leaf, absent);
		return PADDR_NONE;
	}
	frame = aspace_unmap_frame(from, address, leaf);
	frame_record(frame)->flags = 0;
	return frame;
}

struct aspace *aspace_drop_borrowed(struct aspace *borrower, uint64_t at)
{
	struct mmu_leaf leaf = aspace_leaf_at(borrower, at);
	struct aspace *owner;
	struct frame *f;
	paddr_t frame;

	if (is_never_back(hal_mmu_read(leaf))) {
		aspace_set_unmapped(leaf, absent);
		return NULL;
	}
	frame = aspace_unmap_frame(borrower, at, leaf);
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
	if (f->slot != SLOT_NONE) {
		owner->stored--;
		slot_release(f->slot);
	}
	frame_free(frame);
	return owner;
}

void aspace_forget_lent(struct aspace *lender, uint64_t address)
{
	struct mmu_leaf leaf = aspace_leaf_at(lender, address);
	struct mmu_entry e = hal_mmu_read(leaf);

	kassert(e.kind == MMU_LENT, "only a loan is forfeited");
	aspace_set_unmapped(leaf, e.prot & LENT_ON ? never_back : absent);
}
