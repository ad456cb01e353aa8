/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: their life, and the promise of memory (aspace.h). Regions are in
 * aspace_region.c, pages in aspace_page.c, flips in aspace_flip.c. Every region but a
 * landing window or a device is promised memory, counted so that RAM and swap suffice.
 */
#include "kernel/mm/aspace.h"
#include "hal/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/slot.h"

static uint64_t promised;

void aspace_module_init(void)
{
	aspace_region_module_init();
	promised = 0;
}

uint64_t aspace_promised(void) { return promised; }

uint64_t aspace_promise_limit(void)
{
	uint64_t kernel = frame_count(FRAME_KERNEL) + frame_count(FRAME_TABLE) + frame_count(FRAME_BOUNCE);
	uint64_t ram = frame_total() - frame_low_mark();

	return (ram > kernel ? ram - kernel : 0) + slot_total();
}

bool aspace_promise(struct aspace *as, uint64_t pages)
{
	uint64_t tables = pages / MMU_ENTRIES; /* that it will need too, beside what the marks leave */

	if (pages > aspace_promise_limit() || promised + pages + tables > aspace_promise_limit())
		return false;
	if (as->committed + pages > (uint64_t)as->frames_max + as->swap_max)
		return false;
	promised += pages;
	as->committed += pages;
	return true;
}

void aspace_unpromise(struct aspace *as, uint64_t pages)
{
	kassert(pages <= as->committed, "I-PAY: a promise is taken back once");
	promised -= pages;
	as->committed -= pages;
}

void aspace_move_promise(struct aspace *from, struct aspace *to)
{
	if (from != NULL)
		aspace_unpromise(from, 1);
	promised++;
	to->committed++;
}

enum status aspace_init(struct aspace *as, uint32_t id)
{
	*as = (struct aspace){ .id = id };
	list_init(&as->regions);
	as->root = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_TABLE);
	if (paddr_is_none(as->root))
		return ST_NO_MEMORY;
	frame_record(as->root)->owner = as;
	as->tables = 1;
	hal_mmu_root_init(as->root);
	hal_mmu_space_init(&as->space, as->root);
	return ST_OK;
}

void aspace_destroy(struct aspace *as)
{
	struct list *node;
	paddr_t table;

	while ((node = list_first(&as->regions)) != NULL) {
		hal_cpu_safe_point();
		aspace_remove_region(as, container_of(node, struct region, link));
	}
	while (!paddr_is_none(table = hal_mmu_take_table(as->root))) {
		hal_cpu_safe_point();
		frame_free_zero(table); /* its entries went one by one */
		as->tables--;
	}
	hal_mmu_space_end(&as->space);
	hal_mmu_root_clear(as->root);
	frame_free_zero(as->root);
	as->tables--;
	kassert(as->resident == 0 && as->swapped == 0 && as->tables == 0 && as->away == 0 && as->committed == 0,
		"I-PAY: a space that is gone is charged nothing");
	as->root = PADDR_NONE;
}
