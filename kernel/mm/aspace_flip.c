/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: pages on loan, one by one (aspace.h). A lent page stays charged to
 * who pays for it and leaves a LENT entry behind. Everything is proved by
 * aspace_prepare_landing and aspace_may_lend; the moves themselves cannot fail. 2 MiB
 * on loan by one entry are in aspace_lend.c, pages that are given in aspace_give.c.
 */
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/slot.h"

enum status aspace_prepare_landing(struct aspace *as, uint64_t address, uint64_t pages)
{
	enum status st = pages == 0 || aspace_is_landing(as, address, pages) ? ST_OK : ST_EXISTS;
	struct mmu_leaf leaf;

	for (uint64_t i = 0; st == ST_OK && i < pages; i++) {
		cpu_safe_point_at(i);
		if (!aspace_look(as, address + i * PAGE_BYTES, true, &leaf))
			st = aspace_table_is_lent(as, address + i * PAGE_BYTES) ? ST_EXISTS : ST_NO_MEMORY;
		else if (!hal_mmu_is_absent(leaf) || (frame_known(leaf.table)->flags & FRAME_LENT))
			st = ST_EXISTS; /* within a table on loan it would go to the lender */
	}
	return st;
}

static inline enum status page_may_leave(struct aspace *as, uint64_t at, bool write, unsigned own_holds)
{
	struct mmu_leaf leaf;
	const struct frame *f;

	if (!aspace_find(as, at, &leaf) || (write && (frame_known(leaf.table)->flags & FRAME_READ_ONLY)))
		return ST_NOT_FLIPPABLE;
	if (!hal_mmu_is_data(leaf)) { /* of another kind it may be read at most */
		struct mmu_entry e = hal_mmu_read(leaf);

		if (write || e.kind != MMU_PRESENT || (e.prot & (MMU_EXECUTE | MMU_DEVICE)))
			return ST_NOT_FLIPPABLE;
	}
	f = frame_record(hal_mmu_frame(leaf));
	return f->busy > own_holds || f->dma != 0 ? ST_BUSY : ST_OK;
}

enum status aspace_may_lend(struct aspace *as, uint64_t address, uint64_t pages, bool write, unsigned own_holds)
{
	enum status st = ST_OK;

	for (uint64_t i = 0; st == ST_OK && i < pages; i++) {
		cpu_safe_point_at(i);
		st = page_may_leave(as, address + i * PAGE_BYTES, write, own_holds);
	}
	return st;
}

static inline bool page_is_idle(struct aspace *as, uint64_t at)
{
	struct mmu_leaf leaf;
	paddr_t frame;

	if (!aspace_find(as, at, &leaf))
		return true;
	frame = hal_mmu_child(leaf.table, leaf.index);
	if (!paddr_is_none(frame))
		return (frame_record(frame)->busy | frame_record(frame)->dma) == 0;
	return hal_mmu_is_absent(leaf) || aspace_is_never_back(hal_mmu_read(leaf));
}

bool aspace_is_idle(struct aspace *as, uint64_t address, uint64_t pages)
{
	bool idle = true;

	for (uint64_t i = 0, n; idle && i < pages; i += n) {
		uint64_t at = address + i * PAGE_BYTES;

		cpu_safe_point_at(i);
		n = aspace_loan_unit(as, at);
		idle = n == 1 ? page_is_idle(as, at) : aspace_table_is_idle(as, at);
	}
	return idle;
}

/* The page of an entry, about to be at another place. */
static inline struct frame *page_at(struct mmu_leaf leaf)
{
	struct frame *f = frame_record(hal_mmu_frame(leaf));

	kassert(f->table == leaf.table.v >> PAGE_SHIFT && f->index == leaf.index,
		"I-STATE: entry and back reference agree");
	kassert((f->busy | f->dma) == 0, "only an idle page leaves its place");
	return f;
}

/* A page that belongs to its table, or (it is borrowed itself) to none. */
static inline void lend_page(struct aspace *from, uint64_t at, struct mmu_leaf source, struct mmu_leaf target,
			     bool write)
{
	struct frame *f = page_at(source), *table = frame_known(source.table);
	bool borrowed = f->flags & FRAME_LENT;

	if (!borrowed) {
		f->owner = frame_payer(table);
		f->owner->away++;
		f->flags = FRAME_LENT | (aspace_promises_singly(from, at, source) ? FRAME_GIVEN : 0);
		table->present--;
		table->fixed++;
	}
	frame_known(target.table)->fixed++;
	aspace_set_place(f, target);
	hal_mmu_lend(source, target, borrowed ? LENT_ON : 0, write);
}

/* Pages of a space left, from this one on: no program knows them when one runs next. */
static void drop_translations(struct aspace *as, uint64_t at, uint64_t pages)
{
	if (pages == 1)
		hal_mmu_invalidate(&as->space, (vaddr_t){ at });
	else
		hal_mmu_invalidate_all(&as->space);
}

void aspace_lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, uint64_t pages, bool write)
{
	for (uint64_t i = 0; i < pages; i++) {
		cpu_safe_point_at(i);
		lend_page(from, at + i * PAGE_BYTES, aspace_leaf_at(from, at + i * PAGE_BYTES),
			  aspace_leaf_at(to, there + i * PAGE_BYTES), write);
	}
	drop_translations(from, at, pages);
}

/* The place in the lender's table where a loan was. A page lent on and forfeited is awaited until the loan is answered for. */
static void forget(struct mmu_leaf leaf)
{
	struct mmu_entry e = hal_mmu_read(leaf);
	bool borrowed = (e.prot & LENT_ON) || (frame_known(leaf.table)->flags & FRAME_LENT);

	kassert(e.kind == MMU_LENT, "only a loan is forfeited");
	aspace_set_unmapped(leaf, borrowed ? aspace_never_back : aspace_absent);
}

static inline bool return_page(struct mmu_leaf source, struct mmu_leaf target)
{
	struct frame *f, *table = frame_known(target.table);
	struct mmu_entry before = hal_mmu_read(target);

	kassert(before.kind == MMU_LENT, "a loan returns to where it was lent from");
	if (paddr_is_none(hal_mmu_child(source.table, source.index))) { /* lent on and forfeited */
		aspace_set_unmapped(source, aspace_absent);
		forget(target);
		return false;
	}
	f = page_at(source);
	if (!(before.prot & LENT_ON)) {
		f->owner->away--;
		f->owner = NULL;
		f->flags = 0;
		table->present++;
		table->fixed--;
	}
	frame_known(source.table)->fixed--;
	aspace_set_place(f, target);
	hal_mmu_take_back(source, target);
	return true;
}

bool aspace_return(struct aspace *borrower, uint64_t there, struct aspace *lender, uint64_t at, uint64_t pages)
{
	bool complete = true;

	for (uint64_t i = 0, n; i < pages; i += n) {
		uint64_t source = there + i * PAGE_BYTES, target = at + i * PAGE_BYTES;

		cpu_safe_point_at(i);
		n = aspace_loan_unit(borrower, source);
		complete &= n == 1 ? return_page(aspace_leaf_at(borrower, source), aspace_leaf_at(lender, target))
				   : aspace_return_table(borrower, source, lender, target);
	}
	drop_translations(borrower, there, pages);
	return complete;
}

static struct aspace *drop_page(struct aspace *borrower, uint64_t at)
{
	struct mmu_leaf leaf = aspace_leaf_at(borrower, at);
	struct aspace *owner;
	struct frame *f;
	paddr_t frame;

	if (aspace_is_never_back(hal_mmu_read(leaf))) {
		aspace_set_unmapped(leaf, aspace_absent);
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

struct aspace *aspace_drop_borrowed(struct aspace *borrower, uint64_t at)
{
	return aspace_loan_unit(borrower, at) == 1 ? drop_page(borrower, at) : aspace_drop_table(borrower, at);
}

unsigned aspace_forget_lent(struct aspace *lender, uint64_t at)
{
	struct mmu_leaf leaf;

	if (!aspace_find(lender, at, &leaf)) {
		aspace_forget_table(lender, at);
		return MMU_ENTRIES;
	}
	forget(leaf);
	return 1;
}
