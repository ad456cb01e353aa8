/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMA: pages that a device may reach stay where they are until dma_end. They
 * count against the process's busy allowance. What a device wrote is a write: the
 * page is marked used and dirty when the range ends, so its copy outside is void.
 */
#include "kernel/base/mem.h"
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

/* The leaf of the page after that one: most often beside it. */
static struct mmu_leaf leaf_after(struct process *p, struct mmu_leaf leaf, uint64_t address)
{
	leaf.index = (leaf.index + 1) % MMU_ENTRIES;
	return leaf.index == 0 ? aspace_leaf_at(&p->aspace, address) : leaf;
}

/* A device must not be able to write code (I-CODE). */
static bool holds_code(struct process *p, uint64_t address, uint64_t pages)
{
	struct mmu_leaf leaf = aspace_leaf_at(&p->aspace, address);

	for (uint64_t i = 1; !(hal_mmu_read(leaf).prot & MMU_EXECUTE); i++) {
		cpu_safe_point_at(i);
		if (i == pages)
			return false;
		leaf = leaf_after(p, leaf, address + i * PAGE_BYTES);
	}
	return true;
}

/* Holds each page for the device, and tells its address. */
static void hold_pages(struct process *p, const struct dma_range *r, const struct claim *addresses)
{
	struct mmu_leaf leaf = aspace_leaf_at(&p->aspace, r->address);

	for (uint64_t i = 0;;) {
		paddr_t frame = hal_mmu_frame(leaf);

		frame_hold(frame_record(frame), true);
		if (addresses->frame != NULL)
			memcpy(addresses->at + i * sizeof frame.v, &frame.v, sizeof frame.v);
		else
			claim_write(addresses, i * sizeof frame.v, &frame.v, sizeof frame.v);
		if (++i == r->pages)
			return;
		cpu_safe_point_at(i);
		leaf = leaf_after(p, leaf, r->address + i * PAGE_BYTES);
	}
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
	hold_pages(p, r, addresses);
	return ST_OK;
}

static void end_range(struct device *d, struct dma_range *r)
{
	struct process *p = d->owner;
	struct mmu_leaf leaf = aspace_leaf_at(&p->aspace, r->address);

	for (uint64_t i = 0;;) {
		struct mmu_entry e = hal_mmu_read(leaf);

		frame_release(frame_record(e.frame), true);
		hal_mmu_set_used(leaf, (e.prot & MMU_WRITE) != 0);
		if (++i == r->pages)
			break;
		cpu_safe_point_at(i);
		leaf = leaf_after(p, leaf, r->address + i * PAGE_BYTES);
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
