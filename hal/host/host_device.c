/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports, PCI functions and device registers that a test sets up and reads back. */
#include "hal/host/host.h"
#include "hal/port.h"
#include <string.h>

enum { FUNCTIONS_MAX = 8, REGISTERS_MAX = 64 };

bool host_irq_masked[HAL_IRQ_COUNT];
struct host_port_write host_port_writes[64];
unsigned host_port_write_count;
uint8_t host_port_bytes[0x10000];

static struct host_pci functions[FUNCTIONS_MAX];
static unsigned function_count;
static struct {
	uint64_t at;
	uint32_t value;
} registers[REGISTERS_MAX];
static unsigned register_count;

void host_device_reset(void)
{
	memset(host_irq_masked, true, sizeof host_irq_masked);
	memset(host_port_bytes, 0, sizeof host_port_bytes);
	host_port_write_count = function_count = register_count = 0;
}

/* ---- interrupts ---- */

void hal_irq_mask(unsigned irq, bool masked) { host_irq_masked[irq] = masked; }

void hal_irq_message(unsigned irq, uint64_t *address, uint32_t *data)
{
	*address = 0xfee00000;
	*data = 0x40 + irq;
}

/* ---- ports ---- */

uint32_t hal_port_read(uint16_t port, unsigned width)
{
	uint32_t value = 0;

	memcpy(&value, &host_port_bytes[port], width);
	return value;
}

void hal_port_write(uint16_t port, unsigned width, uint32_t value)
{
	if (host_port_write_count < array_length(host_port_writes))
		host_port_writes[host_port_write_count] = (struct host_port_write){ port, width, value };
	host_port_write_count++;
}

bool hal_port_reserved(uint16_t first, unsigned count)
{
	unsigned last = first + count - 1;

	return first <= 0xff || (first <= 0xcff && last >= 0xcf8);
}

/* ---- PCI ---- */

static struct host_pci *find(uint16_t address)
{
	for (unsigned i = 0; i < function_count; i++)
		if (functions[i].address == address)
			return &functions[i];
	return NULL;
}

uint32_t host_pci_get(const struct host_pci *f, unsigned offset, unsigned width)
{
	uint32_t value = 0;

	memcpy(&value, &f->config[offset], width);
	return value;
}

void host_pci_put(struct host_pci *f, unsigned offset, unsigned width, uint32_t value)
{
	memcpy(&f->config[offset], &value, width);
}

struct host_pci *host_pci_add(uint16_t address, uint16_t vendor, uint16_t device)
{
	struct host_pci *f = &functions[function_count++];

	*f = (struct host_pci){ .address = address };
	host_pci_put(f, 0, 2, vendor);
	host_pci_put(f, 2, 2, device);
	memset(f->writable + 4, 0xff, 2); /* command */
	return f;
}

void host_pci_add_range(struct host_pci *f, unsigned bar, uint64_t base, uint64_t bytes, bool wide)
{
	unsigned at = 0x10 + 4 * bar;
	uint64_t mask = ~(bytes - 1);

	host_pci_put(f, at, 4, (uint32_t)base | (wide ? 4 : 0));
	memcpy(&f->writable[at], &mask, 4);
	if (!wide)
		return;
	host_pci_put(f, at + 4, 4, (uint32_t)(base >> 32));
	memcpy(&f->writable[at + 4], (const char *)&mask + 4, 4);
}

void host_pci_add_msix(struct host_pci *f, unsigned bar, uint32_t offset)
{
	host_pci_put(f, 6, 2, 0x10); /* status: there are capabilities */
	host_pci_put(f, 0x34, 1, 0x40);
	host_pci_put(f, 0x40, 2, 0x5009); /* a vendor's own, then */
	host_pci_put(f, 0x50, 2, 0x0011); /* MSI-X, the last */
	host_pci_put(f, 0x54, 4, offset | bar);
	memset(f->writable + 0x52, 0xff, 2);
}

uint32_t hal_pci_read(uint16_t address, unsigned offset, unsigned width)
{
	struct host_pci *f = find(address);

	if (f != NULL && f->touched != NULL)
		f->touched(f, offset, false);
	return f == NULL ? 0xffffffffu >> (32 - 8 * width) : host_pci_get(f, offset, width);
}

void hal_pci_write(uint16_t address, unsigned offset, unsigned width, uint32_t value)
{
	struct host_pci *f = find(address);

	for (unsigned i = 0; f != NULL && i < width; i++) {
		uint8_t mask = f->writable[offset + i];

		f->config[offset + i] = (uint8_t)((f->config[offset + i] & ~mask) | ((value >> (8 * i)) & mask));
	}
	if (f != NULL && f->touched != NULL)
		f->touched(f, offset, true);
}

/* ---- device registers ---- */

static uint32_t *register_at(uint64_t at)
{
	for (unsigned i = 0; i < register_count; i++)
		if (registers[i].at == at)
			return &registers[i].value;
	if (register_count == REGISTERS_MAX)
		host_unexpected("too many device registers");
	registers[register_count].at = at;
	registers[register_count].value = 0;
	return &registers[register_count++].value;
}

uint32_t hal_mmio_read32(paddr_t at) { return *register_at(at.v); }
void hal_mmio_write32(paddr_t at, uint32_t value) { *register_at(at.v) = value; }
uint32_t host_mmio_get(uint64_t at) { return *register_at(at); }

bool hal_mmio_reserved(paddr_t base, uint64_t bytes)
{
	uint64_t end = base.v + bytes;

	return end <= base.v || base.v < HOST_RAM_BASE + HOST_RAM_MAX || (base.v < 0xfef00000 && end > 0xfec00000);
}
