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
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"
#include "kernel/mm/aspace_give.h"

#define INLINE static inline __attribute__((always_inline))

/* Whose pages and where, and where in whose landing window. */
struct gift {
	struct aspace *from, *to;
	uint64_t at, there, pages;
};

/*
 * What changes hands, all in all. Of the promised, `released` were promised to the giver by more than a region of his;
 * `old`: empty tables of the receiver's, which make room.
 */
struct bill {
	uint64_t resident, swapped, tables, old, promised, released;
};

INLINE bool is_whole(const struct frame *table) { return table->flags & FRAME_WHOLE; }

/* ---- by tables ---- */

/* Where n leaf tables are, and where they go: directories, and the first entries. */
struct run {
	paddr_t source, target;
	unsigned i, k, n;
};

/* May the table of the giver's move, made if nothing was ever touched there? Or is something missing, or must stay? */
INLINE bool may_move(struct aspace *from, uint64_t at, struct mmu_leaf place, bool window, struct frame **f)
{
	struct mmu_leaf leaf = { .table = hal_mmu_frame(place) };

	if (!hal_mmu_is_present(place)) {
		if (window || aspace_grow_to(from, at, &leaf) != ST_OK)
			return false;
		hal_cpu_safe_point();
	}
	*f = frame_known(leaf.table);
	return (*f)->fixed == 0 && (!window || is_whole(*f) || (*f)->present + (*f)->swapped == MMU_ENTRIES);
}

/* Where they are: so many pages of one region made for buffers. */
INLINE bool find_run(const struct gift *g, uint64_t pages, bool *window, struct run *t)
{
	const struct region *r = aspace_region_at(g->from, g->at);

	*t = (struct run){ .i = mmu_index(g->at, 1),
			   .k = mmu_index(g->there, 1),
			   .n = (unsigned)(pages / MMU_ENTRIES) };
	*window = r != NULL && r->kind == REGION_LANDING;
	if (r == NULL || (r->kind != REGION_BUFFER && !*window) || r->end - g->at < pages * PAGE_BYTES ||
	    t->i + t->n > MMU_ENTRIES || t->k + t->n > MMU_ENTRIES)
		return false;
	t->source = aspace_directory(g->from, g->at, !*window);
	t->target = aspace_directory(g->to, g->there, true);
	return !paddr_is_none(t->source) && !paddr_is_none(t->target);
}

/*
 * Do the next 2 MiB move whole: nothing in it is missing or must stay, and the receiver has nothing there? In a region
 * that is promised, a table with nothing in it yet is as good as any. Adds them to the bill.
 */
__attribute__((noinline)) static bool find_table(const struct gift *g, struct run *t, struct bill *b)
{
	struct mmu_leaf to;
	struct frame *f;
	bool window;

	if (!find_run(g, MMU_ENTRIES, &window, t) ||
	    !may_move(g->from, g->at, (struct mmu_leaf){ t->source, t->i }, window, &f))
		return false;
	to = (struct mmu_leaf){ t->target, t->k };
	if (!hal_mmu_is_absent(to)) {
		const struct frame *old = frame_known(hal_mmu_frame(to));

		if (!hal_mmu_is_present(to) || !aspace_table_is_empty(old))
			return false;
		b->old++;
		b->promised -= is_whole(old) ? MMU_ENTRIES : 0;
	}
	b->resident += f->present;
	b->swapped += f->swapped;
	b->tables++;
	b->promised += MMU_ENTRIES;
	b->released += window ? MMU_ENTRIES : 0;
	return true;
}

/* Leaf tables side by side become the space's, where nothing is. */
__attribute__((noinline)) static void move_to_free(paddr_t source, uint64_t at, paddr_t target, uint64_t there,
						   unsigned n, struct aspace *to)
{
	uint32_t number = (uint32_t)(there / TABLE_BYTES);

	for (unsigned i = mmu_index(at, 1), k = mmu_index(there, 1); n != 0; n--, i++, k++) {
		struct mmu_leaf from = { source, i };
		struct frame *f = frame_known(hal_mmu_frame(from));

		f->owner = to;
		f->region = number++;
		f->flags = FRAME_WHOLE;
		hal_mmu_move(from, (struct mmu_leaf){ target, k });
	}
}

INLINE void move_tables(const struct gift *g, struct run t)
{
	move_to_free(t.source, g->at, t.target, g->there, t.n, g->to);
	frame_known(t.source)->children -= (uint16_t)t.n;
	aspace_forget_places(g->from);
	aspace_count_children(t.target, t.k, t.n);
}

/* Copies outside of pages that are in RAM change hands with them. */
static inline void move_stored(const struct gift *g, uint32_t pages)
{
	g->from->stored -= pages;
	g->to->stored += pages;
}

__attribute__((noinline)) static void move_stored_of(const struct gift *g, paddr_t table)
{
	uint32_t n = 0;

	hal_cpu_safe_point();
	for (unsigned i = 0; i < MMU_ENTRIES; i++) {
		struct mmu_entry e = hal_mmu_read((struct mmu_leaf){ table, i });

		n += e.kind == MMU_PRESENT && frame_known(e.frame)->slot != SLOT_NONE;
	}
	move_stored(g, n);
}

/* What else there is to do before: an empty table makes room. */
static void make_room(const struct gift *g, const struct run *t)
{
	struct mmu_leaf to = { t->target, t->k };
	paddr_t old = hal_mmu_frame(to);

	if (g->from->stored != 0)
		move_stored_of(g, hal_mmu_frame((struct mmu_leaf){ t->source, t->i }));
	if (hal_mmu_is_absent(to))
		return;
	aspace_unlink_table(g->to, to.table, to.index);
	aspace_free_table(g->to, old);
}

/* ---- by pages ---- */

INLINE void move_page(const struct gift *g, struct frame *f, struct mmu_leaf source, struct mmu_leaf target)
{
	struct frame *old = frame_known(source.table), *new = frame_known(target.table);

	if (f != NULL) {
		if (f->slot != SLOT_NONE)
			move_stored(g, 1);
		aspace_set_place(f, target);
		old->present--;
		new->present++;
		g->from->resident--;
		g->to->resident++;
	} else {
		slot_at(hal_mmu_read(source).slot)->table = (uint32_t)(target.table.v >> PAGE_SHIFT);
		slot_at(hal_mmu_read(source).slot)->index = (uint16_t)target.index;
		old->swapped--;
		new->swapped++;
		g->from->swapped--;
		g->to->swapped++;
	}
	hal_mmu_move(source, target);
}

/* The next page: proved, and added to the bill or (then only what is promised is) moved. */
INLINE enum status next_page(const struct gift *g, struct bill *b, bool move)
{
	struct mmu_leaf source, target;
	struct frame *f = NULL;
	unsigned flags;
	bool made;

	if (!aspace_look(g->from, g->at, false, &source))
		return ST_NOT_FLIPPABLE;
	if (hal_mmu_is_data(source)) {
		f = frame_known(hal_mmu_frame(source));
		if (f->flags & FRAME_LENT)
			return ST_NOT_FLIPPABLE;
		if ((f->busy | f->dma) != 0)
			return ST_BUSY;
	} else if (hal_mmu_read(source).kind != MMU_SWAPPED) {
		return ST_NOT_FLIPPABLE;
	} else if (g->to->swapped + b->swapped >= g->to->swap_max) {
		return ST_TOO_BIG;
	}
	made = aspace_look(g->to, g->there, true, &target);
	if (aspace_charged(g->to) >= g->to->frames_max && (f != NULL || !made)) /* page tables count, too */
		return ST_TOO_BIG;
	if (!made)
		return aspace_table_is_lent(g->to, g->there) ? ST_EXISTS : ST_NO_MEMORY;
	flags = frame_known(target.table)->flags;
	if (!hal_mmu_is_absent(target) || (flags & FRAME_LENT))
		return ST_EXISTS;
	b->promised += !(flags & FRAME_WHOLE);
	flags = frame_known(source.table)->flags;
	if (flags & FRAME_LENT) /* borrowed with all that is in it */
		return ST_NOT_FLIPPABLE;
	b->released += aspace_region_at(g->from, g->at)->kind == REGION_LANDING && !(flags & FRAME_WHOLE);
	if (move)
		move_page(g, f, source, target);
	else
		*(f != NULL ? &b->resident : &b->swapped) += 1;
	return ST_OK;
}

/* Proves all of it, or (then it cannot fail) moves it. */
__attribute__((noinline)) static enum status each(struct gift g, struct bill *b, bool move)
{
	enum status st = ST_OK;

	while (st == ST_OK && g.pages != 0) {
		uint64_t n = 1;
		struct run t;

		if ((g.at | g.there) % TABLE_BYTES == 0 && g.pages >= MMU_ENTRIES && find_table(&g, &t, b)) {
			n = MMU_ENTRIES;
			if (move) {
				make_room(&g, &t);
				move_tables(&g, t);
			}
		} else {
			st = next_page(&g, b, move);
		}
		g.at += n * PAGE_BYTES;
		g.there += n * PAGE_BYTES;
		g.pages -= n;
		if (g.pages != 0 && (n != 1 || g.pages % CPU_STEPS_BETWEEN_SAFE_POINTS == 0))
			hal_cpu_safe_point();
	}
	return st;
}

/* ---- the whole ---- */

/* A pinned process gets no memory that is not its from the start. */
INLINE enum status check_spaces(const struct gift *g)
{
	const struct region *r;

	if (g->from->pinned || g->at - LAYOUT_HEAP_BASE >= LAYOUT_USER_END - LAYOUT_HEAP_BASE)
		return ST_NOT_FLIPPABLE;
	if (g->to->pinned)
		return ST_TOO_BIG;
	r = aspace_region_at(g->to, g->there);
	if (r == NULL || r->kind != REGION_LANDING || g->there + g->pages * PAGE_BYTES > r->end)
		return ST_EXISTS;
	return ST_OK;
}

/* Has the receiver room for it, and the machine? */
INLINE enum status check_bill(const struct aspace *to, const struct bill *b)
{
	if (aspace_charged(to) + b->resident + b->tables - b->old > to->frames_max ||
	    to->swapped + b->swapped > to->swap_max ||
	    to->committed + b->promised > (uint64_t)to->frames_max + to->swap_max)
		return ST_TOO_BIG;
	if (b->promised > b->released && aspace_promises + b->promised - b->released > aspace_promise_limit())
		return ST_NO_MEMORY;
	return ST_OK;
}

INLINE void pay(struct aspace *from, struct aspace *to, const struct bill *b)
{
	from->resident -= (uint32_t)b->resident;
	to->resident += (uint32_t)b->resident;
	from->swapped -= (uint32_t)b->swapped;
	to->swapped += (uint32_t)b->swapped;
	from->tables -= (uint32_t)b->tables;
	to->tables += (uint32_t)b->tables;
	from->committed -= b->released;
	to->committed += b->promised;
	aspace_promises += b->promised - b->released;
}

INLINE void finish(const struct gift *g, const struct bill *b)
{
	pay(g->from, g->to, b);
	hal_mmu_renew(&g->from->space);
	if (b->old != 0) /* a CPU may know where those tables were */
		hal_mmu_invalidate_all(&g->to->space);
}

__attribute__((noinline)) static enum status give_mixed(struct gift g)
{
	struct bill b = { 0 }, moved = { 0 };
	enum status st = each(g, &b, false);

	if (st == ST_OK)
		st = check_bill(g.to, &b);
	if (st != ST_OK)
		return st;
	/* Commit. */
	(void)each(g, &moved, true);
	finish(&g, &moved);
	return ST_OK;
}

/* All by tables that are there, to where none is, and no page has a copy outside: at once. False: nothing has changed. */
INLINE bool give_tables(const struct gift *g)
{
	struct bill b = { .tables = g->pages / MMU_ENTRIES, .promised = g->pages };
	uint32_t usual = FRAME_TABLE << 16, counts = 0; /* as they lie in a record */
	bool window;
	struct run t;

	if ((g->at | g->there | g->pages * PAGE_BYTES) % TABLE_BYTES != 0 || g->from->stored != 0 ||
	    !find_run(g, g->pages, &window, &t))
		return false;
	if (window) {
		usual |= (uint32_t)FRAME_WHOLE << 24;
		b.released = g->pages;
	}
	for (unsigned n = 0; n < t.n; n++) {
		struct mmu_leaf from = { t.source, t.i + n }, to = { t.target, t.k + n };
		const struct frame *f = frame_known(hal_mmu_frame(from));

		if (!hal_mmu_is_present(from) || !hal_mmu_is_absent(to) ||
		    (f->fixed | (uint32_t)f->kind << 16 | (uint32_t)f->flags << 24) != usual)
			return false;
		counts += f->present | (uint32_t)f->swapped << 16; /* MESSAGE_PAGES_MAX at most */
	}
	b.resident = counts & UINT16_MAX;
	b.swapped = counts >> 16;
	if (check_bill(g->to, &b) != ST_OK)
		return false;
	/* Commit. */
	move_tables(g, t);
	finish(g, &b);
	return true;
}

__attribute__((noinline)) static enum status give_many(struct aspace *from, uint64_t at, struct aspace *to,
						       uint64_t there, uint64_t pages)
{
	const struct gift g = { from, to, at, there, pages };
	enum status st = check_spaces(&g);

	if (st != ST_OK)
		return st;
	return give_tables(&g) ? ST_OK : give_mixed(g);
}

__attribute__((noinline)) static enum status give_one(struct aspace *from, uint64_t at, struct aspace *to,
						      uint64_t there)
{
	struct mmu_leaf source, target;

	if (at >= LAYOUT_HEAP_BASE && to->reserved == 0 && !from->pinned && !to->pinned &&
	    aspace_is_landing(to, there, 1) && aspace_region_at(from, at) != NULL && aspace_find(from, at, &source) &&
	    aspace_find(to, there, &target) && !(frame_known(target.table)->flags & FRAME_LENT)) {
		from->places[ASPACE_LEFT] = aspace_place_of(at, source.table);
		to->places[ASPACE_CAME] = aspace_place_of(there, target.table);
		if (aspace_give_page(from, at, to, there, NULL))
			return ST_OK;
	}
	return give_many(from, at, to, there, 1);
}

enum status aspace_give(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, uint64_t pages)
{
	return pages == 1 ? give_one(from, at, to, there) : give_many(from, at, to, there, pages);
}
