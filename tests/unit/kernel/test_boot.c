/* SPDX-License-Identifier: BSD-2-Clause */
/* Booting: what the kernel says, and what it refuses. */
#include "kernel/paging/aead.h"
#include "kernel/paging/seal.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static void a_good_system_boots_into_its_supervisor(void **state)
{
	(void)state;
	world_start();
	assert_true(host_console_has("SHA-256"));
	assert_true(host_console_has(", good"));
	assert_true(host_console_has("figure boot.supervisor"));
	assert_int_equal(host_resumed->pc, PROGRAM_TEXT + 0x200);
	assert_int_equal(host_resumed->sp, LAYOUT_STACK_TOP);
	assert_int_equal(host_resumed->arg[0], LAYOUT_START_BASE);
	assert_int_equal(host_active_root.v, supervisor->aspace.root.v);
	world_check();
}

static void the_supervisor_finds_the_description_as_its_start_information(void **state)
{
	char text[32] = "";

	(void)state;
	world_start();
	assert_true(user_read(first_thread(supervisor), LAYOUT_START_BASE, text, strlen(system_image_description) + 1));
	assert_string_equal(text, system_image_description);
}

static void assert_refused(const char *why)
{
	assert_int_equal(world_boot(), HOST_STOPPED);
	assert_int_equal(host_stop_reason, HAL_STOP_REFUSED);
	if (!host_console_has(why))
		fail_msg("wanted \"%s\" in:\n%s", why, host_console_text());
}

static void a_machine_without_a_system_image_is_refused(void **state)
{
	(void)state;
	world_prepare(WORLD_RAM_BYTES);
	assert_int_equal(host_boot(host_boot_info(NULL, 0)), HOST_STOPPED);
	assert_int_equal(host_stop_reason, HAL_STOP_REFUSED);
	assert_true(host_console_has("the boot loader brought none"));
}

static void a_changed_system_image_is_refused(void **state)
{
	(void)state;
	world_prepare(WORLD_RAM_BYTES);
	world_image.bytes[5 * PAGE_BYTES] ^= 1;
	assert_refused("SHA-256 is not the one it names");
}

static void a_supervisor_that_is_none_is_refused(void **state)
{
	(void)state;
	world_prepare(WORLD_RAM_BYTES);
	system_image_program(&world_image, "supervisor")->manifest.flags = 0;
	system_image_seal(&world_image);
	assert_refused("its manifest does not make it the supervisor");
}

static void too_little_memory_for_the_kernel_is_refused(void **state)
{
	(void)state;
	world_prepare(2 << 20);
	assert_refused("too little memory");
}

static void too_little_memory_for_frame_records_is_refused(void **state)
{
	struct boot_info tiny;

	(void)state;
	world_prepare(WORLD_RAM_BYTES);
	tiny = *host_boot_info(world_image.bytes, system_image_header(&world_image)->image_bytes);
	tiny.ram[0].bytes = tiny.ram[1].bytes = PAGE_BYTES;
	assert_int_equal(host_boot(&tiny), HOST_STOPPED);
	assert_int_equal(host_stop_reason, HAL_STOP_REFUSED);
	assert_true(host_console_has("no room for"));
}

static void too_little_memory_for_the_supervisor_is_refused(void **state)
{
	(void)state;
	world_prepare(WORLD_RAM_BYTES);
	system_image_program(&world_image, "supervisor")->manifest.stack_pages = 1999;
	system_image_seal(&world_image);
	assert_refused("too little memory for the supervisor");
}

static void assert_no_key(void)
{
	static const struct aead none;

	assert_memory_equal(&seal_keys, &none, sizeof none);
}

static void a_supervisor_that_exits_cleanly_switches_off(void **state)
{
	(void)state;
	world_start();
	assert_status(ask(first_thread(supervisor), process_exit, 0), ENDED);
	assert_int_equal(host_stop_reason, HAL_STOP_POWEROFF);
	assert_no_key();
}

static void a_supervisor_that_dies_stops_the_machine_and_says_so(void **state)
{
	(void)state;
	world_start();
	assert_status(ask(first_thread(supervisor), process_exit, 3), ENDED);
	assert_int_equal(host_stop_reason, HAL_STOP_SUPERVISOR);
	assert_no_key();
	assert_true(host_console_has("exited with code 3"));
	assert_true(host_console_has("the supervisor died"));
}

static void a_crash_in_the_kernel_leaves_a_record_and_stops(void **state)
{
	struct context c = { .pc = 0x1234, .sp = 0x5678 };

	(void)state;
	world_start();
	if (setjmp(*host_arm()) == 0)
		kernel_crash("#PF page fault", &c, 2, 0xdead);
	assert_int_equal(host_stop_reason, HAL_STOP_PANIC);
	assert_int_equal(crash_record.pc, 0x1234);
	assert_int_equal(crash_record.address, 0xdead);
	assert_string_equal(crash_record.process, "supervisor");
	assert_memory_equal(&crash_record.magic, "CRASHREC", 8);
	assert_true(host_console_has("PANIC: #PF page fault"));
}

static void a_crash_while_crashing_only_stops(void **state)
{
	size_t before;

	(void)state;
	world_start();
	strcpy(crash_record.message, "first");
	before = strlen(host_console_text());
	if (setjmp(*host_arm()) == 0)
		panic("second");
	assert_int_equal(host_stop_reason, HAL_STOP_PANIC);
	if (setjmp(*host_arm()) == 0)
		kernel_crash("third", NULL, 0, 0);
	assert_int_equal(strlen(host_console_text()), before);
	assert_string_equal(crash_record.message, "first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_system_boots_into_its_supervisor),
		cmocka_unit_test(the_supervisor_finds_the_description_as_its_start_information),
		cmocka_unit_test(a_machine_without_a_system_image_is_refused),
		cmocka_unit_test(a_changed_system_image_is_refused),
		cmocka_unit_test(a_supervisor_that_is_none_is_refused),
		cmocka_unit_test(too_little_memory_for_the_kernel_is_refused),
		cmocka_unit_test(too_little_memory_for_frame_records_is_refused),
		cmocka_unit_test(too_little_memory_for_the_supervisor_is_refused),
		cmocka_unit_test(a_supervisor_that_exits_cleanly_switches_off),
		cmocka_unit_test(a_supervisor_that_dies_stops_the_machine_and_says_so),
		cmocka_unit_test(a_crash_in_the_kernel_leaves_a_record_and_stops),
		cmocka_unit_test(a_crash_while_crashing_only_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
