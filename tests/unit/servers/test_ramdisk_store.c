/* SPDX-License-Identifier: BSD-2-Clause */
/* servers/ramdisk/store.c: what is written is read, and no request leaves the disk or the client's pages. */
#include "servers/ramdisk/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { SIZE = 8 * BLOCK_SECTOR_BYTES, GUARD = 64, FILL = 0x5a };

static uint8_t around[GUARD + SIZE + GUARD];
static uint8_t pages[2 * ABI_PAGE_BYTES];
static const struct store store = { .bytes = around + GUARD, .size = SIZE };

static int start(void **state)
{
	(void)state;
	memset(around, FILL, sizeof around);
	for (unsigned i = 0; i < sizeof pages; i++)
		pages[i] = (uint8_t)(i * 7);
	return 0;
}

static void sectors_come_back_as_they_were_written(void **state)
{
	const struct store_range there = { .offset = 512, .bytes = 1024, .within = 3500, .pages = 2 };
	uint8_t back[sizeof pages] = { 0 };

	(void)state;
	assert_int_equal(store_write(&store, there, pages), ST_OK);
	assert_memory_equal(store.bytes + 512, pages + 3500, 1024);
	assert_int_equal(store.bytes[511], FILL);
	assert_int_equal(store.bytes[512 + 1024], FILL);
	assert_int_equal(store_read(&store, there, back), ST_OK);
	assert_memory_equal(back + 3500, pages + 3500, 1024);
	assert_int_equal(back[3499] | back[3500 + 1024], 0);
}

static void the_last_sector_and_the_whole_disk_can_be_had(void **state)
{
	(void)state;
	assert_int_equal(store_read(&store, (struct store_range){ SIZE - 512, 512, 0, 1 }, pages), ST_OK);
	assert_int_equal(store_read(&store, (struct store_range){ 0, SIZE, 0, 1 }, pages), ST_OK);
	assert_int_equal(store_read(&store, (struct store_range){ 0, SIZE, ABI_PAGE_BYTES, 2 }, pages), ST_OK);
}

static void what_is_no_whole_sector_or_outside_is_refused_and_changes_nothing(void **state)
{
	static const struct store_range wrong[] = {
		{ 0, 0, 0, 1 },
		{ 0, 511, 0, 1 },
		{ 1, 512, 0, 1 },
		{ SIZE, 512, 0, 1 },
		{ SIZE - 512, 1024, 0, 1 },
		{ UINT64_MAX - 511, 512, 0, 1 },
		{ 512, UINT64_MAX - 511, 0, 1 },
		{ 0, 1024, ABI_PAGE_BYTES - 512, 1 },
		{ 0, 512, UINT32_MAX, 1 },
		{ 0, 512, 0, 0 },
	};
	uint8_t was[sizeof pages];

	(void)state;
	memcpy(was, pages, sizeof was);
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(store_write(&store, wrong[i], pages), ST_BAD_ARG);
		assert_int_equal(store_read(&store, wrong[i], pages), ST_BAD_ARG);
	}
	assert_memory_equal(pages, was, sizeof was);
	for (unsigned i = 0; i < sizeof around; i++)
		assert_int_equal(around[i], FILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sectors_come_back_as_they_were_written, start),
		cmocka_unit_test_setup(the_last_sector_and_the_whole_disk_can_be_had, start),
		cmocka_unit_test_setup(what_is_no_whole_sector_or_outside_is_refused_and_changes_nothing, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
