/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: pages given for good (aspace.h). Charge and promise go along.
 *
 *     giver's directory       receiver's directory
 *     [ table ]  ------------>  [ absent ]              2 MiB, aligned on both sides: one entry, however many
 *     [ table ]                 [ table ]               pages there are, here or swapped or never touched
 *        [ page ] ----------------> [ absent ]          else page by page; one never touched is refused
 *
 * What a page belongs to is found through its table, that of a swapped page too, so
 * that a table moves by one entry and one record. A landing window's table that came
 * whole is promised whole: its pages never touched are zeros when they are.
 */
#include "kernel/abi/layout.h"
#include "kernel/core/cpu.h"
#include "kernel/mm/aspace_internal.h"

/* What comes to the receiver; of the promised, how many were promised to the giver by more than a region of his. */
struct bill {
	uint64_t resident, swapped, tables, promised, released;
};

/* What moves next. */
struct step {
	struct frame *table, *old; /* a whole table, and the receiver's empty one in its place or NULL; NULL: a page */
	bool window;               /* it leaves a landing window */
};

/*
 * The giver's table of this 2 MiB, if all of it belongs to one region made for buffers and nothing in it is missing or
 * must stay. In a region that is promised, one with nothing in it yet is as good as any. *window: a landing window's.
 */
static struct frame *table_to_give(struct aspace *as, uint64_t at, bool *window)
{
	const struct region *r = aspace_region_at(as, at);
	struct mmu_leaf leaf;
	struct frame *table;

	if (r == NULL || r->end - at < TABLE_BYTES || (r->kind != REGION_BUFFER && r->kind != REGION_LANDING))
		return NULL;
	*window = r->kind == REGION_LANDING;
	if (!aspace_find(as, at, &leaf) && (*window || aspace_grow_to(as, at, &leaf) != ST_OK))
		return NULL;
	table = frame_record(leaf.table);
	if (*window && !(table->flags & FRAME_WHOLE) && table->present + table->swapped != MMU_ENTRIES)
		return NULL;
	return table->fixed == 0 ? table : NULL;
}

static struct step next_step(const struct gift *g, uint64_t done)
{
	bool aligned = (g->at + done) % TABLE_BYTES == 0 && (g->there + done) % TABLE_BYTES == 0 &&
		       g->pages * PAGE_BYTES - done >= TABLE_BYTES;
	struct step s = { 0 };
	struct mmu_leaf there;

	if (aligned)
		s.table = table_to_give(g->from, g->at + done, &s.window);
	if (s.table != NULL && aspace_find(g->to, g->there + done, &there))
		s.old = frame_record(there.table);
	if (s.old != NULL && !aspace_table_is_empty(s.old))
		s.table = NULL;
	return s;
}

/* ---- proofs ---- */

static enum status check_page(const struct gift *g, uint64_t done, struct bill *b)
{
	struct mmu_leaf target;
	struct mmu_entry e = aspace_entry(g->from, g->at + done);
	enum status st = e.kind == MMU_SWAPPED ? ST_OK : aspace_page_may_leave(e, MMU_READ | MMU_WRITE, 0, false);

	if (st == ST_OK)
		st = aspace_landing_leaf(g->to, g->there + done, &target);
	if (st != ST_OK)
		return st;
	b->swapped += e.kind == MMU_SWAPPED;
	b->resident += e.kind == MMU_PRESENT;
	b->promised += aspace_promises_singly(g->to, g->there + done, target);
	b->released += aspace_promises_singly(g->from, g->at + done, aspace_leaf_at(g->from, g->at + done));
	return ST_OK;
}

static enum status check_table(const struct gift *g, uint64_t done, const struct step *s, struct bill *b)
{
	b->resident += s->table->present;
	b->swapped += s->table->swapped;
	b->tables += s->old == NULL;
	b->promised += s->old != NULL && (s->old->flags & FRAME_WHOLE) ? 0 : MMU_ENTRIES;
	b->released += s->window ? MMU_ENTRIES : 0;
	return paddr_is_none(aspace_directory(g->to, g->there + done, true)) ? ST_NO_MEMORY : ST_OK;
}

/* Has the receiver room for it, and the machine? */
static enum status check_bill(const struct aspace *to, const struct bill *b)
{
	if (to->resident + to->tables + b->resident + b->tables > to->frames_max ||
	    to->swapped + b->swapped > to->swap_max ||
	    to->committed + b->promised > (uint64_t)to->frames_max + to->swap_max)
		return ST_TOO_BIG;
	if (b->promised > b->released && aspace_promised() + b->promised - b->released > aspace_promise_limit())
		return ST_NO_MEMORY;
	return ST_OK;
}

/* ---- moves ---- */

static void move_table(const struct gift *g, uint64_t done, const struct step *s)
{
	uint64_t at = g->at + done, there = g->there + done;
	struct frame *table = s->table;
	struct aspace *from = g->from, *to = g->to;
	paddr_t source = aspace_directory(from, at, false), target = aspace_directory(to, there, false);

	if (s->old != NULL) {
		aspace_unpromise(to, s->old->flags & FRAME_WHOLE ? MMU_ENTRIES : 0);
		aspace_unlink_table(to, target, mmu_index(there, 1));
		hal_mmu_invalidate_all(&to->space); /* a CPU may know where the table was */
		aspace_free_table(to, frame_address(s->old));
	}
	aspace_unlink_table(from, source, mmu_index(at, 1));
	aspace_link_table(target, mmu_index(there, 1), frame_address(table));
	table->owner = to;
	table->region = (uint32_t)(there / TABLE_BYTES);
	table->flags = FRAME_WHOLE;
	from->tables--;
	to->tables++;
	from->resident -= table->present;
	to->resident += table->present;
	from->swapped -= table->swapped;
	to->swapped += table->swapped;
	aspace_move_promise(from, s->window ? MMU_ENTRIES : 0, to, MMU_ENTRIES);
	hal_mmu_invalidate_all(&from->space); /* one page at a time would not do: the CPU knows the table, too */
}

static void move_page(const struct gift *g, uint64_t done)
{
	struct mmu_leaf source = aspace_leaf_at(g->from, g->at + done), target = aspace_leaf_at(g->to, g->there + done);
	struct mmu_entry e = hal_mmu_read(source);
	bool here = e.kind == MMU_PRESENT;

	aspace_move_promise(g->from, aspace_promises_singly(g->from, g->at + done, source), g->to,
			    aspace_promises_singly(g->to, g->there + done, target));
	if (here) {
		aspace_map_frame(target, aspace_unmap_frame(g->from, g->at + done, source), e.prot, e.dirty);
	} else {
		aspace_set_unmapped(source, (struct mmu_entry){ .kind = MMU_ABSENT });
		aspace_set_swapped(target, e.slot);
	}
	*(here ? &g->from->resident : &g->from->swapped) -= 1;
	*(here ? &g->to->resident : &g->to->swapped) += 1;
}

/* Proves all steps, into the bill, or (without one) makes them. */
static enum status each_step(const struct gift *g, struct bill *b)
{
	enum status st = ST_OK;

	for (uint64_t done = 0; st == ST_OK && done < g->pages * PAGE_BYTES;) {
		struct step s = next_step(g, done);

		cpu_safe_point_at(done / PAGE_BYTES);
		if (b != NULL)
			st = s.table != NULL ? check_table(g, done, &s, b) : check_page(g, done, b);
		else if (s.table != NULL)
			move_table(g, done, &s);
		else
			move_page(g, done);
		done += s.table != NULL ? TABLE_BYTES : PAGE_BYTES;
	}
	return st;
}

bool aspace_gives_here(struct aspace *as, uint64_t at, uint64_t pages)
{
	uint64_t end = at + pages * PAGE_BYTES;

	if (as->pinned || at < LAYOUT_HEAP_BASE)
		return false;
	while (at < end) {
		const struct region *r = aspace_region_at(as, at);

		if (r == NULL || r->kind == REGION_DEVICE)
			return false;
		at = r->end;
	}
	return true;
}

/* A pinned process gets no memory that is not its from the start. */
enum status aspace_may_give(struct gift g)
{
	struct bill b = { 0 };
	enum status st;

	if (g.from->pinned || g.at < LAYOUT_HEAP_BASE)
		return ST_NOT_FLIPPABLE;
	if (g.to->pinned || g.to->resident + g.to->tables >= g.to->frames_max)
		return ST_TOO_BIG;
	if (!aspace_is_landing(g.to, g.there, g.pages))
		return ST_EXISTS;
	st = each_step(&g, &b);
	return st == ST_OK ? check_bill(g.to, &b) : st;
}

void aspace_give(struct gift g) { (void)each_step(&g, NULL); }
