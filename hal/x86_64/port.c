/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports, PCI configuration space and device registers; and which of them are never handed out. */
#include "hal/port.h"
#include "hal/x86_64/acpi.h"
#include "hal/x86_64/apic.h"
#include "hal/x86_64/assert.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/instr.h"
#include "hal/x86_64/paging.h"

enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc };

uint32_t hal_port_read(uint16_t port, unsigned width)
{
	hal_assert(width == 1 || width == 2 || width == 4);
	if (width == 1)
		return port_in8(port);
	return width == 2 ? port_in16(port) : port_in32(port);
}

void hal_port_write(uint16_t port, unsigned width, uint32_t value)
{
	hal_assert(width == 1 || width == 2 || width == 4);
	if (width == 1)
		port_out8(port, (uint8_t)value);
	else if (width == 2)
		port_out16(port, (uint16_t)value);
	else
		port_out32(port, value);
}

/* PCI Local Bus Specification, "Configuration Mechanism #1". Returns the port for the offset. */
static uint16_t pci_select(uint16_t address, unsigned offset, unsigned width)
{
	hal_assert(offset < 256 && offset % width == 0);
	port_out32(PCI_ADDRESS, 1u << 31 | (uint32_t)address << 8 | (offset & 0xfc));
	return (uint16_t)(PCI_DATA + (offset & 3));
}

uint32_t hal_pci_read(uint16_t address, unsigned offset, unsigned width)
{
	return hal_port_read(pci_select(address, offset, width), width);
}

void hal_pci_write(uint16_t address, unsigned offset, unsigned width, uint32_t value)
{
	hal_port_write(pci_select(address, offset, width), width, value);
}

static volatile uint32_t *device_register(paddr_t at)
{
	hal_assert(at.v % 4 == 0);
	return paging_map_device(DEVICE_WINDOW, at.v);
}

uint32_t hal_mmio_read32(paddr_t at) { return *device_register(at); }

void hal_mmio_write32(paddr_t at, uint32_t value) { *device_register(at) = value; }

/* The board's own: first and last. */
static const uint16_t owned[][2] = {
	{ 0x000, 0x0ff },   /* ISA DMA, PICs, PIT, keyboard controller (it resets), CMOS, SMI, debug exit */
	{ 0x3f8, 0x3ff },   /* COM1: the kernel's log */
	{ 0x4d0, 0x4d1 },   /* PICs' trigger modes */
	{ 0x510, 0x51b },   /* QEMU's firmware configuration: it has DMA */
	{ 0xcf8, 0xcff },   /* PCI configuration; reset */
	{ 0x5658, 0x5659 }, /* hypervisor calls */
};

bool hal_port_reserved(uint16_t first, unsigned count)
{
	if (count == 0 || count > 0x10000u - first)
		return true;
	unsigned last = first + count - 1;
	for (unsigned i = 0; i < array_length(owned); i++)
		if (first <= owned[i][1] && owned[i][0] <= last)
			return true;
	for (unsigned i = 0; i < array_length(acpi.blocks); i++)
		if (first < acpi.blocks[i].first + acpi.blocks[i].bytes && acpi.blocks[i].first <= last)
			return true;
	return acpi.smi_command && first <= acpi.smi_command && acpi.smi_command <= last;
}

/* All that firmware's map names is refused, not only RAM: PCI's memory-mapped configuration is in it too. */
bool hal_mmio_reserved(paddr_t base, uint64_t bytes)
{
	uint64_t end = base.v + bytes;
	if (end <= base.v || boot_firmware_memory.overflowed || base.v < 0xa0000)
		return true;
	return ranges_overlap(&boot_firmware_memory, base.v, end) || apic_owns(base.v, end);
}
