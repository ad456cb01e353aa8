/* SPDX-License-Identifier: BSD-2-Clause */
/* I-SEAL: what was sealed last in a slot opens there, and nothing else does; the key stays where it is. */
#include "kernel/paging/seal.h"
#include "kernel/abi/pager.h"
#include "kernel/core/cpu.h"
#include "kernel/mm/frame.h"
#include "kernel/task/vectors.h"
#include "tests/unit/kernel/aead_vectors.h"
#include "tests/unit/kernel/paging_fixture.h"
#include <string.h>

static paddr_t frame, copy;
static uint8_t before[PAGE_BYTES], zeros[PAGE_BYTES];
static uint32_t slot;

static uint8_t *content(paddr_t of) { return hal_frame_ptr(of); }

static int start(void **state)
{
	(void)state;
	world_start();
	slot_store_size(10);
	frame = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);
	copy = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);
	aead_vectors_fill(before);
	slot = world_slot();
	return 0;
}

static void seal(uint32_t where)
{
	memcpy(content(frame), before, PAGE_BYTES);
	seal_begin();
	seal_page(where, frame);
	seal_end();
	memcpy(content(copy), content(frame), PAGE_BYTES);
}

static bool opens(uint32_t where)
{
	bool good;

	seal_begin();
	good = seal_open(where, copy);
	seal_end();
	assert_memory_equal(content(copy), good ? before : zeros, PAGE_BYTES); /* never what did not authenticate */
	return good;
}

static void a_sealed_page_is_not_readable_and_opens_as_it_was(void **state)
{
	(void)state;
	seal(slot);
	for (unsigned i = 0; i < PAGE_BYTES; i += 16)
		assert_memory_not_equal(content(frame) + i, before + i, 16);
	assert_true(opens(slot));
	assert_memory_not_equal(content(frame), content(copy), PAGE_BYTES);
}

static void the_same_page_looks_different_each_time(void **state)
{
	uint8_t first[PAGE_BYTES];

	(void)state;
	seal(slot);
	memcpy(first, content(frame), PAGE_BYTES);
	assert_true(slot_settle(slot));
	slot_reuse(slot);
	seal(slot);
	assert_memory_not_equal(content(frame), first, 16);
}

static void an_old_version_does_not_open(void **state)
{
	(void)state;
	seal(slot);
	memcpy(before, zeros, PAGE_BYTES);
	assert_true(slot_settle(slot));
	slot_reuse(slot); /* ... and its page is written again, says the kernel; the pager gives back the old one */
	assert_false(opens(slot));
	aead_vectors_fill(before);
}

static void another_slots_page_does_not_open(void **state)
{
	uint32_t other = world_slot();

	(void)state;
	seal(other);
	memcpy(slot_at(slot)->tag, slot_at(other)->tag, SLOT_TAG_BYTES);
	assert_false(opens(slot));
	seal(other);
	slot_at(slot)->version = slot_at(other)->version; /* not even the same version, which no two slots have */
	memcpy(slot_at(slot)->tag, slot_at(other)->tag, SLOT_TAG_BYTES);
	assert_false(opens(slot));
	seal(other);
	assert_true(opens(other));
}

static void one_bit_of_page_tag_or_version_is_enough(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 8 * PAGE_BYTES; bit += 8 * 61 + 1) {
		seal(slot);
		content(copy)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(opens(slot));
	}
	for (unsigned bit = 0; bit < 8 * SLOT_TAG_BYTES; bit++) {
		seal(slot);
		slot_at(slot)->tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(opens(slot));
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		seal(slot);
		slot_at(slot)->version ^= 1ull << bit;
		assert_false(opens(slot));
	}
}

static void each_page_is_a_stretch_of_its_own(void **state)
{
	unsigned seen = host_safe_points;

	(void)state;
	seal_begin();
	for (unsigned page = 1; page <= 4; page++) {
		seal_page(slot, frame);
		assert_int_equal(host_safe_points, seen + 2 * page - 1);
		assert_true(seal_open(slot, frame));
		assert_int_equal(host_safe_points, seen + 2 * page);
	}
	seal_end();
}

static void every_boot_has_another_key_and_says_where_from(void **state)
{
	(void)state;
	seal(slot);
	assert_true(host_console_has("paging: pages are sealed with "));
	assert_true(host_console_has(", key from a counter"));
	seal_init();
	assert_false(opens(slot));
}

static void the_vector_registers_of_a_thread_are_as_they_were(void **state)
{
	struct cpu *cpu = this_cpu();

	(void)state;
	world_make_running(sup);
	assert_int_equal(host_trap(&sup->context, &(struct trap_info){ .fault = FAULT_NONE }), HOST_RESUMED);
	assert_ptr_equal(cpu->vector_owner, sup);
	memset(host_vector_registers, 0x11, sizeof host_vector_registers);
	seal_begin();
	memset(host_vector_registers, 0x5e, sizeof host_vector_registers); /* as the key would be */
	seal_end();
	assert_false(host_vector_traps);
	for (unsigned i = 0; i < sizeof host_vector_registers; i++)
		assert_int_equal(host_vector_registers[i], 0x11);
}

/* They are closed, and whoever asks for them finds his own. */
static void those_of_one_that_does_not_run_are_kept_for_it(void **state)
{
	(void)state;
	world_make_running(sup);
	assert_int_equal(host_trap(&sup->context, &(struct trap_info){ .fault = FAULT_NONE }), HOST_RESUMED);
	memset(host_vector_registers, 0x11, sizeof host_vector_registers);
	this_cpu()->vectors_open = false;
	hal_vector_trap(true);
	seal_begin();
	assert_false(host_vector_traps);
	memset(host_vector_registers, 0x5e, sizeof host_vector_registers);
	seal_end();
	assert_true(host_vector_traps);
	assert_int_equal(host_vector_registers[100], 0x11);
}

static void nothing_of_the_key_stays_in_registers_that_are_nobodys(void **state)
{
	(void)state;
	assert_null(this_cpu()->vector_owner);
	assert_true(host_vector_traps);
	seal_begin();
	memset(host_vector_registers, 0x5e, sizeof host_vector_registers);
	seal_end();
	assert_true(host_vector_traps);
	for (unsigned i = 0; i < sizeof host_vector_registers; i++)
		assert_int_equal(host_vector_registers[i], 0);
}

static bool is_wiped(const void *what, size_t bytes)
{
	const uint8_t *at = what;

	while (bytes > 0 && at[bytes - 1] == 0)
		bytes--;
	return bytes == 0;
}

static bool wiped_when_it_stops(const char *said)
{
	return is_wiped(&seal_keys, sizeof seal_keys) &&
	       is_wiped(host_vector_registers, sizeof host_vector_registers) &&
	       strstr(host_console_text(), said) == NULL;
}

static bool wiped_first;
static void (*wipe)(uint64_t sp);

static void wipe_and_look(uint64_t sp)
{
	wipe(sp);
	wiped_first = wiped_when_it_stops("PANIC");
}

static void a_panic_wipes_the_key_before_it_says_anything(void **state)
{
	(void)state;
	seal(slot);
	memset(host_vector_registers, 0x5e, sizeof host_vector_registers);
	assert_false(is_wiped(&seal_keys, sizeof seal_keys));
	wipe = panic_wipe;
	panic_wipe = wipe_and_look;
	if (setjmp(*host_arm()) == 0)
		panic("a test");
	panic_wipe = wipe;
	assert_true(wiped_first);
	assert_true(host_console_has("PANIC: a test"));
	world_assert_panicked("a test");
	seal_init();
}

static void two_batches_at_once_are_a_panic(void **state)
{
	(void)state;
	seal_begin();
	if (setjmp(*host_arm()) == 0)
		seal_begin();
	world_assert_panicked("one user of the vector registers");
	seal_init();
	if (setjmp(*host_arm()) == 0)
		seal_page(slot, frame);
	world_assert_panicked("the vector registers are the kernel's");
	seal_init();
}

/* ---- through the pager ---- */

static bool has(const uint8_t *page, uint64_t value)
{
	for (unsigned i = 0; i + sizeof value <= PAGE_BYTES; i++)
		if (memcmp(page + i, &value, sizeof value) == 0)
			return true;
	return false;
}

static void the_pager_never_sees_what_a_program_wrote(void **state)
{
	const uint64_t marker = 0x1badc0de5ec2e75ull;
	struct process *p = world_spawn("app", 20);
	uint64_t heap = user_map(first_thread(p), MEM_HEAP, 40);

	(void)state;
	assert_true(paging_put(first_thread(p), heap, marker));
	p->aspace.frames_max = p->aspace.resident + p->aspace.tables + 5;
	for (uint64_t i = 1; i < 40; i++)
		assert_true(paging_put(first_thread(p), heap + i * PAGE_BYTES, marker));
	paging_serve_all();
	assert_true(paging.outs >= 30);
	for (unsigned i = 0; i < PAGING_SLOTS; i++)
		assert_false(has(paging.store[i], marker));
	for (uint64_t i = 0; i < 40; i++)
		assert_int_equal(paging_get(first_thread(p), heap + i * PAGE_BYTES), marker);
}

/* A page that the pager gives back changed ends its owner, and nobody reads it. */
static void a_page_that_does_not_open_ends_its_process_and_only_that(void **state)
{
	uint64_t heap;
	struct thread *t = paging_make_small(5, &heap);
	struct process *p = t->process;
	uint32_t which;

	(void)state;
	(void)paging_fault_in(t, heap);
	which = (uint32_t)paging.server->context.word[0];
	paging.store[which][1234] ^= 4;
	assert_true(user_write(paging.server, paging.window, paging.store[which], PAGE_BYTES));
	assert_ok(paging_answer(0));
	host_leave();
	assert_int_equal(p->fault, FAULT_PAGE_LOST);
	assert_false(is_alive(t));
	assert_true(is_alive(paging.server) && is_alive(sup));
	paging_serve_all();
}

#define SEALED(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)
#define PAGED(name)  cmocka_unit_test_setup_teardown(name, paging_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEALED(a_sealed_page_is_not_readable_and_opens_as_it_was),
		SEALED(the_same_page_looks_different_each_time),
		SEALED(an_old_version_does_not_open),
		SEALED(another_slots_page_does_not_open),
		SEALED(one_bit_of_page_tag_or_version_is_enough),
		SEALED(each_page_is_a_stretch_of_its_own),
		SEALED(every_boot_has_another_key_and_says_where_from),
		SEALED(the_vector_registers_of_a_thread_are_as_they_were),
		SEALED(those_of_one_that_does_not_run_are_kept_for_it),
		SEALED(nothing_of_the_key_stays_in_registers_that_are_nobodys),
		SEALED(a_panic_wipes_the_key_before_it_says_anything),
		SEALED(two_batches_at_once_are_a_panic),
		PAGED(the_pager_never_sees_what_a_program_wrote),
		PAGED(a_page_that_does_not_open_ends_its_process_and_only_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
