/* SPDX-License-Identifier: BSD-2-Clause */
/* See device.h. Owns the pool of devices and the table of interrupt lines. */
#include "kernel/device/device.h"
#include "hal/irq.h"
#include "hal/port.h"
#include "kernel/abi/syscall.h"
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"
#include "kernel/core/log.h"
#include "kernel/device/pci.h"
#include "kernel/ipc/port.h"
#include "kernel/mm/pool.h"

static struct pool devices;
static struct device *line_owner[HAL_IRQ_COUNT];
static uint64_t latched[(HAL_IRQ_COUNT + 63) / 64]; /* a bit for each line whose interrupt was taken and not yet told */

void device_module_init(void)
{
	pool_init(&devices, "device", sizeof(struct device));
	for (unsigned i = 0; i < HAL_IRQ_COUNT; i++)
		line_owner[i] = NULL;
	for (unsigned i = 0; i < array_length(latched); i++)
		latched[i] = 0;
}

/* ---- claims ---- */

static bool clashes(const struct device_claim *a, const struct device_claim *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == DEVICE_PCI)
		return a->address == b->address;
	return a->irq == b->irq || (a->port < b->port + b->ports && b->port < a->port + a->ports);
}

static bool is_taken(const struct device_claim *claim)
{
	list_for_each_entry(p, process_all(), const struct process, link)
		list_for_each_entry(d, &p->devices, const struct device, link)
			if (clashes(&d->claim, claim))
				return true;
	return false;
}

/* Fills in where the device is. */
static enum status locate_pci(struct device_claim *claim)
{
	uint16_t at = claim->address;

	if (at != DEVICE_ANYWHERE) {
		if (!pci_matches(at, claim->vendor, claim->device))
			return ST_NOT_FOUND;
		return is_taken(claim) ? ST_EXISTS : ST_OK;
	}
	for (uint32_t from = 0; from < PCI_NOWHERE; from = (uint32_t)claim->address + 1) {
		claim->address = pci_find(claim->vendor, claim->device, (uint16_t)from);
		if (claim->address == PCI_NOWHERE)
			break;
		if (!is_taken(claim))
			return ST_OK;
	}
	return ST_NOT_FOUND;
}

static enum status locate(struct device_claim *claim)
{
	if (claim->kind == DEVICE_PCI)
		return locate_pci(claim);
	if (claim->kind != DEVICE_PORTS || claim->ports == 0 || claim->port + claim->ports > 0x10000 ||
	    claim->irq >= HAL_IRQ_ISA)
		return ST_BAD_ARG;
	if (hal_port_reserved(claim->port, claim->ports))
		return ST_NO_RIGHT;
	return is_taken(claim) ? ST_EXISTS : ST_OK;
}

static unsigned free_message_line(void)
{
	unsigned line = HAL_IRQ_MESSAGE;

	while (line < HAL_IRQ_COUNT && line_owner[line] != NULL)
		line++;
	return line;
}

static void set_up_pci(struct device *d)
{
	unsigned line = free_message_line();

	pci_read_ranges(d->claim.address, d->ranges);
	pci_enable(d->claim.address);
	log_line("device %02x:%02x.%x: %s drives it and is trusted: it masters the bus, and there is no IOMMU",
		 d->claim.address >> 8, d->claim.address >> 3 & 31u, d->claim.address & 7u, d->owner->name);
	if (line < HAL_IRQ_COUNT)
		d->msix_entry = pci_msix_setup(d->claim.address, d->ranges, line);
	d->irq_line = paddr_is_none(d->msix_entry) ? HAL_IRQ_COUNT : line;
}

enum status device_claim(struct process *owner, const struct device_claim *claim)
{
	struct device_claim found = *claim;
	enum status st = locate(&found);
	struct device *d;
	uint32_t index;

	if (st != ST_OK)
		return st;
	d = quota_alloc(&owner->quota, &devices, &index);
	if (d == NULL)
		return ST_NO_MEMORY;
	d->index = index;
	d->owner = owner;
	d->claim = found;
	d->irq_line = found.irq;
	list_init(&d->dma);
	list_push_back(&owner->devices, &d->link);
	signal_init(&d->irq, MESSAGE_KIND_IRQ, NULL);
	if (found.kind == DEVICE_PCI)
		set_up_pci(d);
	if (d->irq_line < HAL_IRQ_COUNT)
		line_owner[d->irq_line] = d;
	return ST_OK;
}

static void mask(struct device *d, bool masked)
{
	if (!paddr_is_none(d->msix_entry))
		pci_msix_mask(d->msix_entry, masked);
	else if (d->irq_line < HAL_IRQ_ISA)
		hal_irq_mask(d->irq_line, masked);
}

void device_release(struct device *d)
{
	mask(d, true);
	if (d->irq_line < HAL_IRQ_COUNT) {
		line_owner[d->irq_line] = NULL;
		latched[d->irq_line / 64] &= ~(1ull << d->irq_line % 64);
	}
	if (d->claim.kind == DEVICE_PCI)
		pci_quiet(d->claim.address);
	for (unsigned i = 0; i < DEVICE_RANGES; i++) /* the next driver shares it with nobody */
		aspace_unmap_device(&d->owner->aspace, d->ranges[i].base, d->ranges[i].bytes);
	dma_end_all(d);
	list_remove(&d->irq.link);
	list_remove(&d->link);
	quota_free(&d->owner->quota, &devices, d, d->index);
}

/* ---- interrupts ---- */

void device_interrupt(unsigned line)
{
	struct device *d = line < HAL_IRQ_COUNT ? line_owner[line] : NULL;

	if (d == NULL) {
		this_cpu()->spurious_count++;
		if (line < HAL_IRQ_ISA)
			hal_irq_mask(line, true);
		return;
	}
	mask(d, true);
	latched[line / 64] |= 1ull << line % 64;
	cpu_put_off(CPU_IRQ_LATCHED);
}

static void tell_driver(struct device *d)
{
	d->irq.port = d->owner->signal_port;
	port_notify(&d->irq, 1);
}

void device_tell_drivers(void)
{
	cpu_caught_up(CPU_IRQ_LATCHED);
	for (unsigned i = 0; i < array_length(latched); i++) {
		uint64_t lines = latched[i];

		latched[i] = 0; /* first: whatever comes while they are told is told next */
		for (; lines != 0; lines &= lines - 1)
			tell_driver(line_owner[64 * i + (unsigned)__builtin_ctzll(lines)]);
	}
}

void device_unmask(struct device *d) { mask(d, false); }

/* ---- registers ---- */

enum status device_map_range(struct device *d, uint64_t range, uint64_t *address, uint64_t *bytes)
{
	const struct device_range *r;
	enum status st;

	if (range >= DEVICE_RANGES || d->ranges[range].bytes == 0)
		return ST_NOT_FOUND;
	r = &d->ranges[range];
	/* A range smaller than a page would bring its neighbours along: PCI devices may share one. */
	if (!page_aligned(r->base.v) || !page_aligned(r->bytes))
		return ST_NOT_FOUND;
	/* Whoever writes the MSI-X table says where interrupts are written: the kernel keeps it. */
	if (d->msix_entry.v >= r->base.v && d->msix_entry.v - r->base.v < r->bytes)
		return ST_NO_RIGHT;
	st = aspace_map_device(&d->owner->aspace, r->base, r->bytes / PAGE_BYTES, address);
	*bytes = r->bytes;
	return st;
}

static enum status write_bytes(struct device *d, unsigned count, uint64_t offset, uint64_t value)
{
	if (count > 8 || !range_within(offset, 1, d->claim.ports))
		return ST_BAD_ARG;
	for (unsigned i = 0; i < count; i++)
		hal_port_write((uint16_t)(d->claim.port + offset), 1, (uint32_t)(value >> (8 * i)) & 0xff);
	return ST_OK;
}

enum status device_do_io(struct device *d, uint64_t op, uint64_t offset, uint64_t *value)
{
	unsigned width = op & 0xf;
	uint64_t kind = op - width;
	bool config = kind == DEVICE_IO_CONFIG(0);

	if (kind > DEVICE_IO_WRITE_BYTES(0))
		return ST_BAD_ARG;
	if (d->claim.kind != (config ? DEVICE_PCI : DEVICE_PORTS))
		return ST_NO_RIGHT;
	if (kind == DEVICE_IO_WRITE_BYTES(0))
		return write_bytes(d, width, offset, *value);
	if ((width != 1 && width != 2 && width != 4) || !range_within(offset, width, config ? 256 : d->claim.ports))
		return ST_BAD_ARG;
	if (config && offset % width != 0)
		return ST_BAD_ARG;
	if (config)
		*value = hal_pci_read(d->claim.address, (unsigned)offset, width);
	else if (kind == DEVICE_IO_WRITE(0))
		hal_port_write((uint16_t)(d->claim.port + offset), width, (uint32_t)*value);
	else
		*value = hal_port_read((uint16_t)(d->claim.port + offset), width);
	return ST_OK;
}
