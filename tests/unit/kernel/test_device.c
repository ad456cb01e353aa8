/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices: claims that never share, ranges, interrupts, ports, configuration. */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/driver_fixture.h"

static void a_pci_device_is_found_anywhere_enabled_and_its_message_interrupt_masked(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_int_equal(host_pci_get(driver.function, 4, 2) & 0x406, 0x406); /* memory, master, no INTx */
	assert_int_equal(host_pci_get(driver.function, 0x52, 2), 0x8000);
	assert_int_equal(host_mmio_get(0xe0010200), 0xfee00000);
	assert_int_equal(host_mmio_get(0xe0010208), 0x40 + HAL_IRQ_MESSAGE);
	assert_int_equal(host_mmio_get(0xe001020c), 1);
	assert_int_equal(host_pci_get(driver.function, 0x10, 4), DRIVER_BAR0); /* sizing put the bases back */
	assert_int_equal(host_pci_get(driver.function, 0x24, 4), DRIVER_BAR4 >> 32);
}

static void memory_ranges_are_mapped_and_ports_and_absent_ones_are_not(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, device_map, driver.device, 0));
	assert_int_equal(driver.t->context.arg[1], 0x4000);
	assert_int_equal(aspace_entry(&driver.process->aspace, driver.t->context.arg[0] + PAGE_BYTES).frame.v,
			 DRIVER_BAR0 + PAGE_BYTES);
	assert_ok(ask(driver.t, device_map, driver.device, 4));
	assert_int_equal(aspace_entry(&driver.process->aspace, driver.t->context.arg[0]).frame.v, DRIVER_BAR4);
	assert_status(ask(driver.t, device_map, driver.device, 2), NOT_FOUND);
	assert_status(ask(driver.t, device_map, driver.device, 3), NOT_FOUND);
	assert_status(ask(driver.t, device_map, driver.device, 5), NOT_FOUND);
	assert_status(ask(driver.t, device_map, driver.device, 6), NOT_FOUND);
	assert_status(ask(driver.t, device_map, driver.device, UINT64_MAX), NOT_FOUND);
	assert_status(ask(driver.t, device_map, driver.irq, 0), BAD_HANDLE);
}

static void a_device_that_is_closed_is_out_of_its_drivers_reach(void **state)
{
	uint64_t at;

	(void)state;
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, device_map, driver.device, 0));
	at = driver.t->context.arg[0];
	assert_ok(ask(driver.t, handle_close, driver.device));
	assert_int_equal(aspace_entry(&driver.process->aspace, at).kind, MMU_ABSENT);
	assert_null(aspace_region_at(&driver.process->aspace, at));
}

static void the_range_that_holds_the_msix_table_stays_the_kernels(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_status(ask(driver.t, device_map, driver.device, 1), NO_RIGHT);
}

static void a_range_over_ram_or_the_kernels_controllers_is_never_granted(void **state)
{
	(void)state;
	host_pci_put(driver.function, 0x10, 4, (uint32_t)HOST_RAM_BASE);
	host_pci_put(driver.function, 0x20, 4, 0xfee00004);
	host_pci_put(driver.function, 0x24, 4, 0);
	driver_make(&driver_pci_claim);
	assert_status(ask(driver.t, device_map, driver.device, 0), NOT_FOUND);
	assert_status(ask(driver.t, device_map, driver.device, 4), NOT_FOUND);
}

static void a_range_smaller_than_a_page_is_not_mapped(void **state)
{
	(void)state;
	host_pci_add_range(driver.function, 3, 0xe0020000, 0x100, false);
	driver_make(&driver_pci_claim);
	assert_status(ask(driver.t, device_map, driver.device, 3), NOT_FOUND);
}

static void a_device_without_msix_or_with_a_broken_list_of_capabilities_has_no_interrupt(void **state)
{
	(void)state;
	host_pci_put(driver.function, 0x50, 2, 0x5009); /* the list bites its tail */
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	world_stop(driver.process);
	host_pci_put(driver.function, 0x50, 2, 0x0011);
	host_pci_put(driver.function, 0x54, 4, 0x1000 | 1); /* a table beyond its range */
	driver_make(&driver_pci_claim);
	world_stop(driver.process);
	host_pci_put(driver.function, 0x54, 4, 7); /* in a range that cannot be */
	driver_make(&driver_pci_claim);
	world_stop(driver.process);
	host_pci_put(driver.function, 6, 2, 0);
	driver_make(&driver_pci_claim);
}

static void two_claims_on_one_thing_are_refused(void **state)
{
	struct device_claim c = driver_ports_claim;

	(void)state;
	driver_make(&driver_pci_claim);
	assert_null(driver_claim(&driver_pci_claim));
	assert_status(world_status, NOT_FOUND);
	c = driver_pci_claim;
	c.address = DRIVER_AT;
	assert_null(driver_claim(&c));
	assert_status(world_status, EXISTS);
	c.address = DRIVER_AT + 1;
	assert_null(driver_claim(&c));
	assert_status(world_status, NOT_FOUND);
	(void)host_pci_add(0x300, DRIVER_VENDOR, DRIVER_DEVICE);
	assert_non_null(driver_claim(&driver_pci_claim)); /* the second of its kind */
	assert_non_null(driver_claim(&driver_ports_claim));
	c = driver_ports_claim;
	c.irq = 4;
	assert_null(driver_claim(&c));
	assert_status(world_status, EXISTS);
	c.port = 0x2ff;
	assert_null(driver_claim(&c));
	assert_status(world_status, EXISTS);
	c.port = 0x300;
	c.irq = 3;
	assert_null(driver_claim(&c));
	assert_status(world_status, EXISTS);
	c.irq = 5;
	assert_non_null(driver_claim(&c));
}

static void claims_that_make_no_sense_or_touch_the_platform_are_refused(void **state)
{
	struct device_claim c = driver_ports_claim;

	(void)state;
	c.irq = 16;
	assert_null(driver_claim(&c));
	assert_status(world_status, BAD_ARG);
	c = driver_ports_claim;
	c.ports = 0;
	assert_null(driver_claim(&c));
	assert_status(world_status, BAD_ARG);
	c.port = 0xffff;
	c.ports = 2;
	assert_null(driver_claim(&c));
	assert_status(world_status, BAD_ARG);
	c.port = 0xcf8;
	c.ports = 1;
	assert_null(driver_claim(&c));
	assert_status(world_status, NO_RIGHT);
}

static void an_interrupt_is_masked_told_and_comes_again_after_its_ack(void **state)
{
	(void)state;
	driver_make(&driver_ports_claim);
	assert_true(host_irq_masked[3]);
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	assert_false(host_irq_masked[3]);
	assert_status(ask(driver.t, ipc_recv, driver.port, 0, 0, DEADLINE_NEVER), PARKED);
	kernel_interrupt(3);
	assert_true(host_irq_masked[3]);
	assert_int_equal(driver.t->state, THREAD_RECEIVING);
	host_leave();
	assert_false(is_blocked(driver.t));
	assert_int_equal(tag_kind(driver.t->context.arg[1]), MESSAGE_KIND_IRQ);
	assert_int_equal(driver.t->context.arg[0], driver.irq);
	kernel_interrupt(3);
	kernel_interrupt(3); /* a storm merges */
	host_leave();
	assert_ok(ask(driver.t, ipc_recv, driver.port, 0, 0, 0));
	assert_status(ask(driver.t, ipc_recv, driver.port, 0, 0, 0), TIMED_OUT);
}

static void a_message_interrupt_is_masked_at_its_device(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	assert_int_equal(host_mmio_get(0xe001020c), 0);
	kernel_interrupt(HAL_IRQ_MESSAGE);
	assert_int_equal(host_mmio_get(0xe001020c), 1);
	host_leave();
	assert_ok(ask(driver.t, ipc_recv, driver.port, 0, 0, 0));
}

static void message_comes(void)
{
	host_safe_point_hook = NULL;
	kernel_interrupt(HAL_IRQ_MESSAGE);
}

/* The pages of a driver's buffer are let go when it is told, and that has safe points. */
static void an_interrupt_that_comes_while_drivers_are_told_is_told_too(void **state)
{
	struct thread *t;
	uint64_t port, b;

	(void)state;
	driver_make(&driver_ports_claim);
	t = driver.t;
	port = driver.port;
	b = user_post(
		t, (struct ipc_buffers){ .recv_bytes = user_map(t, MEM_BUFFER, 2), .recv_capacity = 2 * PAGE_BYTES });
	assert_status(ask(t, ipc_recv, port, 0, b, DEADLINE_NEVER), PARKED);
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	kernel_interrupt(3);
	host_safe_point_hook = message_comes;
	host_leave();
	assert_null(host_safe_point_hook);
	assert_false(is_blocked(t));
	assert_ok(ask(driver.t, ipc_recv, driver.port, 0, 0, 0));
	assert_int_equal(tag_kind(driver.t->context.arg[1]), MESSAGE_KIND_IRQ);
}

static void an_interrupt_that_nobody_owns_is_masked_and_counted(void **state)
{
	uint64_t before = this_cpu()->spurious_count;

	(void)state;
	driver_make(&driver_ports_claim);
	assert_ok(ask(driver.t, irq_ack, driver.irq));
	world_stop(driver.process);
	assert_true(host_irq_masked[3]);
	host_irq_masked[3] = false;
	kernel_interrupt(3);
	kernel_interrupt(HAL_IRQ_MESSAGE);
	kernel_interrupt(HAL_IRQ_COUNT + 5);
	assert_int_equal(this_cpu()->spurious_count, before + 3);
	assert_true(host_irq_masked[3]);
}

static void ports_are_read_and_written_within_the_claim_only(void **state)
{
	(void)state;
	driver_make(&driver_ports_claim);
	host_port_bytes[0x2f8] = 0x11;
	host_port_bytes[0x2f9] = 0x22;
	assert_ok(ask(driver.t, device_io, driver.device, DEVICE_IO_READ(2), 0, 0));
	assert_int_equal(driver.t->context.arg[0], 0x2211);
	assert_ok(ask(driver.t, device_io, driver.device, DEVICE_IO_WRITE(1), 7, 0x1ff));
	assert_int_equal(host_port_writes[0].port, 0x2ff);
	assert_ok(ask(driver.t, device_io, driver.device, DEVICE_IO_WRITE_BYTES(3), 0, 0x636261));
	assert_int_equal(host_port_write_count, 4);
	assert_int_equal(host_port_writes[2].value, 'b');
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_WRITE(2), 7, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_READ(1), 8, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_READ(1), UINT64_MAX, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_READ(3), 0, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_WRITE_BYTES(9), 0, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_WRITE_BYTES(1), 8, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, 0x40, 0, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, 0x41, 0, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, UINT64_MAX, 0, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_CONFIG(4), 0, 0), NO_RIGHT);
	assert_int_equal(host_port_write_count, 4);
}

static void pci_configuration_is_read_and_never_written(void **state)
{
	(void)state;
	driver_make(&driver_pci_claim);
	assert_ok(ask(driver.t, device_io, driver.device, DEVICE_IO_CONFIG(4), 0, 0));
	assert_int_equal(driver.t->context.arg[0], (uint32_t)DRIVER_DEVICE << 16 | DRIVER_VENDOR);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_CONFIG(4), 2, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_CONFIG(4), 256, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_CONFIG(3), 0, 0), BAD_ARG);
	assert_status(ask(driver.t, device_io, driver.device, DEVICE_IO_WRITE(4), 0, 0), NO_RIGHT);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, driver_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_pci_device_is_found_anywhere_enabled_and_its_message_interrupt_masked),
		STORY(memory_ranges_are_mapped_and_ports_and_absent_ones_are_not),
		STORY(the_range_that_holds_the_msix_table_stays_the_kernels),
		STORY(a_range_over_ram_or_the_kernels_controllers_is_never_granted),
		STORY(a_range_smaller_than_a_page_is_not_mapped),
		STORY(a_device_without_msix_or_with_a_broken_list_of_capabilities_has_no_interrupt),
		STORY(two_claims_on_one_thing_are_refused),
		STORY(claims_that_make_no_sense_or_touch_the_platform_are_refused),
		STORY(an_interrupt_is_masked_told_and_comes_again_after_its_ack),
		STORY(a_message_interrupt_is_masked_at_its_device),
		STORY(an_interrupt_that_comes_while_drivers_are_told_is_told_too),
		STORY(an_interrupt_that_nobody_owns_is_masked_and_counted),
		STORY(a_device_that_is_closed_is_out_of_its_drivers_reach),
		STORY(ports_are_read_and_written_within_the_claim_only),
		STORY(pci_configuration_is_read_and_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
