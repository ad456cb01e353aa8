/* SPDX-License-Identifier: BSD-2-Clause */
/* irq_ack, device_map, device_io, dma_map, dma_unmap. */
#include "kernel/call/args.h"
#include "kernel/call/decode.h"
#include "kernel/device/device.h"

enum { DMA_PAGES_MAX = 512 };

enum status call_irq_ack(struct thread *t, const struct irq_ack_args *a, struct irq_ack_results *)
{
	void *device;
	enum status st = decode_handle(t, a->irq, HANDLE_IRQ, RIGHT_USE, &device);

	if (st == ST_OK)
		device_unmask(device);
	return st;
}

enum status call_device_map(struct thread *t, const struct device_map_args *a, struct device_map_results *r)
{
	void *device;
	enum status st = decode_handle(t, a->device, HANDLE_DEVICE, RIGHT_USE, &device);

	return st == ST_OK ? device_map_range(device, a->range, &r->address, &r->bytes) : st;
}

enum status call_device_io(struct thread *t, const struct device_io_args *a, struct device_io_results *r)
{
	void *device;
	enum status st = decode_handle(t, a->device, HANDLE_DEVICE, RIGHT_USE, &device);

	uint64_t value = a->value;

	if (st == ST_OK)
		st = device_do_io(device, a->op, a->offset, &value);
	if (st == ST_OK)
		r->value = value;
	return st;
}

enum status call_dma_map(struct thread *t, const struct dma_map_args *a, struct dma_map_results *)
{
	struct claim pages, addresses;
	void *device;
	enum status st = decode_handle(t, a->device, HANDLE_DEVICE, RIGHT_USE, &device);

	if (st != ST_OK)
		return st;
	if (!page_aligned(a->address) || a->pages == 0 || a->pages > DMA_PAGES_MAX)
		return ST_BAD_ARG;
	if (t->process->aspace.busy + a->pages > t->process->aspace.busy_max)
		return ST_TOO_BIG; /* before any page is brought in for it */
	st = decode_range(t, a->address, a->pages * PAGE_BYTES, false, &pages);
	if (st == ST_OK)
		st = decode_range(t, a->bus_addresses, a->pages * sizeof(uint64_t), true, &addresses);
	return st == ST_OK ? dma_begin(device, a->address, a->pages, &addresses) : st;
}

enum status call_dma_unmap(struct thread *t, const struct dma_unmap_args *a, struct dma_unmap_results *)
{
	void *device;
	enum status st = decode_handle(t, a->device, HANDLE_DEVICE, RIGHT_USE, &device);

	return st == ST_OK ? dma_end(device, a->address, a->pages) : st;
}
