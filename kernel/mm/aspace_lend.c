/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: 2 MiB on loan by one entry of a page directory (aspace.h).
 *
 *     lender's directory        borrower's directory
 *     [ LENT ]   <-- table -->  [ table, may be narrowed to reading ]
 *
 * The table says who pays for it and for all that is in it, now or later: pages come
 * and go below it as ever (demand zero, eviction, page-in), at the lender's charge, who
 * had room for all of them when it went (aspace.reserved). `fixed` counts one more for
 * the loan itself. A table that is lent out of a landing window is promised whole.
 */
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"

/* Where the directory of an address names its table. */
static struct mmu_leaf place_of(struct aspace *as, uint64_t at, bool grow)
{
	return (struct mmu_leaf){ aspace_directory(as, at, grow), mmu_index(at, 1) };
}

static struct frame *table_at(struct mmu_leaf place) { return frame_known(hal_mmu_frame(place)); }

bool aspace_table_is_lent(struct aspace *as, uint64_t at)
{
	struct mmu_leaf place = place_of(as, at, false);
	enum mmu_kind kind = paddr_is_none(place.table) ? MMU_ABSENT : hal_mmu_read(place).kind;

	return kind == MMU_LENT || (kind == MMU_PRESENT && (table_at(place)->flags & FRAME_LENT));
}

bool aspace_lends_tables_here(struct aspace *as, uint64_t at)
{
	const struct region *r = aspace_region_at(as, at);

	return r != NULL && (r->kind == REGION_BUFFER || r->kind == REGION_LANDING) && r->end - at >= TABLE_BYTES;
}

/* May the 2 MiB leave? Its table, made if nothing was ever touched there; NULL: it may not. */
static const struct frame *table_may_leave(struct aspace *from, uint64_t at, bool write)
{
	bool buffer = aspace_lends_tables_here(from, at) && aspace_region_at(from, at)->kind == REGION_BUFFER;
	struct mmu_leaf leaf;
	const struct frame *t;

	if (!aspace_lends_tables_here(from, at) || !aspace_look(from, at, buffer, &leaf))
		return NULL;
	t = frame_known(leaf.table);
	if (t->flags & FRAME_LENT)
		return t->fixed == 1 && !(write && (t->flags & FRAME_READ_ONLY)) ? t : NULL;
	buffer |= (t->flags & FRAME_WHOLE) || t->present + t->swapped == MMU_ENTRIES;
	return t->fixed == 0 && buffer ? t : NULL;
}

/* Is nothing there, or an empty table, which makes room? */
static bool table_may_land(struct mmu_leaf place)
{
	if (paddr_is_none(place.table))
		return false;
	return hal_mmu_is_absent(place) ||
	       (hal_mmu_read(place).kind == MMU_PRESENT && aspace_table_is_empty(table_at(place)));
}

bool aspace_may_lend_tables(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, unsigned tables,
			    bool write)
{
	uint64_t more = 0;

	if (to->pinned || there % TABLE_BYTES != 0 || !aspace_is_landing(to, there, tables * (uint64_t)MMU_ENTRIES))
		return false;
	for (uint64_t end = at + tables * (uint64_t)TABLE_BYTES; at < end; at += TABLE_BYTES, there += TABLE_BYTES) {
		const struct frame *t = table_may_leave(from, at, write);

		hal_cpu_safe_point();
		if (t == NULL || !table_may_land(place_of(to, there, true)))
			return false;
		more += t->flags & FRAME_LENT ? 0 : (unsigned)(MMU_ENTRIES - t->present);
	}
	return aspace_charged(from) + more <= from->frames_max;
}

/* The table is at a place of this space from now on, and all that the CPU knew of the space is void. */
static void put_table(struct aspace *as, uint64_t at, struct mmu_leaf place, struct frame *t, bool write)
{
	t->owner = as;
	t->region = (uint32_t)(at / TABLE_BYTES);
	t->flags = (uint8_t)((t->flags & ~FRAME_READ_ONLY) | (write ? 0 : FRAME_READ_ONLY));
	hal_mmu_set_child(place.table, place.index, frame_address(t));
	if (!write)
		hal_mmu_narrow_child(place.table, place.index);
	hal_mmu_invalidate_all(&as->space);
}

/* It is not at its place of this space any more, where nothing is now, or what says that it is lent. */
static void take_table(struct aspace *as, struct mmu_leaf place, struct mmu_entry then)
{
	hal_mmu_write(place, then);
	if (then.kind == MMU_ABSENT)
		frame_known(place.table)->children--;
	aspace_forget_places(as);
	hal_mmu_invalidate_all(&as->space);
}

/* Who owns it lends it, and pays from now on for what is not there yet. */
static void begin_loan(struct aspace *from, uint64_t at, struct frame *t)
{
	struct region *r = aspace_region_at(from, at);

	if (r->kind == REGION_LANDING)
		t->flags |= FRAME_WHOLE; /* full, so it is promised as much page by page */
	r->untouched = false;
	t->flags |= FRAME_LENT;
	t->payer = (uint32_t)(from->root.v >> PAGE_SHIFT);
	t->fixed = 1;
	from->away++;
	from->reserved += (unsigned)(MMU_ENTRIES - t->present);
}

void aspace_lend_table(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write)
{
	struct mmu_leaf source = place_of(from, at, false), target = place_of(to, there, false);
	paddr_t old = hal_mmu_child(target.table, target.index);
	struct frame *t = table_at(source);
	struct mmu_entry lent = { .kind = MMU_LENT, .prot = MMU_READ };

	lent.prot |= (t->flags & FRAME_READ_ONLY ? 0u : MMU_WRITE) | (t->flags & FRAME_LENT ? LENT_ON : 0u);
	if (!(t->flags & FRAME_LENT))
		begin_loan(from, at, t);
	take_table(from, source, lent);
	if (paddr_is_none(old)) {
		aspace_count_children(target.table, target.index, 1);
	} else { /* it is empty: takes its place */
		aspace_unpromise(to, frame_known(old)->flags & FRAME_WHOLE ? MMU_ENTRIES : 0);
		aspace_forget_places(to);
		aspace_free_table(to, old);
	}
	put_table(to, there, target, t, write);
}

/* How many places of pages that were lent on and forfeited there are; all are free from now on, if asked for. */
static unsigned lost_pages(struct frame *t, bool forget)
{
	struct mmu_leaf leaf = { frame_address(t), 0 };
	unsigned lost = 0;

	for (; t->fixed > 1 && leaf.index < MMU_ENTRIES; leaf.index++) {
		cpu_safe_point_at(leaf.index);
		if (!aspace_is_never_back(hal_mmu_read(leaf)))
			continue;
		lost++;
		if (forget)
			hal_mmu_write(leaf, aspace_absent);
	}
	return lost;
}

bool aspace_table_is_idle(struct aspace *as, uint64_t at)
{
	struct mmu_leaf place = place_of(as, at, false);

	if (hal_mmu_read(place).kind == MMU_LENT)
		return aspace_is_never_back(hal_mmu_read(place));
	return table_at(place)->fixed == 1 + lost_pages(table_at(place), false);
}

/* Nobody lends it any more. Pages of it that are still out, forfeited, are charged as pages. */
static struct aspace *end_loan(struct frame *t)
{
	struct aspace *payer = frame_payer(t);

	payer->reserved -= (unsigned)MMU_ENTRIES - t->present - lost_pages(t, true);
	payer->away--;
	t->flags &= FRAME_WHOLE;
	t->fixed = 0;
	t->payer = 0;
	return payer;
}

void aspace_forget_table(struct aspace *lender, uint64_t at)
{
	struct mmu_leaf place = place_of(lender, at, false);
	struct mmu_entry e = hal_mmu_read(place);

	kassert(e.kind == MMU_LENT, "only a loan is forfeited");
	take_table(lender, place, e.prot & LENT_ON ? aspace_never_back : aspace_absent);
}

bool aspace_return_table(struct aspace *borrower, uint64_t there, struct aspace *lender, uint64_t at)
{
	struct mmu_leaf source = place_of(borrower, there, false), target = place_of(lender, at, false);
	struct mmu_entry e = hal_mmu_read(source), before = hal_mmu_read(target);
	struct frame *t = frame_known(e.frame);
	bool complete;

	kassert(before.kind == MMU_LENT, "a loan returns to where it was lent from");
	take_table(borrower, source, aspace_absent);
	if (aspace_is_never_back(e)) {
		aspace_forget_table(lender, at);
		return false;
	}
	complete = t->fixed == 1;
	if (!(before.prot & LENT_ON))
		(void)end_loan(t);
	put_table(lender, at, target, t, before.prot & MMU_WRITE);
	return complete;
}

struct aspace *aspace_drop_table(struct aspace *borrower, uint64_t at)
{
	struct mmu_leaf place = place_of(borrower, at, false);
	struct mmu_entry e = hal_mmu_read(place);
	struct mmu_leaf leaf = { e.frame, 0 };
	struct aspace *payer;

	take_table(borrower, place, aspace_absent);
	if (aspace_is_never_back(e))
		return NULL;
	payer = end_loan(frame_known(e.frame));
	for (; leaf.index < MMU_ENTRIES; leaf.index++) {
		cpu_safe_point_at(leaf.index);
		if (!hal_mmu_is_absent(leaf))
			aspace_discard(payer, at, leaf); /* no translation of it is left anywhere */
	}
	aspace_unpromise(payer, frame_known(e.frame)->flags & FRAME_WHOLE ? MMU_ENTRIES : 0);
	aspace_free_table(payer, e.frame);
	return payer;
}
