/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Property: whatever is touched, evicted, lent, returned, held and given, each page is where a simple model says, with
 * what was written to it, and all counts are what a scan finds. Fixed seeds.
 */
#include "tests/unit/kernel/give_fixture.h"
#include <stdlib.h>

enum { STEPS = 3000, CHECK_EVERY = 10, LOANS = 4, RANGE = GIVE_PAGES, PLACES = 2 * RANGE };

enum what { HOLE, ZEROS, WORD, AWAY, BORROWED, BORROWED_ZEROS };

static struct page {
	enum what what;
	uint64_t word;
} model[2][PLACES];
static struct loan_model {
	bool out, held;
	unsigned from, at, there, pages;
} loans[LOANS];
static uint64_t next_word;
static struct aspace *const spaces[] = { &giver, &taker };

static unsigned any(unsigned n) { return (unsigned)rand() % n; }
static uint64_t address_of(unsigned place)
{
	return place < RANGE ? BUFFER + PAGE(place) : WINDOW + PAGE(place - RANGE);
}

/* A place near others that are in use, so that things meet. */
static unsigned some_place(void) { return any(4) * MMU_ENTRIES + (any(3) == 0 ? any(MMU_ENTRIES) : any(8)); }

static void touch(unsigned s, unsigned place)
{
	struct page *p = &model[s][place];
	uint32_t slot;

	switch (p->what) {
	case HOLE:
		assert_int_equal(aspace_touch(spaces[s], address_of(place), RW, &slot), TOUCH_UNMAPPED);
		return;
	case AWAY:
		assert_int_equal(aspace_touch(spaces[s], address_of(place), RW, &slot), TOUCH_LENT);
		return;
	default:
		assert_int_equal(give_get(spaces[s], address_of(place)), p->word);
		p->word = ++next_word;
		give_put(spaces[s], address_of(place), p->word);
		if (p->what == ZEROS)
			p->what = WORD;
		if (p->what == BORROWED_ZEROS)
			p->what = BORROWED;
	}
}

static void evict(unsigned s, unsigned place)
{
	struct mmu_entry e = aspace_entry(spaces[s], address_of(place));
	uint32_t slot;

	if (e.kind != MMU_PRESENT || (frame_record(e.frame)->flags & FRAME_LENT) || frame_record(e.frame)->busy != 0)
		return;
	slot = give_evict(spaces[s], address_of(place));
	if (any(2))
		assert_true(slot_settle(slot));
}

static bool is_held(unsigned s, unsigned place)
{
	struct mmu_entry e = aspace_entry(spaces[s], address_of(place));

	return e.kind == MMU_PRESENT && frame_record(e.frame)->busy != 0;
}

/* May the model's page go? Whole: those never touched go, too. */
static bool may_go(unsigned s, unsigned place, bool whole)
{
	enum what w = model[s][place].what;

	return !is_held(s, place) && (w == WORD || (whole && w == ZEROS));
}

static bool all_may_go(unsigned s, unsigned place, unsigned n, bool whole)
{
	for (unsigned i = 0; i < n; i++)
		if (!may_go(s, place + i, whole))
			return false;
	return true;
}

/* In a window, a page never touched is as free as a hole. */
static bool is_free(unsigned s, unsigned place)
{
	return place >= RANGE && (model[s][place].what == HOLE || model[s][place].what == ZEROS);
}

static bool all_free(unsigned s, unsigned place, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!is_free(s, place + i))
			return false;
	return true;
}

/* The model's give: nothing unless all goes. */
static bool model_give(unsigned s, unsigned at, unsigned there, unsigned n)
{
	bool aligned = at % MMU_ENTRIES == there % MMU_ENTRIES;

	if (there < RANGE || there + n > PLACES || !all_free(!s, there, n))
		return false;
	for (unsigned i = 0, step; i < n; i += step) {
		bool whole = aligned && (at + i) % MMU_ENTRIES == 0 && n - i >= MMU_ENTRIES;

		step = whole ? MMU_ENTRIES : 1;
		if (!all_may_go(s, at + i, step, whole))
			return false;
	}
	for (unsigned i = 0; i < n; i++) {
		struct page *p = &model[s][at + i];

		model[!s][there + i] = *p;
		*p = (struct page){ .what = at + i < RANGE ? ZEROS : HOLE };
	}
	return true;
}

static bool came_whole(unsigned s, unsigned place)
{
	const struct frame *table = give_table(spaces[s], address_of(place));

	return place >= RANGE && table != NULL && (table->flags & FRAME_WHOLE);
}

static void give_some(unsigned s)
{
	unsigned n = any(2) ? 1 + any(6) : MMU_ENTRIES, at = some_place(), there = RANGE + some_place() % RANGE;
	enum status st;
	bool whole[PLACES], expected;

	if (any(2)) {
		at -= at % MMU_ENTRIES;
		there -= there % MMU_ENTRIES;
	}
	if (at % RANGE + n > RANGE)
		return;
	for (unsigned i = 0; i < n; i++) /* a page out of a table that came whole leaves zeros, as in a buffer */
		whole[i] = came_whole(s, at + i);
	give_stays = any(2);
	st = give(spaces[s], address_of(at), spaces[!s], address_of(there), n);
	expected = model_give(s, at, there, n);
	assert_int_equal(st == ST_OK, expected);
	for (unsigned i = 0; expected && i < n; i++)
		if (whole[i] && came_whole(s, at + i))
			model[s][at + i].what = ZEROS;
}

static void lend(unsigned s)
{
	struct loan_model *l = &loans[any(LOANS)];
	struct mmu_entry e;

	if (l->out)
		return;
	*l = (struct loan_model){ .from = s, .at = some_place(), .there = RANGE + some_place() % RANGE, .pages = 1 };
	if (model[s][l->at].what != WORD || !is_free(!s, l->there) || is_held(s, l->at))
		return;
	(void)give_get(spaces[s], address_of(l->at));
	e = aspace_entry(spaces[s], address_of(l->at));
	assert_int_equal(e.kind, MMU_PRESENT);
	assert_ok(aspace_may_lend(spaces[s], address_of(l->at), 1, true, 0));
	assert_ok(aspace_prepare_landing(spaces[!s], address_of(l->there), 1));
	aspace_lend(spaces[s], address_of(l->at), spaces[!s], address_of(l->there), 1, true);
	model[!s][l->there] = (struct page){ .what = BORROWED, .word = model[s][l->at].word };
	model[s][l->at].what = AWAY;
	l->out = true;
}

/* May 2 MiB of the model be lent by their table? */
static bool table_may_go(unsigned s, unsigned at)
{
	for (unsigned i = 0; i < MMU_ENTRIES; i++) {
		enum what w = model[s][at + i].what;

		if ((w != WORD && w != ZEROS) || is_held(s, at + i) ||
		    (at >= RANGE && w == ZEROS && !came_whole(s, at + i)))
			return false;
	}
	return true;
}

static void lend_table(unsigned s)
{
	struct loan_model *l = &loans[any(LOANS)];
	unsigned at = any(4) * MMU_ENTRIES, there = RANGE + any(2) * MMU_ENTRIES;
	struct aspace *from = spaces[s];
	bool can, room = aspace_charged(from) + MMU_ENTRIES < from->frames_max;

	if (l->out || aspace_table_is_lent(from, address_of(at))) /* lent on: in test_aspace_lend_on.c */
		return;
	can = aspace_may_lend_tables(from, address_of(at), spaces[!s], address_of(there), 1, true);
	if (room)
		assert_int_equal(can, table_may_go(s, at) && all_free(!s, there, MMU_ENTRIES));
	if (!can)
		return;
	aspace_lend_table(from, address_of(at), spaces[!s], address_of(there), true);
	for (unsigned i = 0; i < MMU_ENTRIES; i++) {
		model[!s][there + i] = model[s][at + i];
		model[!s][there + i].what = model[s][at + i].what == WORD ? BORROWED : BORROWED_ZEROS;
		model[s][at + i].what = AWAY;
	}
	*l = (struct loan_model){ .out = true, .from = s, .at = at, .there = there, .pages = MMU_ENTRIES };
}

static void take_table_back(struct loan_model *l)
{
	unsigned s = l->from;

	assert_true(aspace_return(spaces[!s], address_of(l->there), spaces[s], address_of(l->at), l->pages));
	for (unsigned i = 0; i < l->pages; i++) {
		model[s][l->at + i] = model[!s][l->there + i];
		model[s][l->at + i].what = model[!s][l->there + i].what == BORROWED ? WORD : ZEROS;
		model[!s][l->there + i].what = HOLE;
	}
	l->out = false;
}

static void take_back(void)
{
	struct loan_model *l = &loans[any(LOANS)];
	unsigned s = l->from;

	if (!l->out || l->held)
		return;
	assert_true(aspace_is_idle(spaces[!s], address_of(l->there), l->pages));
	if (l->pages != 1) {
		take_table_back(l);
		return;
	}
	assert_true(aspace_return(spaces[!s], address_of(l->there), spaces[s], address_of(l->at), 1));
	model[s][l->at] = (struct page){ .what = WORD, .word = model[!s][l->there].word };
	model[!s][l->there] = (struct page){ .what = came_whole(!s, l->there) ? ZEROS : HOLE };
	l->out = false;
}

/* A claim of the borrower's on what it borrowed, or its end. */
static void hold(void)
{
	struct loan_model *l = &loans[any(LOANS)];
	struct frame *f;

	if (!l->out || l->pages != 1)
		return;
	f = frame_record(aspace_entry(spaces[!l->from], address_of(l->there)).frame);
	if (l->held)
		frame_release(f, false);
	else
		frame_hold(f, false);
	l->held = !l->held;
	spaces[!l->from]->busy = (uint32_t)((int)spaces[!l->from]->busy + (l->held ? 1 : -1));
}

static void compare(void)
{
	for (unsigned s = 0; s < 2; s++)
		for (unsigned place = 0; place < PLACES; place++) {
			struct mmu_entry e = aspace_entry(spaces[s], address_of(place));
			const struct page *p = &model[s][place];

			bool by_table = p->what == AWAY && aspace_table_is_lent(spaces[s], address_of(place));

			assert_int_equal(e.kind == MMU_LENT, p->what == AWAY && !by_table);
			assert_int_equal(e.kind == MMU_ABSENT,
					 p->what == HOLE || p->what == ZEROS || p->what == BORROWED_ZEROS || by_table);
			if (e.kind == MMU_PRESENT)
				assert_int_equal(*(uint64_t *)hal_frame_ptr(e.frame), p->word);
		}
	give_check();
}

static void step(void)
{
	unsigned s = any(2);

	switch (any(11)) {
	case 0:
	case 1:
	case 2:
		touch(s, some_place());
		return;
	case 3:
		evict(s, some_place());
		return;
	case 4:
		lend(s);
		return;
	case 5:
		take_back();
		return;
	case 6:
		hold();
		return;
	case 7:
		lend_table(s);
		return;
	default:
		give_some(s);
	}
}

static void story(unsigned seed)
{
	srand(seed);
	next_word = 0;
	for (unsigned i = 0; i < LOANS; i++)
		loans[i] = (struct loan_model){ 0 };
	for (unsigned s = 0; s < 2; s++)
		for (unsigned place = 0; place < PLACES; place++)
			model[s][place] = (struct page){ .what = place < RANGE ? ZEROS : HOLE };
	for (unsigned n = 0; n < STEPS; n++) {
		step();
		if (n % CHECK_EVERY == 0)
			compare();
	}
	for (unsigned i = 0; i < 200; i++) { /* until all are back */
		hold();
		take_back();
	}
	compare();
}

static void whatever_is_given_lent_and_evicted_every_page_is_where_the_model_says(void **state)
{
	for (unsigned seed = 1; seed <= 5; seed++) {
		(void)give_start(state);
		story(seed);
		(void)give_finish(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_given_lent_and_evicted_every_page_is_where_the_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
