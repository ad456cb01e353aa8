/* SPDX-License-Identifier: BSD-2-Clause */
/* See policy.h. Owns the hand, and the bits of a page's record that tell its age. */
#include "kernel/paging/policy.h"
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"

enum {
	TURNS_MAX = 4, /* of the hand: one finds a page used, two take what keeps it, one takes the page */
	EPOCH = 4,     /* all hot pages age when so many times as many victims were chosen as there are pages */
	BLOCK = FRAME_PAGES_EACH, /* frames between safe points */
	WINDOW_MAX = 8,           /* pages read at once */
	SCARCE_FRACTION = 8,      /* slots are scarce when less than this part of them is left */
	RECLAIM_BATCH = 32,       /* slots taken back at once from pages in RAM */
	KEPT = FRAME_HOT | FRAME_ROUND,
};

static uint32_t hand, turn;          /* where it is, and how often it has come around */
static uint64_t chosen, chosen_then; /* victims in this turn, and in the one before */
static uint64_t chosen_in_epoch;
static bool all_age; /* in this turn */

void policy_init(void)
{
	hand = 0;
	turn = 0;
	chosen = chosen_then = chosen_in_epoch = 0;
	all_age = false;
}

__attribute__((noinline, cold)) static void next_turn(void)
{
	hand = 0;
	turn++;
	chosen_in_epoch += chosen;
	chosen_then = chosen;
	chosen = 0;
	all_age = chosen_in_epoch >= EPOCH * frame_count(FRAME_USER);
	if (all_age)
		chosen_in_epoch = 0;
}

/* ---- which pages may go ---- */

/* The hand need not come by any more, until the frame becomes a page again. */
static inline void pass_by(const struct frame *f)
{
	frame_pages[frame_number(f) / BLOCK] &= ~(1ull << frame_number(f) % BLOCK);
}

static inline bool is_idle(const struct frame *f) { return f->table != 0 && f->held == 0 && !(f->flags & FRAME_LENT); }

/* Could this idle page of a space go, with so many others? only: pages of this space, or NULL. */
static inline bool may_go(const struct frame *f, const struct aspace *as, const struct aspace *only, bool store_full,
			  unsigned others)
{
	if (as->pinned)
		pass_by(f); /* it stays so */
	if (as->pinned || (only != NULL ? as != only : as->resident <= as->frames_min + others))
		return false;
	return f->slot != SLOT_NONE || (!store_full && aspace_slots(as) + others < as->swap_max);
}

static inline bool must_be_written(const struct frame *f, struct mmu_leaf leaf)
{
	return f->slot == SLOT_NONE || hal_mmu_is_dirty(leaf);
}

/* ---- slots of pages that are in RAM ---- */

static inline bool is_scarce(uint64_t used, uint64_t all) { return used >= all - all / SCARCE_FRACTION; }

/* What is in use will hardly go soon: its slot may serve others, or others of its space. */
static inline void give_up_slot(struct frame *f, const struct aspace *as)
{
	if (f->slot != SLOT_NONE && (is_scarce(slot_used(), slot_total()) || is_scarce(aspace_slots(as), as->swap_max)))
		aspace_forget_slot(f);
}

/* The store is full: some pages in RAM, whoever's, give up their slots. */
__attribute__((noinline, cold)) static bool reclaim_slots(void)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < frame_limit() && n < RECLAIM_BATCH; i++) {
		struct frame *f = &frame_records[i];

		cpu_safe_point_at(i);
		if (f->kind != FRAME_USER || (f->flags & FRAME_LENT) || f->table == 0 || f->slot == SLOT_NONE)
			continue;
		aspace_forget_slot(f);
		n++;
	}
	return n != 0;
}

/* ---- the clock ---- */

/*
 * Do the hot pages of a space age in this turn? If, for its size, it had as many faults since the last turn as all had.
 * So who walks through memory does not make those age who find what they need.
 */
__attribute__((noinline, cold)) static void begin_turn(struct aspace *as)
{
	uint32_t faults = as->faults + as->faults_zero;

	as->policy.turn = turn;
	as->policy.ages = (faults - as->policy.faults_then) * frame_count(FRAME_USER) >= chosen_then * as->resident;
	as->policy.faults_then = faults;
}

/* The hand has come to an idle page, of a leaf table. True: it goes. */
static inline bool pass(struct frame *f, const struct frame *table, const struct aspace *only, bool store_full,
			bool ages)
{
	struct mmu_leaf leaf = aspace_leaf_of(f);
	struct aspace *as = frame_payer(table);
	unsigned was = f->flags;

	if (!may_go(f, as, only, store_full, 0))
		return false;
	if (as->policy.turn != turn)
		begin_turn(as);
	if ((was & FRAME_HOT) && !as->policy.ages && !ages)
		return false;
	if (!hal_mmu_take_accessed(leaf)) {
		f->flags = (uint8_t)(was & ~(unsigned)KEPT);
		return !(was & KEPT);
	}
	if (was & FRAME_AHEAD)
		paging_counts.ahead_used++;
	f->flags = FRAME_SEEN | (was & FRAME_SEEN ? FRAME_HOT : must_be_written(f, leaf) ? FRAME_ROUND : 0);
	give_up_slot(f, as);
	hal_mmu_invalidate(&table->owner->space, (vaddr_t){ aspace_address_in(table, leaf.index) });
	return false;
}

/* The hand goes on, up to the next safe point at most; the victim it finds on its way, or NULL. */
static inline struct frame *choose_in_block(const struct aspace *only, bool store_full, bool ages)
{
	uint32_t first = hand / BLOCK * BLOCK;
	struct frame *records = frame_records;
	uint64_t left = frame_pages[hand / BLOCK] >> hand % BLOCK << hand % BLOCK;

	for (; left != 0; left &= left - 1) {
		uint32_t number = first + (uint32_t)__builtin_ctzll(left);
		struct frame *f = records + number;

		if (f->kind != FRAME_USER) {
			pass_by(f);
		} else if (is_idle(f) && pass(f, records + f->table, only, store_full, ages)) {
			hand = number + 1;
			return f;
		}
	}
	hand = first + BLOCK;
	return NULL;
}

/* Once around, all pages age; in the end it gives up. */
static struct frame *choose(const struct aspace *only, bool store_full)
{
	uint64_t limit = frame_limit(), begun = hand, turns = 0;
	bool ages = all_age;

	for (;;) {
		struct frame *f;

		hal_cpu_safe_point();
		f = choose_in_block(only, store_full, ages);
		if (f != NULL) {
			chosen++;
			return f;
		}
		if (hand >= limit) {
			next_turn();
			turns++;
		}
		if (turns == TURNS_MAX && hand >= begun)
			return NULL;
		ages = all_age || (turns != 0 && (turns > 1 || hand >= begun));
	}
}

/* The page at a leaf, if it would be written out like its neighbour, and the hand would take it; else NULL. */
static struct frame *cold_page(struct mmu_leaf leaf, const struct aspace *only, bool store_full, unsigned others)
{
	struct frame *f;

	if (!hal_mmu_is_ram(leaf) || hal_mmu_is_accessed(leaf))
		return NULL;
	f = frame_known(hal_mmu_frame(leaf));
	return f->kind == FRAME_USER && is_idle(f) && !(f->flags & KEPT) && must_be_written(f, leaf) &&
			       may_go(f, frame_payer(frame_table(f)), only, store_full, others)
		       ? f
		       : NULL;
}

unsigned policy_victims(const struct aspace *only, bool store_full, unsigned most, struct frame *out[])
{
	struct frame *f;
	struct mmu_leaf leaf;
	unsigned n = 0;

	while ((f = choose(only, store_full)) == NULL) {
		if (!store_full || !reclaim_slots())
			return 0;
		store_full = false;
	}
	leaf = (struct mmu_leaf){ { (uint64_t)f->table << PAGE_SHIFT }, f->index };
	if (!must_be_written(f, leaf))
		most = 1;
	for (;;) {
		out[n++] = f;
		if (n >= most || ++leaf.index >= MMU_ENTRIES)
			return n;
		f = cold_page(leaf, only, store_full, n);
		if (f == NULL)
			return n;
	}
}

/* ---- read-ahead ---- */

static bool is_held_at(struct mmu_leaf leaf, uint32_t slot)
{
	struct mmu_entry e = hal_mmu_read(leaf);

	return e.kind == MMU_SWAPPED && e.slot == slot && slot_at(slot)->state == SLOT_HELD;
}

/* Pages that may come in at once without crowding out others: the space's own limit, and who waits for memory. */
static uint64_t room(const struct aspace *as)
{
	uint64_t own = as->frames_max - aspace_charged(as);
	uint64_t free = frame_free_count() > frame_reserve() ? frame_free_count() - frame_reserve() : 0;

	return aspace_charged(as) < as->frames_max ? min_u64(own, free) : 0;
}

/* A fault where one was awaited: how many neighbours are there to come in? */
__attribute__((noinline)) static unsigned run_from(struct aspace *as, uint64_t address, uint32_t slot, unsigned most)
{
	struct mmu_leaf leaf = aspace_leaf_at(as, address);
	unsigned n = 1;

	as->policy.window = as->policy.window < WINDOW_MAX / 2 ? as->policy.window * 2 : WINDOW_MAX;
	most = (unsigned)min_u64(min_u64(most, as->policy.window), min_u64(room(as), MMU_ENTRIES - leaf.index));
	while (n < most && is_held_at((struct mmu_leaf){ leaf.table, leaf.index + n }, slot + n))
		n++;
	return n;
}

unsigned policy_read_ahead(struct aspace *as, uint64_t address, uint32_t slot, unsigned most)
{
	uint64_t page = address >> PAGE_SHIFT;
	unsigned n = 1;

	as->faults++;
	if (page - as->policy.ahead_next < WINDOW_MAX) /* those between are in RAM already */
		n = run_from(as, address, slot, most);
	else /* one fault elsewhere does not make a stream begin anew */
		as->policy.window = as->policy.window > 1 ? as->policy.window / 2 : 1;
	as->policy.ahead_next = page + n;
	return n;
}
