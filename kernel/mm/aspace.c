/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: their life, their page tables, and the promise of memory (aspace.h).
 * Regions are in aspace_region.c, pages in aspace_page.c, flips in aspace_flip.c,
 * aspace_lend.c and aspace_give.c. Every region but a landing window or a device is promised memory,
 * counted so that RAM and swap suffice.
 */
#include "kernel/mm/aspace.h"
#include "hal/cpu.h"
#include "kernel/abi/layout.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"

uint64_t aspace_promises;

void aspace_module_init(void)
{
	aspace_region_module_init();
	aspace_promises = 0;
	paging_counts = (struct paging_counts){ 0 };
}

uint64_t aspace_promised(void) { return aspace_promises; }

/* ---- tables ---- */

/* A table of zeros, charged; NONE: it can't be had. */
static paddr_t table_new(struct aspace *as)
{
	bool room = aspace_charged(as) < as->frames_max;
	paddr_t table = room ? frame_alloc_zeroed(aspace_class(as, FRAME_FOR_KERNEL), FRAME_TABLE) : PADDR_NONE;

	if (paddr_is_none(table))
		return table;
	frame_record(table)->owner = as;
	as->tables++;
	return table;
}

void aspace_free_table(struct aspace *as, paddr_t table)
{
	as->tables--;
	frame_free_zero(table); /* its entries went one by one */
}

/* The table that an entry leads to, made if there is none and it may grow; NONE: it can't be had. */
static paddr_t child_of(struct aspace *as, paddr_t parent, unsigned index, bool grow)
{
	paddr_t child = hal_mmu_child(parent, index);

	if (!paddr_is_none(child) || !grow || !hal_mmu_is_absent((struct mmu_leaf){ parent, index })) /* it is lent */
		return child;
	child = table_new(as);
	if (!paddr_is_none(child)) {
		aspace_count_children(parent, index, 1);
		hal_mmu_set_child(parent, index, child);
	}
	return child;
}

paddr_t aspace_directory_anew(struct aspace *as, uint64_t address, bool grow)
{
	paddr_t table = as->root;

	kassert(address < LAYOUT_USER_END, "only user addresses are looked for");
	for (unsigned level = MMU_LEVELS - 1; level > 1 && !paddr_is_none(table); level--)
		table = child_of(as, table, mmu_index(address, level), grow);
	if (!paddr_is_none(table) && address >= LAYOUT_AREA_BASE)
		as->directory = (struct aspace_place){ address / DIRECTORY_BYTES, table, NULL };
	return table;
}

paddr_t aspace_table_anew(struct aspace *as, uint64_t address, bool grow)
{
	paddr_t directory = aspace_directory(as, address, grow);
	paddr_t table = paddr_is_none(directory) ? directory : child_of(as, directory, mmu_index(address, 1), grow);

	if (paddr_is_none(table))
		return table;
	frame_record(table)->region = (uint32_t)(address / TABLE_BYTES);
	as->places[address / TABLE_BYTES % ASPACE_PLACES] = aspace_place_of(address, table);
	return table;
}

/* Frees the tables below one. None is below `first` and the rest are counted, so little is looked at in vain. */
static void free_below(struct aspace *as, paddr_t table, unsigned level)
{
	struct frame *f = frame_record(table);

	for (unsigned i = f->first; f->children != 0; i++) {
		paddr_t child = hal_mmu_child(table, i);

		if (paddr_is_none(child))
			continue;
		hal_cpu_safe_point();
		if (level > 1)
			free_below(as, child, level - 1);
		aspace_unlink_table(as, table, i);
		aspace_free_table(as, child);
	}
}

/* ---- life ---- */

enum status aspace_init(struct aspace *as, uint32_t id)
{
	*as = (struct aspace){
		.id = id, .recent = &aspace_nowhere, .directory.number = UINT64_MAX, .space.changes = 1
	};
	list_init(&as->regions);
	aspace_forget_places(as);
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
	uint32_t kept = as->pinned ? as->resident + as->tables - 1
				   : 0; /* but the root, which is made before it is known */

	list_for_each_entry_safe(r, &as->regions, struct region, link) {
		hal_cpu_safe_point();
		aspace_remove_region(as, r);
	}
	free_below(as, as->root, MMU_LEVELS - 1);
	hal_mmu_space_end(&as->space);
	hal_mmu_root_clear(as->root);
	aspace_free_table(as, as->root);
	kassert(aspace_slots(as) == 0 && as->resident == 0 && as->tables == 0 && as->away == 0 && as->reserved == 0 &&
			as->committed == 0,
		"I-PAY: a space that is gone is charged nothing");
	as->root = PADDR_NONE;
	frame_keep(kept);
}
