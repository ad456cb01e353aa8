/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's replacement against published algorithms, on strings of references.
 * With the argument `table` it prints the faults instead: tools/make_replacement.py makes docs/replacement.md of them.
 */
#include "tests/unit/kernel/replacement.h"
#include "tests/unit/kernel/world.h"
#include <stdio.h>
#include <string.h>

static struct reference_string s;
static const unsigned sizes[] = { 40, 60, 80, 100, 120, 160, 200, 240 };
enum { SIZES = sizeof sizes / sizeof sizes[0], PERCENT = 100 };

static unsigned faults(unsigned frames, enum replacement how)
{
	return replacement_faults(replacement_run(&s, frames, how));
}

static void of_pages(const unsigned pages[], unsigned count)
{
	s.count = count;
	for (unsigned i = 0; i < count; i++)
		s.refs[i] = (struct reference){ .page = (uint16_t)pages[i] };
}

/* Belady, Nelson, Shedler 1969: with four frames FIFO takes more faults than with three. */
static void the_simulators_find_what_is_published(void **state)
{
	static const unsigned anomaly[] = { 1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5 };
	static const unsigned book[] = { 7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1 };

	(void)state;
	of_pages(anomaly, 12);
	assert_int_equal(faults(3, REPLACE_FIFO), 9);
	assert_int_equal(faults(4, REPLACE_FIFO), 10);
	assert_int_equal(faults(3, REPLACE_LRU), 10);
	assert_int_equal(faults(4, REPLACE_LRU), 8);
	assert_int_equal(faults(3, REPLACE_OPT), 7);
	assert_int_equal(faults(4, REPLACE_OPT), 6);
	of_pages(book, 20); /* Silberschatz, Galvin, Gagne: Operating System Concepts, Page Replacement */
	assert_int_equal(faults(3, REPLACE_FIFO), 15);
	assert_int_equal(faults(3, REPLACE_LRU), 12);
	assert_int_equal(faults(3, REPLACE_OPT), 9);
}

/* Our faults, in percent of those of another way, at most, whatever the memory, on a string of this seed. */
static unsigned worst_of(const char *name, uint32_t seed, enum replacement than)
{
	unsigned most = 0;

	assert_true(reference_string_make_of(&s, name, seed));
	for (unsigned k = 0; k < SIZES; k++) {
		unsigned ours = faults(sizes[k], REPLACE_SIGNET);

		assert_true(ours >= faults(sizes[k], REPLACE_OPT)); /* or somebody cannot count */
		if (ours * PERCENT > most * faults(sizes[k], than))
			most = ours * PERCENT / faults(sizes[k], than);
	}
	return most;
}

static unsigned worst(const char *name, enum replacement than) { return worst_of(name, REFERENCE_SEED, than); }

static void never_much_worse_than_fifo(void **state)
{
	(void)state;
	for (unsigned i = 0; reference_string_names[i] != NULL; i++)
		assert_in_range(worst(reference_string_names[i], REPLACE_FIFO), 1, 105);
}

static const char *const mixes[] = { "zipf", "hot-cold", "phases", "two", "hog", "recorded" };
enum { MIXES = sizeof mixes / sizeof mixes[0] };

static void near_lru_on_what_programs_do(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MIXES; i++)
		assert_in_range(worst(mixes[i], REPLACE_LRU), 1, 115);
}

/* The way was chosen with one seed. */
static void as_near_on_strings_that_it_was_not_chosen_with(void **state)
{
	static const uint32_t seeds[] = { 1, 20261122, 0x9e3779b9 };

	(void)state;
	for (unsigned i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
		for (unsigned k = 0; k < MIXES; k++) {
			assert_in_range(worst_of(mixes[k], seeds[i], REPLACE_LRU), 1, 115);
			assert_in_range(worst_of(mixes[k], seeds[i], REPLACE_FIFO), 1, 105);
		}
}

static unsigned faults_of_first(unsigned frames, enum replacement how)
{
	return replacement_run(&s, frames, how).faults[0];
}

/* 60 pages that are used all the time, beside a walk through 400: they stay, where LRU and FIFO let them go. */
static void a_working_set_survives_a_hog(void **state)
{
	(void)state;
	assert_true(reference_string_make(&s, "hog"));
	assert_true(faults_of_first(100, REPLACE_SIGNET) < faults_of_first(100, REPLACE_LRU) / 3);
	assert_true(faults_of_first(120, REPLACE_SIGNET) < faults_of_first(120, REPLACE_LRU) / 4);
	assert_true(faults_of_first(160, REPLACE_SIGNET) < faults_of_first(160, REPLACE_OPT) * 5 / 4);
	assert_true(faults_of_first(160, REPLACE_LRU) > faults_of_first(160, REPLACE_OPT) * 5);
}

/* Both are treated alike. */
static void two_alike_share_the_faults(void **state)
{
	(void)state;
	assert_true(reference_string_make(&s, "two"));
	for (unsigned k = 0; k < SIZES; k++) {
		struct replacement_result r = replacement_run(&s, sizes[k], REPLACE_SIGNET);

		assert_in_range(r.faults[0] * PERCENT / r.faults[1], 65, 154);
	}
}

/* A page that was read and not written since goes for nothing. */
static void what_is_clean_is_not_written(void **state)
{
	struct replacement_result r;

	(void)state;
	assert_true(reference_string_make(&s, "scan"));
	r = replacement_run(&s, 100, REPLACE_SIGNET);
	assert_int_equal(r.writes, 400); /* each once, for it had no slot */
	assert_int_equal(replacement_faults(r), s.count);
}

static void print_row(const char *suffix, unsigned frames, const unsigned found[REPLACEMENTS], unsigned written)
{
	printf("%s%s %u %u %u %u %u %u\n", s.name, suffix, frames, found[REPLACE_OPT], found[REPLACE_LRU],
	       found[REPLACE_FIFO], found[REPLACE_SIGNET], written);
}

static int print_table(void)
{
	for (unsigned i = 0; reference_string_names[i] != NULL; i++) {
		assert_true(reference_string_make(&s, reference_string_names[i]));
		for (unsigned k = 0; k < SIZES; k++) {
			unsigned all[REPLACEMENTS], first[REPLACEMENTS];
			struct replacement_result r = { 0 };

			for (unsigned how = 0; how < REPLACEMENTS; how++) {
				r = replacement_run(&s, sizes[k], (enum replacement)how);
				all[how] = replacement_faults(r);
				first[how] = r.faults[0];
			}
			print_row("", sizes[k], all, r.writes);
			if (r.faults[1] != 0)
				print_row("/0", sizes[k], first, 0);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_simulators_find_what_is_published),
		cmocka_unit_test(never_much_worse_than_fifo),
		cmocka_unit_test(near_lru_on_what_programs_do),
		cmocka_unit_test(as_near_on_strings_that_it_was_not_chosen_with),
		cmocka_unit_test(a_working_set_survives_a_hog),
		cmocka_unit_test(two_alike_share_the_faults),
		cmocka_unit_test(what_is_clean_is_not_written),
	};

	if (argc == 2 && strcmp(argv[1], "table") == 0)
		return print_table();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
