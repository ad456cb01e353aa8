/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes before the queue: a client's request, and where the device says that its registers are. */
#include "servers/block/capability.h"
#include "servers/block/request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- requests ---- */

static const struct request_limits limits = { .device_bytes = 1 << 20, .pages_max = 16 };

static enum status check(bool writes, uint64_t offset, uint64_t bytes, uint32_t within, uint64_t pages)
{
	const struct request r = {
		.offset = offset, .bytes = bytes, .within = within, .writes = writes, .pages = pages
	};

	return request_check(&limits, &r);
}

static void whole_sectors_inside_device_and_pages_are_good(void **state)
{
	(void)state;
	assert_int_equal(check(false, 0, 512, 0, 1), ST_OK);
	assert_int_equal(check(false, (1 << 20) - 512, 512, 3584, 1), ST_OK);
	assert_int_equal(check(false, 512, 65536, 0, 16), ST_OK);
	assert_int_equal(check(true, 0, 4096, 0, 1), ST_OK);
}

static void every_other_request_is_refused(void **state)
{
	static const struct {
		uint64_t offset, bytes;
		uint32_t within;
		uint64_t pages;
	} cases[] = {
		{ 0, 0, 0, 1 },
		{ 0, 511, 0, 1 },
		{ 1, 512, 0, 1 },
		{ 1 << 20, 512, 0, 1 },
		{ (1 << 20) - 512, 1024, 0, 1 },
		{ 0, (1 << 20) + 512, 0, 16 },
		{ UINT64_MAX - 511, 512, 0, 1 },
		{ UINT64_MAX - 511, 1024, 0, 1 },
		{ 512, UINT64_MAX - 511, 0, 1 },
		{ 512, UINT64_MAX - 511, 512, 1 },
		{ 0, 4096, 512, 1 },
		{ 0, 4608, 0, 1 },
		{ 0, 512, 4096, 1 },
		{ 0, 512, UINT32_MAX, 1 },
		{ 0, 512, UINT32_MAX - 511, 1 },
		{ 0, 512, 0, 17 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		for (unsigned writes = 0; writes < 2; writes++)
			if (check(writes, cases[i].offset, cases[i].bytes, cases[i].within, cases[i].pages) !=
			    ST_BAD_ARG)
				fail_msg("case %u of a %s was taken", i, writes ? "write" : "read");
}

static void a_device_may_take_fewer_pages_than_the_contract(void **state)
{
	const struct request_limits few = { .device_bytes = 1 << 20, .pages_max = 2 };

	(void)state;
	assert_int_equal(request_check(&few, &(struct request){ .bytes = 512, .pages = 2 }), ST_OK);
	assert_int_equal(request_check(&few, &(struct request){ .bytes = 512, .pages = 3 }), ST_BAD_ARG);
}

static void a_read_only_device_takes_reads_only(void **state)
{
	const struct request_limits only = { .device_bytes = 1 << 20, .pages_max = 16, .read_only = true };

	(void)state;
	assert_int_equal(request_check(&only, &(struct request){ .bytes = 512, .pages = 1 }), ST_OK);
	assert_int_equal(request_check(&only, &(struct request){ .bytes = 512, .pages = 1, .writes = true }),
			 ST_IO_ERROR);
}

/* ---- capabilities ---- */

/* As QEMU lays them out. */
static void good_config(uint8_t config[256])
{
	static const uint8_t list[][20] = {
		{ 0x11, 0x54, 0, 0 }, /* MSI-X, at 0x40 */
		{ 9, 0x68, 16, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0 },
		{ 9, 0x7c, 16, 3, 4, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0, 0 },
		{ 9, 0x90, 16, 4, 4, 0, 0, 0, 0, 0x20, 0, 0, 0, 0x10, 0, 0 },
		{ 9, 0, 20, 2, 4, 0, 0, 0, 0, 0x30, 0, 0, 0, 0x10, 0, 0, 4, 0, 0, 0 },
	};

	memset(config, 0, 256);
	config[6] = 0x10;
	config[0x34] = 0x40;
	for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
		memcpy(config + 0x40 + 20 * i, list[i], sizeof list[i]);
}

static uint32_t read_config(void *context, unsigned offset, unsigned width)
{
	const uint8_t *config = context;
	uint32_t value = 0;

	assert_true(offset % width == 0 && offset + width <= 256);
	memcpy(&value, config + offset, width);
	return value;
}

static void the_registers_are_found_where_the_device_says(void **state)
{
	struct capabilities found;
	uint8_t config[256];

	(void)state;
	good_config(config);
	assert_null(capabilities_find(read_config, config, &found));
	assert_int_equal(found.of[CAPABILITY_COMMON].range, 4);
	assert_int_equal(found.of[CAPABILITY_DEVICE].offset, 0x2000);
	assert_int_equal(found.of[CAPABILITY_NOTIFY].offset, 0x3000);
	assert_int_equal(found.of[CAPABILITY_NOTIFY].bytes, 0x1000);
	assert_int_equal(found.notify_multiplier, 4);
}

/* One byte of the list spoilt: what is needed is missing then, and is named. */
static void a_spoilt_capability_does_not_count(void **state)
{
	static const struct {
		uint8_t at, value;
		const char *says;
	} cases[] = {
		{ 0x06, 0, "PCI capabilities" }, { 0x34, 0, "common" },
		{ 0x34, 0x3c, "common" },        { 0x54, 8, "common" },
		{ 0x54 + 2, 15, "common" },      { 0x54 + 3, 5, "common" },
		{ 0x54 + 3, 0, "common" },       { 0x54 + 4, 6, "common" },
		{ 0x54 + 4, 255, "common" },     { 0x54 + 8, 1, "common" },
		{ 0x54 + 13, 0, "common" },      { 0x55, 0x54, "notification" },
		{ 0x68 + 1, 0, "notification" }, { 0x90 + 2, 16, "notification" },
		{ 0x7c + 13, 0, "device conf" }, { 0x90 + 13, 0, "notification" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct capabilities found;
		uint8_t config[256];
		const char *problem;

		good_config(config);
		config[cases[i].at] = cases[i].value;
		problem = capabilities_find(read_config, config, &found);
		if (problem == NULL || strstr(problem, cases[i].says) == NULL)
			fail_msg("case %u: %s", i, problem == NULL ? "taken" : problem);
	}
}

static void registers_that_are_too_short_do_not_count(void **state)
{
	static const uint8_t least[CAPABILITY_KINDS] = {
		[CAPABILITY_COMMON] = 56, [CAPABILITY_NOTIFY] = 2, [CAPABILITY_DEVICE] = 24
	};
	static const uint8_t at[CAPABILITY_KINDS] = {
		[CAPABILITY_COMMON] = 0x54, [CAPABILITY_NOTIFY] = 0x90, [CAPABILITY_DEVICE] = 0x7c
	};

	(void)state;
	for (unsigned kind = 0; kind < CAPABILITY_KINDS; kind++) {
		struct capabilities found;
		uint8_t config[256];

		good_config(config);
		config[at[kind] + 13] = 0;
		config[at[kind] + 12] = least[kind];
		assert_true(least[kind] == 0 || capabilities_find(read_config, config, &found) == NULL);
		config[at[kind] + 12]--;
		assert_true(least[kind] == 0 || capabilities_find(read_config, config, &found) != NULL);
	}
}

static void the_first_of_a_kind_counts(void **state)
{
	struct capabilities found;
	uint8_t config[256];

	(void)state;
	good_config(config);
	memcpy(config + 0xb0, config + 0x54, 16);
	config[0x91] = 0xb0;
	config[0xb1] = 0;
	config[0xb4] = 1;
	assert_null(capabilities_find(read_config, config, &found));
	assert_int_equal(found.of[CAPABILITY_COMMON].range, 4);
}

/* Any configuration space at all: nothing outside is read, and it ends. */
static void noise_is_read_to_an_end(void **state)
{
	struct capabilities found;
	uint8_t config[256];

	(void)state;
	srand(7);
	for (unsigned round = 0; round < 20000; round++) {
		for (unsigned i = 0; i < sizeof config; i++)
			config[i] = (uint8_t)(rand() % 3 == 0 ? 9 : rand());
		config[6] |= 0x10;
		if (capabilities_find(read_config, config, &found) == NULL)
			assert_true(found.of[CAPABILITY_COMMON].bytes >= 56);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_sectors_inside_device_and_pages_are_good),
		cmocka_unit_test(every_other_request_is_refused),
		cmocka_unit_test(a_device_may_take_fewer_pages_than_the_contract),
		cmocka_unit_test(a_read_only_device_takes_reads_only),
		cmocka_unit_test(the_registers_are_found_where_the_device_says),
		cmocka_unit_test(a_spoilt_capability_does_not_count),
		cmocka_unit_test(registers_that_are_too_short_do_not_count),
		cmocka_unit_test(the_first_of_a_kind_counts),
		cmocka_unit_test(noise_is_read_to_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
