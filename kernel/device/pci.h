/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration: finding functions, their memory ranges, their MSI-X table.
 * Source: PCI Local Bus Specification 3.0, "Configuration Space Decoding" and "MSI-X Capability";
 * PCI Express Base Specification 3.0, "Device Status Register".
 */
#pragma once
#include "kernel/device/device.h"

enum { PCI_NOWHERE = 0xffff };

/* The next function at or after `from` that matches; PCI_NOWHERE. */
uint16_t pci_find(uint16_t vendor, uint16_t device, uint16_t from);
bool pci_matches(uint16_t address, uint16_t vendor, uint16_t device);
/* Reads and sizes the memory ranges; those that would overlap RAM or the kernel's controllers are left out. */
void pci_read_ranges(uint16_t address, struct device_range ranges[DEVICE_RANGES]);
/* Lets it decode memory and master the bus. */
void pci_enable(uint16_t address);
/*
 * Neither any more. On return it writes nothing to memory: it may not master the bus, its transactions are over (PCI
 * Express), and it is reset if it is of virtio.
 */
void pci_quiet(uint16_t address);
/*
 * Points MSI-X entry 0 at an interrupt line, masked, and turns MSI-X on; where the entry is, or PADDR_NONE without
 * MSI-X.
 */
paddr_t pci_msix_setup(uint16_t address, const struct device_range ranges[DEVICE_RANGES], unsigned line);
void pci_msix_mask(paddr_t entry, bool masked);
