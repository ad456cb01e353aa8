/* SPDX-License-Identifier: BSD-2-Clause */
/* What others do between two gifts, to the window that waits or to what is given: see gifts_fixture.h. */
#include "tests/unit/kernel/gifts_fixture.h"

static void one_more(void)
{
	gift_next++;
	server_takes(1, gift_place());
	client_gives(GIVEN(1), gift_said());
}

/* If nothing came of the last. */
static void try_again(void)
{
	if (!is_blocked(w.c))
		client_gives(GIVEN(1), gift_said());
}

/* The window waits; of it, pages from this one on are unmapped. */
static void unmap_window(unsigned page, unsigned pages)
{
	server_takes(1, gift_place());
	gift_note("unmapped", ask(s2, mem_unmap, gift_window + GIFT_AT(page), pages));
	client_gives(GIVEN(1), gift_said());
}

static void the_window_goes(void) { unmap_window(0, GIFT_PAGES); }
static void the_window_is_cut_off_here(void) { unmap_window(gift_next, GIFT_PAGES - gift_next); }
static void the_window_is_cut_off_behind(void)
{
	unmap_window(GIFT_PAGES - 1, 1);
	one_more();
}
static void the_window_is_cut_off_before(void)
{
	unmap_window(0, 1);
	one_more();
}
static void the_window_has_a_hole(void) { unmap_window(gift_next, 1); }

/* Two pages, of which the second has no place any more. */
static void the_window_is_too_short_now(void)
{
	server_takes(1, gift_place());
	gift_note("unmapped", ask(s2, mem_unmap, gift_window + GIFT_AT(gift_next + 1), 1));
	client_gives(GIVEN(2), gift_said());
}

static void there_is_another_window(void)
{
	server_takes(1, gift_place());
	gift_note("mapped", user_map(s2, MEM_LANDING, 1));
	client_gives(GIVEN(1), gift_said());
	one_more();
}

/* Its tables are others. */
static void the_window_is_far_away(void)
{
	struct ipc_buffers to = gift_place();

	gift_window = user_map(w.s, MEM_LANDING, MMU_ENTRIES);
	to.landing = gift_window + GIFT_AT(4); /* the same place in both tables is free */
	for (unsigned i = 0; i < 3; i++, gift_next++, to.landing += PAGE_BYTES) {
		server_takes(1, to);
		client_gives(GIVEN(1), gift_said());
	}
}

/* Of as many pages as a message may have, which has one more. */
static void the_window_is_huge(void)
{
	struct ipc_buffers to = gift_place();

	to.landing = user_map(w.s, MEM_LANDING, MESSAGE_PAGES_MAX);
	to.landing_pages = MESSAGE_PAGES_MAX;
	server_takes(1, to);
	client_gives(GIVEN(MESSAGE_PAGES_MAX + 1ull), gift_said());
	try_again();
}

/* Its table is another, and at its place in the usual one is a page as well. */
static void the_page_is_far_away(void)
{
	uint64_t at = user_map(c2, MEM_BUFFER, GIFT_PAGES) + GIFT_AT(GIFT_PAGES - 1);
	struct ipc_buffers b = { .send_pages = at };

	assert_true(user_put(c2, at, 77));
	server_takes(1, gift_place());
	client_gives(GIVEN(1), b);
}

static void the_giver_has_a_window(void)
{
	server_takes(1, gift_place());
	gift_note("mapped", user_map(c2, MEM_LANDING, 1));
	client_gives(GIVEN(1), gift_said());
	one_more();
}

static void the_page_goes(void)
{
	server_takes(1, gift_place());
	gift_note("unmapped", ask(c2, mem_unmap, gift_heap + GIFT_AT(gift_next), 1));
	client_gives(GIVEN(1), gift_said());
	gift_next++;
	try_again();
}

static void the_page_never_was(void)
{
	struct ipc_buffers b = { .send_pages = user_map(c2, MEM_HEAP, 1) };

	server_takes(1, gift_place());
	client_gives(GIVEN(1), b);
	try_again();
}

static void the_page_is_text(void)
{
	struct ipc_buffers b = { .send_pages = PROGRAM_DATA };

	server_takes(1, gift_place());
	client_gives(GIVEN(1), b);
}

static void the_page_must_stay(void)
{
	struct frame *f = frame_record(aspace_entry(&w.client->aspace, gift_heap + GIFT_AT(gift_next)).frame);

	server_takes(1, gift_place());
	frame_hold(f, true);
	client_gives(GIVEN(1), gift_said());
	frame_release(f, true);
	try_again();
}

/* Of the receiver's; and then there is room again. */
static void limit(uint32_t *max, uint32_t to)
{
	uint32_t was = *max;

	server_takes(1, gift_place());
	*max = to;
	client_gives(GIVEN(1), gift_said());
	*max = was;
	try_again();
}

static void there_are_no_frames(void)
{
	struct aspace *to = &w.server->aspace;

	limit(&to->frames_max, to->resident + to->tables);
}

static void there_is_one_frame(void)
{
	struct aspace *to = &w.server->aspace;

	limit(&to->frames_max, to->resident + to->tables + 1);
}

static void there_is_no_promise(void)
{
	struct aspace *to = &w.server->aspace;

	to->swap_max = 0;
	limit(&to->frames_max, (uint32_t)to->committed);
}

static void there_is_one_promise(void)
{
	struct aspace *to = &w.server->aspace;

	to->swap_max = 0;
	limit(&to->frames_max, (uint32_t)to->committed + 1);
}

static void words_come_between(void)
{
	server_takes(1, gift_place());
	gift_note("called", ask(w.c, ipc_call, w.channel, 1, 0, NEVER));
	server_takes(1, gift_place());
	client_gives(GIVEN(1), gift_said());
	one_more();
}

static void the_same_way_whatever_others_do(void **state)
{
	static void (*const stories[])(void) = { the_window_goes,
						 the_window_is_cut_off_here,
						 the_window_is_cut_off_behind,
						 the_window_is_cut_off_before,
						 the_window_has_a_hole,
						 the_window_is_too_short_now,
						 there_is_another_window,
						 the_window_is_far_away,
						 the_window_is_huge,
						 the_page_is_far_away,
						 the_giver_has_a_window,
						 the_page_goes,
						 the_page_never_was,
						 the_page_is_text,
						 the_page_must_stay,
						 there_are_no_frames,
						 there_is_one_frame,
						 there_is_no_promise,
						 there_is_one_promise,
						 words_come_between };

	(void)state;
	for (unsigned i = 0; i < array_length(stories); i++)
		live_twice(stories[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_same_way_whatever_others_do) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
