/* SPDX-License-Identifier: BSD-2-Clause */
/* DMA: pages that a device may reach; a driver's death and its device. */
#include "kernel/device/device.h"
#include "hal/host/host.h"
#include "kernel/abi/message.h"
#include "kernel/device/pci.h"
#include "tests/unit/kernel/world.h"

enum { VENDOR = 0x1af4, DEVICE = 0x1042, AT = 0x18, MESSAGE_LINE = HAL_IRQ_MESSAGE };
#define BAR0 0xe0000000ull
#define BAR4 0x8000000000ull

static struct host_pci *function;
static struct process *driver;
static struct thread *t;
static handle_t device, irq, port;

static const struct device_claim pci_claim = { .kind = DEVICE_PCI, .vendor = VENDOR, .device = DEVICE, .address = DEVICE_ANYWHERE };

static struct process *claim(const struct device_claim *c)
{
	struct process_params p = world_params("driver", 20);

	p.claim_count = 1;
	p.claims[0] = *c;
	return world_create(&p);
}

static int start(void **state)
{
	(void)state;
	world_start();
	function = host_pci_add(AT, VENDOR, DEVICE);
	host_pci_put(function, 0x0e, 1, 0x80);
	host_pci_add_range(function, 0, BAR0, 0x4000, false);
	host_pci_add_range(function, 1, 0xe0010000, 0x1000, false);
	host_pci_put(function, 0x18, 4, 0xc001); /* I/O ports: not granted */
	host_pci_add_range(function, 4, BAR4, 0x4000, true);
	host_pci_add_msix(function, 1, 0x200);
	device = INITIAL_HANDLE(0);
	irq = INITIAL_HANDLE(1);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	world_check();
	return 0;
}

static void have(const struct device_claim *c)
{
	driver = claim(c);
	assert_non_null(driver);
	t = first_thread(driver);
	assert_ok(ask(t, port_create, 20));
	port = (handle_t)t->context.arg[0];
}

/* ---- DMA ---- */

static void pages_under_dma_stay_where_they_are_until_it_ends(void **state)
{
	uint64_t at, busy;

	(void)state;
	have(&pci_claim);
	at = user_map(t, MEM_BUFFER, 3);
	busy = driver->aspace.busy;
	assert_ok(ask(t, dma_map, device, at, 3, PROGRAM_DATA));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(user_get(t, PROGRAM_DATA + 8 * i), aspace_entry(&driver->aspace, at + i * PAGE_BYTES).frame.v);
	assert_int_equal(driver->aspace.busy, busy + 3);
	world_check();
	assert_status(ask(t, mem_unmap, at, 3), BUSY);
	assert_status(ask(t, dma_unmap, device, at, 2), BAD_ARG);
	assert_status(ask(t, dma_unmap, device, at + PAGE_BYTES, 3), BAD_ARG);
	assert_ok(ask(t, dma_unmap, device, at, 3));
	assert_true(aspace_entry(&driver->aspace, at).dirty); /* the device may have written */
	assert_status(ask(t, dma_unmap, device, at, 3), BAD_ARG);
	assert_ok(ask(t, mem_unmap, at, 3));
}

static void dma_of_what_cannot_be_is_refused(void **state)
{
	uint64_t at;

	(void)state;
	have(&pci_claim);
	at = user_map(t, MEM_BUFFER, 3);
	assert_status(ask(t, dma_map, device, at + 1, 1, PROGRAM_DATA), BAD_ARG);
	assert_status(ask(t, dma_map, device, at, 0, PROGRAM_DATA), BAD_ARG);
	assert_status(ask(t, dma_map, device, at, 513, PROGRAM_DATA), BAD_ARG);
	driver->aspace.busy_max = driver->aspace.busy + 2;
	assert_status(ask(t, dma_map, device, at, 3, PROGRAM_DATA), TOO_BIG);
	driver->aspace.busy_max = 64;
	driver->quota.max_bytes = driver->quota.used_bytes;
	assert_status(ask(t, dma_map, device, at, 3, PROGRAM_DATA), NO_MEMORY);
	driver->quota.max_bytes = 1 << 20;
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(ask(t, dma_map, device, at, 3, PROGRAM_DATA), NO_MEMORY);
	machine_relent();
	assert_int_equal(frame_record(aspace_entry(&driver->aspace, at).frame)->dma, 0);
	assert_status(ask(t, dma_map, device, at, 4, PROGRAM_DATA), ENDED);
	assert_int_equal(driver->fault, FAULT_BAD_RANGE);
}

static void dma_to_code_is_refused(void **state)
{
	(void)state;
	have(&pci_claim);
	assert_status(ask(t, dma_map, device, PROGRAM_TEXT, 1, PROGRAM_DATA), NO_RIGHT);
	assert_int_equal(frame_record(aspace_entry(&driver->aspace, PROGRAM_TEXT).frame)->dma, 0);
}

static void a_driver_that_dies_leaves_its_device_quiet_and_its_pages_free(void **state)
{
	uint64_t at;
	struct balance before;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		before = world_balance();
		have(&pci_claim);
		at = user_map(t, MEM_BUFFER, 3);
		assert_ok(ask(t, dma_map, device, at, 3, PROGRAM_DATA));
		assert_ok(ask(t, dma_map, device, at, 1, PROGRAM_DATA));
		kernel_interrupt(MESSAGE_LINE);
		world_stop(driver);
		assert_int_equal(host_pci_get(function, 4, 2) & 6, 0); /* neither memory nor mastering */
		assert_int_equal(host_mmio_get(0xe001020c), 1);
	}
	assert_balanced(before, world_balance());
}

static void closing_either_handle_gives_the_device_up(void **state)
{
	(void)state;
	have(&pci_claim);
	assert_ok(ask(t, handle_close, irq));
	assert_status(ask(t, device_map, device, 0), BAD_HANDLE);
	assert_int_equal(host_pci_get(function, 4, 2) & 6, 0);
	have(&pci_claim);
}

static void a_child_that_cannot_have_its_second_device_gives_up_the_first(void **state)
{
	struct process_params p = world_params("driver", 20);
	struct balance before;

	(void)state;
	p.claim_count = 2;
	p.claims[0] = pci_claim;
	p.claims[1] = pci_claim;
	assert_null(world_create(&p));
	before = world_balance();
	assert_null(world_create(&p));
	assert_status(world_status, NOT_FOUND);
	assert_balanced(before, world_balance());
	have(&pci_claim);
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
	p.claims[0] = pci_claim;
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
	struct device *d;

	(void)state;
	driver = world_spawn("driver", 20);
	machine_exhaust(FRAME_FOR_KERNEL);
	assert_status(device_claim(driver, &pci_claim, &d), NO_MEMORY);
	machine_relent();
	driver->quota.max_bytes = driver->quota.used_bytes;
	assert_status(device_claim(driver, &pci_claim, &d), NO_MEMORY);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

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
