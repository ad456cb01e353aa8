/* SPDX-License-Identifier: BSD-2-Clause */
/* See driver_fixture.h. */
#include "tests/unit/kernel/driver_fixture.h"

struct driver_fixture driver;

const struct device_claim driver_pci_claim = {
	.kind = DEVICE_PCI, .vendor = DRIVER_VENDOR, .device = DRIVER_DEVICE, .address = DEVICE_ANYWHERE
};
const struct device_claim driver_ports_claim = { .kind = DEVICE_PORTS, .port = 0x2f8, .ports = 8, .irq = 3 };

struct host_pci *driver_add_function(void)
{
	struct host_pci *f = host_pci_add(DRIVER_AT, DRIVER_VENDOR, DRIVER_DEVICE);

	host_pci_put(f, 0x0e, 1, 0x80);
	host_pci_add_range(f, 0, DRIVER_BAR0, 0x4000, false);
	host_pci_add_range(f, 1, 0xe0010000, 0x1000, false);
	host_pci_put(f, 0x18, 4, 0xc001); /* I/O ports: not granted */
	host_pci_add_range(f, 4, DRIVER_BAR4, 0x4000, true);
	host_pci_add_msix(f, 1, 0x200);
	return f;
}

int driver_start(void **state)
{
	(void)state;
	world_start();
	driver = (struct driver_fixture){ .function = driver_add_function(),
					  .device = INITIAL_HANDLE(0),
					  .irq = INITIAL_HANDLE(1) };
	return 0;
}

struct process *driver_claim(const struct device_claim *c)
{
	struct process_params p = world_params("driver", 20);

	p.claim_count = 1;
	p.claims[0] = *c;
	return world_create(&p);
}

void driver_make(const struct device_claim *c)
{
	driver.process = driver_claim(c);
	assert_non_null(driver.process);
	driver.t = first_thread(driver.process);
	assert_ok(ask(driver.t, port_create, 20));
	driver.port = (handle_t)driver.t->context.arg[0];
}
