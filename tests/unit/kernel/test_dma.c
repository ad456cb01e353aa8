/* SPDX-License-Identifier: BSD-2-Clause */
/* DMA: pages that a device may reach; a driver's death and its device. */
#include "tests/unit/kernel/driver_fixture.h"

static void pages_under_dma_stay_where_they_are_until_it_ends(void **state)
{
	uint64_t at, busy;

	(void)state;
	driver_make(&driver_pci_claim);
	at = user_map(driver.t, MEM_BUFFER, 3);
	busy = driver.process->aspace.busy;
	assert_ok(ask(driver.t, dma_map, driver.device, at, 3, PROGRAM_DATA));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(user_get(driver.t, PROGRAM_DATA + 8 * i),
				 aspace_entry(&driver.process->aspace, at + i * PAGE_BYTES).frame.v);
	assert_int_equal(driver.process->aspace.busy, busy + 3);
	world_check();
	assert_status(ask(driver.t, mem_unmap, at, 3), BUSY);
	assert_status(ask(driver.t, dma_unmap, driver.device, at, 2), BAD_ARG);
	assert_status(ask(driver.t, dma_unmap, driver.device, at + PAGE_BYTES, 3), BAD_ARG);
	assert_ok(ask(driver.t, dma_unmap, driver.device, at, 3));
	assert_true(aspace_entry(&driver.process->aspace, at).dirty); /* the device may have written */
	assert_status(ask(driver.t, dma_unmap, driver.device, at, 3), BAD_ARG);
	assert_ok(ask(driver.t, mem_unmap, at, 3));
}

static void dma_of_what_cannot_be_is_refused(void **state)
{
	uint64_t at;

	(void)state;
	driver_make(&driver_pci_claim);
	at = user_map(driver.t, MEM_BUFFER, 3);
	assert_status(ask(driver.t, dma_map, driver.device, at + 1, 1, PROGRAM_DATA), BAD_ARG);
	assert_status(ask(driver.t, dma_map, driver.device, at, 0, PROGRAM_DATA), BAD_ARG);
	assert_status(ask(driver.t, dma_map, driver.device, at, 513, PROGRAM_DATA), BAD_ARG);
	driver.process->aspace.busy_max = driver.process->aspace.busy + 2;
	assert_status(ask(driver.t, dma_map, driver.device, at, 3, PROGRAM_DATA), TOO_BIG);
	driver.process->aspace.busy_max = 64;
	driver.process->quota.max_bytes = driver.process->quota.used_bytes;
	assert_status(ask(driver.t, dma_map, driver.device, at, 3, PROGRAM_DATA), NO_MEMORY);
	driver.process->quota.max_bytes = 1 << 20;
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(ask(driver.t, dma_map, driver.device, at, 3, PROGRAM_DATA), NO_MEMORY);
	machine_relent();
	assert_int_equal(frame_record(aspace_entry(&driver.process->aspace, at).frame)->dma, 0);
	assert_status(ask(driver.t, dma_map, driver.device, at, 4, PROGRAM_DATA), ENDED);
	assert_int_equal(driver.process->fault, FAULT_BAD_RANGE);
}

static void dma_to_code_is_refused(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_status(ask(driver.t, dma_map, driver.device, PROGRAM_TEXT, 1, PROGRAM_DATA), NO_RIGHT);
	assert_int_equal(frame_record(aspace_entry(&driver.process->aspace, PROGRAM_TEXT).frame)->dma, 0);
}

static void a_driver_that_dies_leaves_its_device_quiet_and_its_pages_free(void **state)
{
	uint64_t at;
	struct balance before;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		before = world_balance();
		driver_make(&driver_pci_claim);
		at = user_map(driver.t, MEM_BUFFER, 3);
		assert_ok(ask(driver.t, dma_map, driver.device, at, 3, PROGRAM_DATA));
		assert_ok(ask(driver.t, dma_map, driver.device, at, 1, PROGRAM_DATA));
		kernel_interrupt(HAL_IRQ_MESSAGE);
		world_stop(driver.process);
		assert_int_equal(host_pci_get(driver.function, 4, 2) & 6, 0); /* neither memory nor mastering */
		assert_int_equal(host_mmio_get(0xe001020c), 1);
	}
	assert_balanced(before, world_balance());
}

static void closing_either_handle_gives_the_device_up(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, handle_close, driver.irq));
	assert_status(ask(driver.t, device_map, driver.device, 0), BAD_HANDLE);
	assert_int_equal(host_pci_get(driver.function, 4, 2) & 6, 0);
	driver_make(&driver_pci_claim);
}

static void a_child_that_cannot_have_its_second_device_gives_up_the_first(void **state)
{
	struct process_params p = world_params("driver", 20);
	struct balance before;

	(void)state;
	p.claim_count = 2;
	p.claims[0] = driver_pci_claim;
	p.claims[1] = driver_pci_claim;
	assert_null(world_create(&p));
	before = world_balance();
	assert_null(world_create(&p));
	assert_status(world_status, NOT_FOUND);
	assert_balanced(before, world_balance());
	driver_make(&driver_pci_claim);
}

static void a_child_whose_quota_pays_for_its_device_or_its_handle_but_not_both_is_not_made(void **state)
{
	struct process_params p = world_params("driver", 20);
	struct thread *s = first_thread(supervisor);
	struct image_header *image = (void *)((char *)(uintptr_t)supervisor->image + 3 * PROGRAM_BYTES);

	(void)state;
	assert_string_equal(image->name, "driver");
	assert_ok(ask(s, port_create, 10));
	assert_ok(ask(s, channel_create, s->context.arg[0], 1, 1));
	p.handle_count = 1;
	p.handles[0] = (handle_t)s->context.arg[0];
	p.claim_count = 1;
	p.claims[0] = driver_pci_claim;
	for (uint32_t kib = 0; kib < 16; kib++) {
		struct process *made;

		image->manifest.kernel_kib_max = kib;
		made = world_create(&p);
		if (made != NULL) {
			assert_true(made->quota.used_bytes <= made->quota.max_bytes);
			return;
		}
		assert_status(world_status, NO_MEMORY);
	}
	fail_msg("16 KiB do not suffice");
}

static void a_claim_without_memory_for_its_record_is_refused(void **state)
{

	(void)state;
	driver.process = world_spawn("driver", 20);
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(device_claim(driver.process, &driver_pci_claim), NO_MEMORY);
	machine_relent();
	driver.process->quota.max_bytes = driver.process->quota.used_bytes;
	assert_status(device_claim(driver.process, &driver_pci_claim), NO_MEMORY);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, driver_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(pages_under_dma_stay_where_they_are_until_it_ends),
		STORY(dma_of_what_cannot_be_is_refused),
		STORY(dma_to_code_is_refused),
		STORY(a_driver_that_dies_leaves_its_device_quiet_and_its_pages_free),
		STORY(closing_either_handle_gives_the_device_up),
		STORY(a_child_that_cannot_have_its_second_device_gives_up_the_first),
		STORY(a_child_whose_quota_pays_for_its_device_or_its_handle_but_not_both_is_not_made),
		STORY(a_claim_without_memory_for_its_record_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
