/* SPDX-License-Identifier: BSD-2-Clause */
/* See pci.h. Stateless: everything is read from the devices. */
#include "kernel/device/pci.h"
#include "hal/cpu.h"
#include "hal/irq.h"
#include "hal/port.h"

enum { /* offsets in configuration space */
       PCI_ID = 0x00,
       PCI_COMMAND = 0x04,
       PCI_STATUS = 0x06,
       PCI_HEADER_TYPE = 0x0e,
       PCI_BAR0 = 0x10,
       PCI_CAPABILITIES = 0x34,
       PCI_CAPABILITIES_MIN = 0x40, /* no capability is below */
       PCI_CONFIG_BYTES = 256,
       COMMAND_IO = 1,
       COMMAND_MEMORY = 2,
       COMMAND_MASTER = 4,
       COMMAND_NO_INTX = 0x400,
       STATUS_CAPABILITIES = 0x10,
       CAPABILITY_VENDOR = 0x09,
       CAPABILITY_PCIE = 0x10,
       CAPABILITY_MSIX = 0x11,
       CAPABILITIES_MOST = 48, /* that fit in 192 bytes: bounds a broken list */
       MSIX_ENABLE = 0x8000,
       MSIX_ENTRY_DATA = 8,
       MSIX_ENTRY_CONTROL = 12,
       PCIE_STATUS = 0x0a, /* in the capability */
       PCIE_PENDING = 0x20,
       QUIET_READS = 256, /* until a device that says it is busy is believed no more: no interrupt comes meanwhile */
};

enum { /* virtio 1.2, "Virtio Structure PCI Capabilities": in the capability, but for the status, in its structure */
       VIRTIO_VENDOR = 0x1af4,
       VIRTIO_TYPE = 3,
       VIRTIO_TYPE_COMMON = 1,
       VIRTIO_TYPE_WINDOW = 5, /* reaches the other structures by configuration space */
       VIRTIO_BAR = 4,
       VIRTIO_OFFSET = 8,
       VIRTIO_LENGTH = 12,
       VIRTIO_DATA = 16,
       VIRTIO_STATUS = 0x14,
};

static uint32_t read(uint16_t address, unsigned offset, unsigned width) { return hal_pci_read(address, offset, width); }

bool pci_matches(uint16_t address, uint16_t vendor, uint16_t device)
{
	return read(address, PCI_ID, 4) == ((uint32_t)device << 16 | vendor);
}

static bool is_single_function(uint16_t address)
{
	return read(address, PCI_ID, 2) == 0xffff || !(read(address, PCI_HEADER_TYPE, 1) & 0x80);
}

uint16_t pci_find(uint16_t vendor, uint16_t device, uint16_t from)
{
	for (uint32_t a = from; a < PCI_NOWHERE; a++) {
		if (a % 256 == 0) /* once a bus */
			hal_cpu_safe_point();
		if (pci_matches((uint16_t)a, vendor, device))
			return (uint16_t)a;
		if ((a & 7) == 0 && is_single_function((uint16_t)a))
			a |= 7;
	}
	return PCI_NOWHERE;
}

/* The size that a base register decodes: ones are written, the writable bits come back. */
static uint64_t size_of(uint16_t address, unsigned bar, uint64_t base, bool wide)
{
	uint64_t mask;

	hal_pci_write(address, bar, 4, 0xffffffff);
	mask = read(address, bar, 4) & ~0xfull;
	hal_pci_write(address, bar, 4, (uint32_t)base);
	if (!wide)
		return mask == 0 ? 0 : (uint32_t)(~mask + 1);
	hal_pci_write(address, bar + 4, 4, 0xffffffff);
	mask |= (uint64_t)read(address, bar + 4, 4) << 32;
	hal_pci_write(address, bar + 4, 4, (uint32_t)(base >> 32));
	return ~mask + 1;
}

void pci_read_ranges(uint16_t address, struct device_range ranges[DEVICE_RANGES])
{
	uint32_t command = read(address, PCI_COMMAND, 2);

	hal_pci_write(address, PCI_COMMAND, 2, command & ~(uint32_t)(COMMAND_MEMORY | COMMAND_IO | COMMAND_MASTER));
	for (unsigned i = 0; i < DEVICE_RANGES; i++) {
		unsigned bar = PCI_BAR0 + 4 * i;
		uint64_t base = read(address, bar, 4);
		bool wide = (base & 6) == 4 && i + 1 < DEVICE_RANGES;

		ranges[i] = (struct device_range){ PADDR_NONE, 0 };
		if (base & 1) /* I/O ports: not granted by this claim */
			continue;
		if (wide)
			base |= (uint64_t)read(address, bar + 4, 4) << 32;
		ranges[i].bytes = size_of(address, bar, base, wide);
		ranges[i].base = (paddr_t){ base & ~0xfull };
		if (ranges[i].base.v == 0 || hal_mmio_reserved(ranges[i].base, ranges[i].bytes))
			ranges[i].bytes = 0;
		if (wide)
			ranges[++i] = (struct device_range){ PADDR_NONE, 0 };
	}
	hal_pci_write(address, PCI_COMMAND, 2, command);
}

void pci_enable(uint16_t address)
{
	uint32_t command = read(address, PCI_COMMAND, 2);

	hal_pci_write(address, PCI_COMMAND, 2, command | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX);
}

/* The capability behind this one, the first behind 0; 0: no more. A broken list may be a circle. */
static unsigned next_capability(uint16_t address, unsigned at)
{
	if (at == 0 && !(read(address, PCI_STATUS, 2) & STATUS_CAPABILITIES))
		return 0;
	at = read(address, at == 0 ? PCI_CAPABILITIES : at + 1, 1) & 0xfc;
	return at >= PCI_CAPABILITIES_MIN ? at : 0;
}

static unsigned find_capability(uint16_t address, unsigned id)
{
	unsigned at = next_capability(address, 0);

	for (unsigned n = 0; at != 0 && n < CAPABILITIES_MOST; n++, at = next_capability(address, at))
		if (read(address, at, 1) == id)
			return at;
	return 0;
}

/* Reads until none of the bits is set, or for as long as can be waited. */
static void await_clear(uint16_t address, unsigned offset, unsigned width, uint32_t bits)
{
	for (unsigned n = 0; n < QUIET_READS && (read(address, offset, width) & bits) != 0; n++)
		continue;
}

/* A virtio device writes what it was asked for until it has answered or is reset, mastering the bus or not. */
static void reset_virtio(uint16_t address)
{
	unsigned common = 0, window = 0, at = next_capability(address, 0);

	for (unsigned n = 0; at != 0 && n < CAPABILITIES_MOST; n++, at = next_capability(address, at)) {
		unsigned type = read(address, at, 1) == CAPABILITY_VENDOR ? read(address, at + VIRTIO_TYPE, 1) : 0;

		common = type == VIRTIO_TYPE_COMMON ? at : common;
		window = type == VIRTIO_TYPE_WINDOW && at + VIRTIO_DATA < PCI_CONFIG_BYTES ? at : window;
	}
	if (common == 0 || window == 0)
		return;
	hal_pci_write(address, window + VIRTIO_BAR, 1, read(address, common + VIRTIO_BAR, 1));
	hal_pci_write(address, window + VIRTIO_OFFSET, 4, read(address, common + VIRTIO_OFFSET, 4) + VIRTIO_STATUS);
	hal_pci_write(address, window + VIRTIO_LENGTH, 4, 1);
	hal_pci_write(address, window + VIRTIO_DATA, 1, 0);
	await_clear(address, window + VIRTIO_DATA, 1, 0xff);
}

void pci_quiet(uint16_t address)
{
	uint32_t command = read(address, PCI_COMMAND, 2) & ~(uint32_t)COMMAND_MASTER;
	unsigned pcie = find_capability(address, CAPABILITY_PCIE);

	hal_pci_write(address, PCI_COMMAND, 2, command);
	(void)read(address, PCI_COMMAND, 2); /* reads push posted writes out: PCI 3.0, "Transaction Ordering" */
	if (pcie != 0)
		await_clear(address, pcie + PCIE_STATUS, 2, PCIE_PENDING);
	if (read(address, PCI_ID, 2) == VIRTIO_VENDOR)
		reset_virtio(address);
	hal_pci_write(address, PCI_COMMAND, 2, command & ~(uint32_t)COMMAND_MEMORY);
}

paddr_t pci_msix_setup(uint16_t address, const struct device_range ranges[DEVICE_RANGES], unsigned line)
{
	unsigned at = find_capability(address, CAPABILITY_MSIX);
	uint32_t table, data;
	uint64_t message;
	paddr_t entry;

	if (at == 0)
		return PADDR_NONE;
	table = read(address, at + 4, 4);
	if ((table & 7) >= DEVICE_RANGES || (table & ~7u) + 16ull > ranges[table & 7].bytes)
		return PADDR_NONE;
	entry = (paddr_t){ ranges[table & 7].base.v + (table & ~7u) };
	hal_irq_message(line, &message, &data);
	pci_msix_mask(entry, true);
	hal_mmio_write32(entry, (uint32_t)message);
	hal_mmio_write32((paddr_t){ entry.v + 4 }, (uint32_t)(message >> 32));
	hal_mmio_write32((paddr_t){ entry.v + MSIX_ENTRY_DATA }, data);
	hal_pci_write(address, at + 2, 2, read(address, at + 2, 2) | MSIX_ENABLE);
	return entry;
}

void pci_msix_mask(paddr_t entry, bool masked)
{
	hal_mmio_write32((paddr_t){ entry.v + MSIX_ENTRY_CONTROL }, masked ? 1 : 0);
	(void)hal_mmio_read32((paddr_t){ entry.v + MSIX_ENTRY_CONTROL });
}
