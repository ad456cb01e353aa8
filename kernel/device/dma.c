/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMA: pages that a device may reach stay where they are until dma_end. They
 * count against the process's busy allowance. What a device wrote is a write: the
 * page is marked used and dirty when the range ends, so its copy outside is void.
 */
#include "kernel/core/cpu.h"
#include "kernel/device/device.h"
#include "kernel/mm/pool.h"

struct dma_range {
	struct list link;
	uint64_t address, pages;
	uint32_t index;
};

static struct pool ranges;

void dma_module_init(void) { pool_init(&ranges, "dma range", sizeof(struct dma_range)); }

/* A device must not be able to write code (I-CODE). */
static bool holds_code(struct process *p, uint64_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		cpu_safe_point_at(i);
		if (hal_mmu_read(aspace_leaf_at(&p->aspace, address + i * PAGE_BYTES)).prot & MMU_EXECUTE)
			return true;
	}
	return false;
}

enum status dma_begin(struct device *d, uint64_t address, uint64_t pages, const struct claim *addresses)
{
	struct process *p = d->owner;
	struct dma_range *r;
	uint32_t index;

	if (holds_code(p, address, pages))
		return ST_NO_RIGHT;
	if (p->aspace.busy + pages > p->aspace.busy_max)
		return ST_TOO_BIG;
	r = quota_alloc(&p->quota, &ranges, &index);
	if (r == NULL)
		return ST_NO_MEMORY;
	r->address = address;
	r->pages = pages;
	r->index = index;
	list_push_back(&d->dma, &r->link);
	p->aspace.busy += (uint32_t)pages;
	for (uint64_t i = 0; i < pages; i++) {
		paddr_t frame = hal_mmu_read(aspace_leaf_at(&p->aspace, address + i * PAGE_BYTES)).frame;

		cpu_safe_point_at(i);
		frame_hold(frame_record(frame), true);
		claim_write(addresses, i * sizeof frame.v, &frame.v, sizeof frame.v);
	}
	return ST_OK;
}

static void end_range(struct device *d, struct dma_range *r)
{
	struct process *p = d->owner;

	for (uint64_t i = 0; i < r->pages; i++) {
		struct mmu_leaf leaf = aspace_leaf_at(&p->aspace, r->address + i * PAGE_BYTES);
		struct mmu_entry e = hal_mmu_read(leaf);

		cpu_safe_point_at(i);
		frame_release(frame_record(e.frame), true);
		hal_mmu_set_used(leaf, (e.prot & MMU_WRITE) != 0);
	}
	p->aspace.busy -= (uint32_t)r->pages;
	list_remove(&r->link);
	quota_free(&p->quota, &ranges, r, r->index);
}

enum status dma_end(struct device *d, uint64_t address, uint64_t pages)
{
	list_for_each_entry(r, &d->dma, struct dma_range, link)
		if (r->address == address && r->pages == pages) {
			end_range(d, r);
			return ST_OK;
		}
	return ST_BAD_ARG;
}

void dma_end_all(struct device *d)
{
	list_for_each_entry_safe(r, &d->dma, struct dma_range, link)
		end_range(d, r);
}
