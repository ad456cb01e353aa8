/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Safe points (I-BOUND): interrupts that are taken in the middle of the kernel's work
 * change nothing of it, are told when the kernel leaves, and never wait for much.
 */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/driver_fixture.h"
#include <string.h>

enum { PAGES = 300, MANY = 40, LINE = 3, WORK_MOST = 200 };

static uint8_t image_of_ram[WORLD_RAM_BYTES];
static unsigned storms;

/* All that comes at a safe point: interrupts of the driver's line and of nobody's, and the timer. */
static void storm(void)
{
	const void *ram = hal_frame_ptr((paddr_t){ HOST_RAM_BASE });
	enum thread_state before = driver.t->state;

	memcpy(image_of_ram, ram, sizeof image_of_ram);
	kernel_interrupt(LINE);
	kernel_interrupt(LINE);
	kernel_interrupt(LINE + 1);
	kernel_timer();
	assert_memory_equal(image_of_ram, ram, sizeof image_of_ram);
	assert_int_equal(driver.t->state, before);
	storms++;
}

/* A driver that waits for its interrupt. */
static void start(void)
{
	storms = 0;
	driver_make(&driver_ports_claim);
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	assert_status(ask(driver.t, ipc_recv, driver.port, 0, 0, DEADLINE_NEVER), PARKED);
	world_make_running(sup);
	host_work_most = 0;
}

static void assert_told_once(void)
{
	assert_true(storms > 0);
	host_safe_point_hook = NULL;
	assert_false(is_blocked(driver.t));
	assert_int_equal(tag_kind(driver.t->context.arg[1]), MESSAGE_KIND_IRQ);
	assert_true(host_irq_masked[LINE]);
	assert_false(cpu_interrupted(this_cpu()));
	assert_in_range(host_work_most, 1, WORK_MOST);
}

static void interrupts_at_a_safe_point_change_nothing_until_the_kernel_leaves(void **state)
{
	uint64_t at;

	(void)state;
	start();
	at = user_map(sup, MEM_BUFFER, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(user_put(sup, at + i * PAGE_BYTES, i));
	host_safe_point_hook = storm;
	host_work_most = 0; /* that was the program's */
	assert_ok(ask(sup, mem_unmap, at, PAGES));
	assert_true(storms >= PAGES / CPU_STEPS_BETWEEN_SAFE_POINTS);
	assert_told_once();
}

static void a_process_is_made_and_ended_in_a_storm_of_interrupts(void **state)
{
	struct process *p;
	struct thread *t;
	uint64_t at;

	(void)state;
	start();
	host_safe_point_hook = storm;
	p = world_spawn("app", 30);
	assert_told_once();
	t = first_thread(p);
	at = user_map(t, MEM_BUFFER, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(user_put(t, at + i * PAGE_BYTES, i));
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	assert_status(ask(driver.t, ipc_recv, driver.port, 0, 0, DEADLINE_NEVER), PARKED);
	storms = 0;
	host_work_most = 0;
	host_safe_point_hook = storm;
	world_stop(p);
	assert_told_once();
}

static void a_process_with_many_threads_handles_and_channels_ends_in_a_storm(void **state)
{
	struct process *p;
	struct thread *t;

	(void)state;
	start();
	p = world_spawn("app", 30);
	t = first_thread(p);
	assert_ok(ask(t, port_create, 30));
	for (unsigned i = 0; i < MANY; i++) {
		assert_ok(ask(t, channel_create, INITIAL_HANDLE(0), i, 1));
		assert_ok(ask(t, thread_create, PROGRAM_TEXT, PROGRAM_DATA));
	}
	storms = 0;
	host_safe_point_hook = storm;
	world_stop(p);
	assert_true(storms >= 4 * MANY); /* one each for the threads, the handles, the channels of the port */
	assert_told_once();
}

/* As at a safe point of the very call that gives the device up. */
static void an_interrupt_whose_driver_goes_before_it_is_told_is_told_to_nobody(void **state)
{
	(void)state;
	driver_make(&driver_ports_claim);
	kernel_interrupt(LINE);
	assert_ok(ask(driver.t, handle_close, driver.device));
	assert_status(ask(driver.t, ipc_recv, driver.port, 0, 0, 0), TIMED_OUT);
	driver_make(&driver_ports_claim);
	assert_status(ask(driver.t, ipc_recv, driver.port, 0, 0, 0), TIMED_OUT);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, driver_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(interrupts_at_a_safe_point_change_nothing_until_the_kernel_leaves),
		STORY(a_process_is_made_and_ended_in_a_storm_of_interrupts),
		STORY(a_process_with_many_threads_handles_and_channels_ends_in_a_storm),
		STORY(an_interrupt_whose_driver_goes_before_it_is_told_is_told_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
