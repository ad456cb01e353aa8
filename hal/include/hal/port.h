/* SPDX-License-Identifier: BSD-2-Clause */
/* Device registers that only the kernel can reach. width: 1, 2 or 4 bytes. */
#pragma once
#include "kernel/base/types.h"

uint32_t hal_port_read(uint16_t port, unsigned width);
void hal_port_write(uint16_t port, unsigned width, uint32_t value);

/* PCI configuration space; address: bus 8, device 5, function 3 bits; offset below 256, aligned to width. */
uint32_t hal_pci_read(uint16_t address, unsigned offset, unsigned width);
void hal_pci_write(uint16_t address, unsigned offset, unsigned width, uint32_t value);

/* 32-bit registers of a device at a physical address (the kernel's own use: MSI-X tables). */
uint32_t hal_mmio_read32(paddr_t at);
void hal_mmio_write32(paddr_t at, uint32_t value);

/*
 * True if the kernel or the platform owns any of these ports (PIC, PIT, PCI configuration, COM1, debug exit, ...):
 * never granted.
 */
bool hal_port_reserved(uint16_t first, unsigned count);
/* True if the range is RAM or a controller of the kernel's (APICs): never granted. */
bool hal_mmio_reserved(paddr_t base, uint64_t bytes);
