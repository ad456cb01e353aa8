/* SPDX-License-Identifier: BSD-2-Clause */
/* The invariants of one address space: its tables are read raw, and every count is counted again. */
#include "hal/x86_64/pte.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/paging/policy.h"
#include "tests/unit/kernel/world.h"

/* What walking the tables of one space found. */
struct found {
	struct aspace *as;
	uint32_t tables, swapped, lent, in_use, present;
	uint64_t in_landings;                         /* pages promised by themselves or by a whole table */
	unsigned table_present, table_swapped, fixed; /* of one leaf table */
};

/* Is the page promised by itself? */
static bool is_counted_landing(struct aspace *as, uint64_t va, paddr_t table)
{
	const struct region *r = aspace_region_at(as, va);

	assert_non_null(r); /* nothing is mapped outside of regions */
	assert_false(r->untouched);
	return r->kind == REGION_LANDING && !(frame_record(table)->flags & (FRAME_WHOLE | FRAME_LENT));
}

/* Is all of a table its mapper's, who has not borrowed it? */
static bool is_own(paddr_t table) { return !(frame_record(table)->flags & FRAME_LENT); }

static void check_present(struct found *f, uint64_t pte, uint64_t va, paddr_t table, unsigned index)
{
	const struct frame *frame;
	bool singly = is_counted_landing(f->as, va, table);

	assert_true((pte & PTE_USER) && !((pte & PTE_WRITE) && !(pte & PTE_NX))); /* I-CODE */
	if (aspace_region_at(f->as, va)->kind == REGION_DEVICE) {
		assert_true((pte & PTE_UNCACHED) && !host_is_ram((paddr_t){ pte & PTE_ADDRESS }));
		assert_true(aspace_region_at(f->as, va)->prot & MMU_DEVICE);
		f->fixed++;
		return;
	}
	frame = frame_record((paddr_t){ pte & PTE_ADDRESS });
	assert_true(frame->kind == FRAME_USER || frame->kind == FRAME_BOUNCE);
	assert_int_equal(frame->table, table.v >> PAGE_SHIFT); /* I-STATE */
	assert_int_equal(frame->index, index);
	assert_int_equal(aspace_address_of(frame), va);
	assert_ptr_equal(aspace_mapper_of(frame), f->as);
	if (frame->flags & FRAME_LENT) {
		assert_ptr_not_equal(frame->owner, f->as);
		assert_int_equal(aspace_region_at(f->as, va)->kind, REGION_LANDING);
		f->fixed++;
	} else {
		assert_null(frame->owner);
		assert_int_equal(frame->flags & (FRAME_LENT | FRAME_GIVEN | FRAME_ZERO), 0);
		f->present += is_own(table);
		f->table_present++;
		f->in_landings += singly;
	}
	f->fixed += (frame->busy != 0 ? 1u : 0u) + (frame->dma != 0 ? 1u : 0u);
	f->in_use += frame->busy + frame->dma;
}

static void check_not_present(struct found *f, uint64_t pte, uint64_t va, paddr_t table, unsigned index)
{
	struct mmu_entry e = pte_decode(pte);

	assert_false(host_is_ram((paddr_t){ pte & PTE_ADDRESS })); /* L1TF */
	if (e.kind == MMU_SWAPPED) {
		f->swapped += is_own(table);
		f->table_swapped++;
		f->in_landings += is_counted_landing(f->as, va, table);
		assert_int_not_equal(slot_at(e.slot)->state, SLOT_FREE);
		assert_false(slot_at(e.slot)->doomed);
		assert_int_equal(slot_at(e.slot)->table, table.v >> PAGE_SHIFT);
		assert_int_equal(slot_at(e.slot)->index, index);
	} else {
		assert_int_equal(e.kind, MMU_LENT);
		f->lent++;
		f->fixed++;
	}
}

/* What a table counts is what is in it, and one that came whole is in a landing window, whole. */
static void check_leaf(struct found *f, paddr_t table, uint64_t va)
{
	const struct frame *record = frame_record(table);

	assert_int_equal(record->present, f->table_present);
	assert_int_equal(record->swapped, f->table_swapped);
	assert_int_equal(record->fixed, f->fixed + !is_own(table));
	assert_true(is_own(table) || aspace_region_at(f->as, va)->kind == REGION_LANDING);
	assert_true(is_own(table) || frame_payer(record) != f->as);
	assert_int_equal(record->region, va / TABLE_BYTES);
	if (is_own(table) && (record->flags & FRAME_WHOLE)) {
		const struct region *r = aspace_region_at(f->as, va);

		assert_non_null(r);
		assert_int_equal(r->kind, REGION_LANDING);
		assert_true(r->start <= va && va + TABLE_BYTES <= r->end);
		f->in_landings += MMU_ENTRIES;
	}
	f->table_present = f->table_swapped = f->fixed = 0;
}

/* An entry that leads to a table, or is where 2 MiB were lent from. */
static bool is_table(const struct found *f, uint64_t pte, unsigned level, uint64_t va)
{
	const struct frame *below;

	if (!(pte & PTE_PRESENT)) {
		assert_int_equal(level, 1);
		assert_int_equal(pte_decode(pte).kind, MMU_LENT);
		assert_false(host_is_ram((paddr_t){ pte & PTE_ADDRESS })); /* L1TF */
		assert_false(aspace_region_at(f->as, va)->untouched);
		return false;
	}
	below = frame_record((paddr_t){ pte & PTE_ADDRESS });
	assert_int_equal((pte & PTE_WRITE) == 0, level == 1 && (below->flags & FRAME_READ_ONLY) != 0);
	return true;
}

static void check_higher(const struct frame *record, unsigned i, unsigned *children)
{
	assert_true(record->first <= i);
	++*children;
}

static void walk(struct found *f, paddr_t table, unsigned level, uint64_t va)
{
	const uint64_t *pte = hal_frame_ptr(table);
	const struct frame *record = frame_record(table);
	unsigned children = 0;

	assert_int_equal(record->kind, FRAME_TABLE);
	assert_ptr_equal(record->owner, f->as);
	f->tables += level != 0 || is_own(table);
	for (unsigned i = 0; i < (level == MMU_LEVELS - 1 ? MMU_ENTRIES / 2 : MMU_ENTRIES); i++) {
		uint64_t at = va | (uint64_t)i << (PAGE_SHIFT + 9 * level);

		if (pte[i] == 0)
			continue;
		if (level > 0) {
			check_higher(record, i, &children);
			if (is_table(f, pte[i], level, at))
				walk(f, (paddr_t){ pte[i] & PTE_ADDRESS }, level - 1, at);
		} else if (pte[i] & PTE_PRESENT) {
			check_present(f, pte[i], at, table, i);
		} else {
			check_not_present(f, pte[i], at, table, i);
		}
	}
	if (level == 0)
		check_leaf(f, table, va);
	else
		assert_int_equal(record->children, children);
}

/* Regions ascend, do not overlap, leave the guards free, and promise what the space says. */
static void check_regions(struct aspace *as, uint64_t in_landings)
{
	uint64_t committed = in_landings, end = 0;
	uint32_t count = 0;
	bool below_is_stack = false;

	list_for_each(node, &as->regions) {
		const struct region *r = container_of(node, struct region, link);

		/* Below a stack is its guard, or what is left of a stack that was unmapped in part. */
		if (r->kind == REGION_STACK && !below_is_stack)
			assert_true(end <= r->start - LAYOUT_GUARD_BYTES);
		assert_true(end <= r->start && r->start < r->end);
		end = r->end;
		count++;
		below_is_stack = r->kind == REGION_STACK;
		if (r->kind != REGION_LANDING && r->kind != REGION_DEVICE)
			committed += (r->end - r->start) / PAGE_BYTES;
	}
	assert_int_equal(as->region_count, count);
	/* Pages that were given, lent on and forfeited are still promised, and not in any table. */
	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *f = frame_by_number(n);

		committed += f->kind == FRAME_USER && f->owner == as && (f->flags & FRAME_GIVEN) &&
			     (f->flags & FRAME_LENT);
	}
	assert_int_equal(as->committed, committed);
}

/* What is remembered is what a walk finds. */
static void check_places(struct aspace *as)
{
	for (unsigned i = 0; i < ASPACE_PLACES; i++) {
		uint64_t number = as->places[i].number, va = number * TABLE_BYTES;
		paddr_t directory;

		if (number == UINT64_MAX)
			continue;
		directory = aspace_directory(as, va, false);
		assert_false(paddr_is_none(directory));
		assert_int_equal(as->places[i].table.v, hal_mmu_child(directory, mmu_index(va, 1)).v);
	}
}

/* No free page was left behind below the end of what is said to be filled. */
static void check_filled(const struct aspace *as)
{
	uint64_t at = LAYOUT_AREA_BASE;

	if (as->filled == NULL)
		return;
	list_for_each(node, &as->regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->end <= at && r == as->filled)
			return;
		if (r->end <= at)
			continue;
		assert_true((r->kind == REGION_STACK ? r->start - LAYOUT_GUARD_BYTES : r->start) <= at);
		at = r->end;
		if (r == as->filled)
			return;
	}
	fail_msg("what is filled is a region of the space");
}

struct frame *world_victim(const struct aspace *only)
{
	struct frame *f;

	return policy_victims(only, false, 1, &f) != 0 ? f : NULL;
}

/* What a space pays for in tables that it has lent out. */
static void add_lent_tables(const struct aspace *as, struct found *f, uint32_t *away, uint32_t *reserved)
{
	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *t = frame_by_number(n);

		if (t->kind != FRAME_TABLE || !(t->flags & FRAME_LENT) || frame_payer(t) != as)
			continue;
		assert_ptr_not_equal(t->owner, as);
		++*away;
		f->tables++;
		f->swapped += t->swapped;
		f->present += t->present;
		f->in_landings += t->flags & FRAME_WHOLE ? MMU_ENTRIES : 0;
		*reserved += (unsigned)(MMU_ENTRIES - t->present);
		for (unsigned i = 0; i < MMU_ENTRIES; i++) /* a page of it that is lent on is charged as a page */
			*reserved -= hal_mmu_read((struct mmu_leaf){ frame_address(t), i }).kind == MMU_LENT;
	}
}

void world_check_space(struct aspace *as)
{
	struct found f = { .as = as };
	uint32_t resident = 0, away = 0, tables_away = 0, reserved = 0, stored = 0;

	if (paddr_is_none(as->root))
		return;
	check_places(as);
	walk(&f, as->root, MMU_LEVELS - 1, 0);
	check_filled(as);
	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *frame = frame_by_number(n);

		if (frame->kind != FRAME_USER || aspace_payer_of(frame) != as)
			continue;
		resident++;
		away += (frame->flags & FRAME_LENT) != 0;
		stored += frame->slot != SLOT_NONE;
	}
	add_lent_tables(as, &f, &tables_away, &reserved);
	assert_int_equal(as->tables, f.tables);
	assert_int_equal(as->swapped, f.swapped);
	assert_int_equal(as->resident, resident);
	assert_int_equal(as->resident, f.present + away);
	assert_int_equal(as->away, away + tables_away);
	assert_int_equal(as->reserved, reserved);
	assert_int_equal(as->stored, stored);
	assert_int_equal(as->busy, f.in_use);
	check_regions(as, f.in_landings);
}
