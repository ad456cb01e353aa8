/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with one PCI function, serial ports, and a driver process that claims either. */
#pragma once
#include "kernel/device/device.h"
#include "tests/unit/kernel/world.h"

enum { DRIVER_VENDOR = 0x1af4, DRIVER_DEVICE = 0x1042, DRIVER_AT = 0x18 };
#define DRIVER_BAR0 0xe0000000ull
#define DRIVER_BAR4 0x8000000000ull

extern struct driver_fixture {
	struct host_pci *function; /* at DRIVER_AT */
	struct process *process;
	struct thread *t;           /* its first */
	handle_t device, irq, port; /* its own */
} driver;

extern const struct device_claim driver_pci_claim, driver_ports_claim;

struct host_pci *driver_add_function(void);
int driver_start(void **state); /* for cmocka: the machine, no driver yet */
/* A process with this claim. NULL: world_status says why. */
struct process *driver_claim(const struct device_claim *c);
/* Makes `driver` of it, with a port; asserts that it can. */
void driver_make(const struct device_claim *c);
