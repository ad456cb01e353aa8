/* SPDX-License-Identifier: BSD-2-Clause */
/* Images: every field broken, one at a time, then bits at random. */
#include "kernel/task/image.h"
#include "kernel/abi/process.h"
#include "kernel/core/hash.h"
#include "tests/unit/kernel/world.h"
#include <stdlib.h>
#include <string.h>

static _Alignas(PAGE_BYTES) uint8_t bytes[PROGRAM_BYTES];
static struct image_header *const h = (struct image_header *)(void *)bytes;
static struct system_image image;

static int start(void **state)
{
	(void)state;
	machine_start(WORLD_RAM_BYTES);
	program_make(bytes, "app", 0);
	system_image_make(&image);
	return 0;
}

static void a_good_image_is_good(void **state)
{
	(void)state;
	assert_null(image_check(bytes, sizeof bytes));
	assert_int_equal(image_pages(h), 3);
}

#define assert_wrong(change, text)                                                                                     \
	do {                                                                                                           \
		program_make(bytes, "app", 0);                                                                         \
		change;                                                                                                \
		const char *wrong_ = image_check(bytes, sizeof bytes);                                                 \
		if (wrong_ == NULL || strstr(wrong_, text) == NULL)                                                    \
			fail_msg(#change ": \"%s\", wanted \"%s\"", wrong_ == NULL ? "good" : wrong_, text);           \
	} while (0)

static void contracts_and_devices_that_a_manifest_cannot_name_are_refused(void **state)
{
	struct manifest *m = &h->manifest;

	(void)state;
	assert_wrong((m->serve_count = 5, memset(m->serves, 1, sizeof m->serves)), "served contracts");
	assert_wrong(m->serve_count = 1, "served contracts"); /* its id is 0 */
	assert_wrong(m->serves[0] = 7, "served contracts");   /* more than it counts */
	assert_wrong((m->use_count = 13, memset(m->uses, 1, sizeof m->uses)), "uses");
	assert_wrong(m->use_count = UINT32_MAX, "uses");
	assert_wrong((m->use_count = 2, m->uses[1] = 7), "uses");
	assert_wrong((m->use_count = 1, m->uses[0] = 7, m->optional_uses = 2), "uses");
	assert_wrong(m->device_count = PROCESS_CLAIMS_MAX + 1, "devices");
	program_make(bytes, "app", 0);
	m->serve_count = MANIFEST_SERVES_MAX;
	memset(m->serves, 1, sizeof m->serves);
	m->use_count = MANIFEST_USES_MAX;
	memset(m->uses, 1, sizeof m->uses);
	m->optional_uses = 0xfff;
	m->device_count = PROCESS_CLAIMS_MAX;
	assert_null(image_check(bytes, sizeof bytes));
}

static void an_image_that_is_short_or_something_else_is_refused(void **state)
{
	(void)state;
	assert_non_null(image_check(bytes, 0));
	assert_non_null(image_check(bytes, sizeof *h - 1));
	assert_non_null(image_check(bytes, sizeof bytes - 1));
	assert_wrong(h->magic++, "not a sealed image");
	assert_wrong(h->version++, "another version");
	assert_wrong(h->image_bytes += PAGE_BYTES, "cut short");
	assert_wrong(h->image_bytes -= 1, "cut short");
	assert_wrong(h->image_bytes = 0, "leaves the image");
}

static void a_number_of_segments_out_of_range_is_refused(void **state)
{
	(void)state;
	assert_wrong(h->segment_count = 0, "no segments or too many");
	assert_wrong(h->segment_count = IMAGE_SEGMENTS_MAX + 1, "no segments or too many");
	assert_wrong(h->segment_count = 65535, "no segments or too many");
	assert_wrong(h->segment_count = UINT32_MAX, "no segments or too many");
	assert_wrong(h->segment_count = 4, "sizes are wrong"); /* the fourth is zero */
}

static void sizes_that_wrap_or_leave_the_file_are_refused(void **state)
{
	(void)state;
	assert_wrong(h->segments[1].offset = PROGRAM_BYTES, "leaves the image");
	assert_wrong(h->segments[1].offset = 0xfffffffffffff000, "leaves the image");
	assert_wrong(h->segments[2].file_bytes = h->segments[2].memory_bytes, "leaves the image");
	assert_wrong(h->segments[2].file_bytes = h->segments[2].memory_bytes + 1, "sizes are wrong");
	assert_wrong(h->segments[2].memory_bytes = 0, "sizes are wrong");
	assert_wrong(h->segments[2].memory_bytes = UINT64_MAX, "outside the image area");
	assert_wrong(h->segments[2].memory_bytes = LAYOUT_IMAGE_END, "outside the image area");
	assert_wrong((h->segments[2].memory_bytes = h->segments[2].file_bytes = UINT64_MAX), "leaves the image");
}

static void segments_in_the_wrong_place_are_refused(void **state)
{
	(void)state;
	assert_wrong(h->segments[0].address = 0, "outside the image area");
	assert_wrong(h->segments[0].address = LAYOUT_IMAGE_BASE - PAGE_BYTES, "outside the image area");
	assert_wrong(h->segments[2].address = 0xffff800000000000, "outside the image area");
	assert_wrong(h->segments[2].address = 0x0000900000000000, "outside the image area");
	assert_wrong(h->segments[2].address = 0xfffffffffffff000, "outside the image area");
	assert_wrong(h->segments[2].address = LAYOUT_IMAGE_END, "outside the image area");
	assert_wrong(h->segments[1].address = h->segments[0].address, "overlap");
	assert_wrong(h->segments[1].address = h->segments[2].address, "overlap");
	assert_wrong(h->segments[1].memory_bytes = PAGE_BYTES + 1, "overlap");
	assert_wrong(h->segments[0].address += 1, "page-aligned");
	assert_wrong(h->segments[0].offset += 8, "page-aligned");
}

static void a_segment_writable_and_executable_or_of_no_known_protection_is_refused(void **state)
{
	(void)state;
	assert_wrong(h->segments[2].prot = 7, "neither R, RW nor RX");
	assert_wrong(h->segments[2].prot = IMAGE_WRITE | IMAGE_EXECUTE, "neither R, RW nor RX");
	assert_wrong(h->segments[2].prot = 0, "neither R, RW nor RX");
	assert_wrong(h->segments[2].prot = IMAGE_WRITE, "neither R, RW nor RX");
	assert_wrong(h->segments[2].prot |= 1ull << 40, "neither R, RW nor RX");
}

static void an_entry_or_stubs_outside_of_the_code_are_refused(void **state)
{
	(void)state;
	assert_wrong(h->entry = PROGRAM_DATA, "entry is not in its code");
	assert_wrong(h->entry = PROGRAM_TEXT - 1, "entry is not in its code");
	assert_wrong(h->entry = PROGRAM_TEXT + PAGE_BYTES, "entry is not in its code");
	assert_wrong(h->entry = UINT64_MAX, "entry is not in its code");
	assert_wrong(h->stub_base = PROGRAM_DATA, "stubs are not in its code");
	assert_wrong(h->stub_bytes = PAGE_BYTES + 1, "stubs are not in its code");
	assert_wrong(h->stub_bytes = UINT64_MAX, "stubs are not in its code");
}

static void a_manifest_out_of_range_is_refused(void **state)
{
	(void)state;
	assert_wrong(h->manifest.priority = 32, "priority");
	assert_wrong(h->manifest.stack_pages = 0, "stack");
	assert_wrong(h->manifest.stack_pages = UINT32_MAX, "stack");
	assert_wrong(h->manifest.flags = 8, "unknown flags");
	assert_wrong(h->name[0] = 0, "name");
	assert_wrong(h->name[0] = '\n', "name");
	assert_wrong(memset(h->name, 'x', sizeof h->name), "name");
}

/* ---- the system image ---- */

static void assert_open_says(const char *text)
{
	const char *wrong = image_open_system(image.bytes, sizeof image.bytes);

	if (wrong == NULL || strstr(wrong, text) == NULL)
		fail_msg("\"%s\", wanted \"%s\"", wrong == NULL ? "good" : wrong, text);
	assert_null(image_find("app")); /* nothing of a refused image can be used */
}

#define assert_system_wrong(change, text)                                                                              \
	do {                                                                                                           \
		system_image_make(&image);                                                                             \
		change;                                                                                                \
		system_image_seal(&image);                                                                             \
		assert_open_says(text);                                                                                \
	} while (0)

static void a_good_system_image_opens_and_its_programs_are_found(void **state)
{
	uint64_t n;

	(void)state;
	assert_null(image_open_system(image.bytes, sizeof image.bytes));
	assert_ptr_equal(image_find("app"), system_image_program(&image, "app"));
	assert_null(image_find("nobody"));
	assert_null(image_find("system")); /* the description is no program */
	assert_int_equal(image_number(image_find("supervisor")), 1);
	assert_int_equal(image_number(h), UINT32_MAX);
	assert_string_equal(image_description(&n), system_image_description);
	assert_int_equal(n, strlen(system_image_description) + 1);
	assert_memory_equal(image_system_hash(), system_image_header(&image)->hash, HASH_BYTES);
}

static void a_system_image_that_is_cut_short_is_refused(void **state)
{
	uint64_t whole = system_image_header(&image)->image_bytes;

	(void)state;
	for (uint64_t n = 0; n < whole; n += 777)
		assert_non_null(image_open_system(image.bytes, n));
	assert_non_null(image_open_system(image.bytes, whole - 1));
	assert_system_wrong(system_image_header(&image)->magic++, "no system image");
	assert_system_wrong(system_image_header(&image)->version++, "no system image");
	assert_system_wrong(system_image_header(&image)->entry_count = 101, "too many entries");
	assert_system_wrong(system_image_header(&image)->entry_count = UINT32_MAX, "too many entries");
	system_image_make(&image);
	system_image_header(&image)->image_bytes = 100;
	assert_open_says("cut short");
	system_image_header(&image)->image_bytes = UINT64_MAX;
	assert_open_says("cut short");
}

static void a_system_image_whose_hash_differs_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		system_image_make(&image);
		image.bytes[PAGE_BYTES * i + 77] ^= 0x10;
		assert_non_null(image_open_system(image.bytes, sizeof image.bytes));
	}
	system_image_make(&image);
	system_image_header(&image)->hash[31] ^= 1;
	assert_open_says("SHA-256");
}

static struct system_image_entry *entry(unsigned i) { return &system_image_header(&image)->entries[i]; }

static void a_system_image_with_a_bad_entry_is_refused_and_named(void **state)
{
	(void)state;
	assert_system_wrong(strcpy(entry(4)->name, "app"), "app: two entries have this name");
	assert_system_wrong(entry(3)->offset += 1, "app: it leaves the system image");
	assert_system_wrong(entry(3)->offset = 0xfffffffffffff000, "app: it leaves the system image");
	assert_system_wrong(entry(3)->bytes = UINT64_MAX, "app: it leaves the system image");
	assert_system_wrong(entry(3)->bytes = 100, "app: it is not a sealed image");
	assert_system_wrong(entry(0)->bytes = 70000, "system: it is too long");
	assert_system_wrong(entry(3)->name[0] = 0, "name is malformed");
	assert_system_wrong(system_image_program(&image, "app")->segments[0].prot = 7, "app: a segment's protection");
}

static void a_system_image_that_lacks_what_every_system_needs_is_refused(void **state)
{
	(void)state;
	assert_system_wrong(strcpy(entry(0)->name, "sustem"), "sustem");
	assert_system_wrong(strcpy(entry(1)->name, "other"), "supervisor: the system image lacks it");
	assert_system_wrong(system_image_program(&image, "pager")->manifest.flags = 0,
			    "the system image lacks a pager");
	assert_system_wrong(system_image_header(&image)->entry_count = 0, "lacks it");
}

static void no_mutation_of_a_good_image_crashes_or_loads_what_it_should_not(void **state)
{
	(void)state;
	srand(2);
	for (unsigned round = 0; round < 20000; round++) {
		program_make(bytes, "app", 0);
		for (int n = rand() % 4; n >= 0; n--)
			bytes[(size_t)rand() % sizeof *h] = (uint8_t)rand();
		if (image_check(bytes, sizeof bytes) != NULL)
			continue;
		for (unsigned i = 0; i < h->segment_count; i++) {
			assert_true(h->segments[i].address >= LAYOUT_IMAGE_BASE);
			assert_true(h->segments[i].address + h->segments[i].memory_bytes <= LAYOUT_IMAGE_END);
			assert_int_not_equal(h->segments[i].prot & 6, 6);
		}
	}
}

static void no_mutation_of_a_system_image_crashes(void **state)
{
	(void)state;
	srand(3);
	system_image_make(&image);
	for (unsigned round = 0; round < 3000; round++) {
		size_t at = (size_t)rand() % (rand() % 2 ? 600 : sizeof(struct system_image_header));
		uint8_t was = image.bytes[at];
		const char *wrong;

		image.bytes[at] = (uint8_t)rand();
		if (system_image_header(&image)->image_bytes <= sizeof image.bytes && round % 8 == 0)
			system_image_seal(&image);
		wrong = image_open_system(image.bytes, sizeof image.bytes);
		if (wrong == NULL)
			(void)image_find("app");
		image.bytes[at] = was;
	}
}

static void a_loaded_image_has_its_bytes_its_zeros_and_its_protections(void **state)
{
	struct aspace as;
	uint32_t slot;
	const uint8_t *data;

	(void)state;
	assert_ok(aspace_init(&as, 1));
	as.frames_max = 100;
	assert_ok(image_load(h, &as));
	assert_int_equal(as.resident, 3); /* what the file has; the zeros come on demand */
	assert_int_equal(aspace_entry(&as, PROGRAM_TEXT).prot, MMU_READ | MMU_EXECUTE);
	assert_int_equal(aspace_entry(&as, PROGRAM_CONSTANTS).prot, MMU_READ);
	assert_int_equal(aspace_entry(&as, PROGRAM_DATA).prot, MMU_READ | MMU_WRITE);
	assert_memory_equal(hal_frame_ptr(aspace_entry(&as, PROGRAM_DATA).frame), bytes + 3 * PAGE_BYTES, PAGE_BYTES);
	assert_int_equal(aspace_touch(&as, PROGRAM_DATA + PAGE_BYTES, MMU_WRITE, &slot), TOUCH_OK);
	data = hal_frame_ptr(aspace_entry(&as, PROGRAM_DATA + PAGE_BYTES).frame);
	for (unsigned i = 0; i < PAGE_BYTES; i++)
		assert_int_equal(data[i], 0);
	assert_int_equal(aspace_touch(&as, PROGRAM_TEXT, MMU_WRITE, &slot), TOUCH_DENIED);
	aspace_destroy(&as);
}

static void a_page_that_the_file_fills_in_part_ends_in_zeros(void **state)
{
	struct aspace as;
	const uint8_t *data;

	(void)state;
	h->segments[2].file_bytes = 10;
	assert_ok(aspace_init(&as, 1));
	as.frames_max = 100;
	assert_ok(image_load(h, &as));
	data = hal_frame_ptr(aspace_entry(&as, PROGRAM_DATA).frame);
	assert_int_equal(data[9], 0xda);
	assert_int_equal(data[10], 0);
	aspace_destroy(&as);
}

static void an_image_that_gets_no_memory_is_not_loaded_and_nothing_leaks(void **state)
{
	(void)state;
	for (uint32_t frames = 1; frames < 8; frames++) {
		struct aspace as;

		assert_ok(aspace_init(&as, 1));
		as.swap_max = 100; /* so that only the frames are short */
		as.frames_max = frames;
		assert_int_equal(image_load(h, &as), frames < 7 ? ST_NO_MEMORY : ST_OK);
		aspace_destroy(&as);
		assert_int_equal(frame_count(FRAME_USER) + frame_count(FRAME_TABLE), 0);
	}
}

static void a_hash_is_the_one_that_fips_180_names(void **state)
{
	static const uint8_t abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
				       0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
				       0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	const struct hash_part parts[] = { { "a", 1 }, { "bc", 2 } };
	uint8_t hash[HASH_BYTES];
	char prefix[17];

	(void)state;
	hash_parts(parts, 2, hash);
	assert_memory_equal(hash, abc, HASH_BYTES);
	hash_prefix(hash, prefix, sizeof prefix);
	assert_string_equal(prefix, "ba7816bf8f01cfea");
}

static void hashing_takes_interrupts_every_256_bytes(void **state)
{
	const struct hash_part part = { bytes, 2560 };
	uint8_t hash[HASH_BYTES];
	unsigned before = host_safe_points;

	(void)state;
	hash_parts(&part, 1, hash);
	assert_int_equal(host_safe_points - before, 10);
}

#define STORY(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_good_image_is_good),
		STORY(contracts_and_devices_that_a_manifest_cannot_name_are_refused),
		STORY(an_image_that_is_short_or_something_else_is_refused),
		STORY(a_number_of_segments_out_of_range_is_refused),
		STORY(sizes_that_wrap_or_leave_the_file_are_refused),
		STORY(segments_in_the_wrong_place_are_refused),
		STORY(a_segment_writable_and_executable_or_of_no_known_protection_is_refused),
		STORY(an_entry_or_stubs_outside_of_the_code_are_refused),
		STORY(a_manifest_out_of_range_is_refused),
		STORY(a_good_system_image_opens_and_its_programs_are_found),
		STORY(a_system_image_that_is_cut_short_is_refused),
		STORY(a_system_image_whose_hash_differs_is_refused),
		STORY(a_system_image_with_a_bad_entry_is_refused_and_named),
		STORY(a_system_image_that_lacks_what_every_system_needs_is_refused),
		STORY(no_mutation_of_a_good_image_crashes_or_loads_what_it_should_not),
		STORY(no_mutation_of_a_system_image_crashes),
		STORY(a_loaded_image_has_its_bytes_its_zeros_and_its_protections),
		STORY(a_page_that_the_file_fills_in_part_ends_in_zeros),
		STORY(an_image_that_gets_no_memory_is_not_loaded_and_nothing_leaks),
		STORY(a_hash_is_the_one_that_fips_180_names),
		STORY(hashing_takes_interrupts_every_256_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
