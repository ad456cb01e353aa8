/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: their life, their page tables, and the promise of memory (aspace.h).
 * Regions are in aspace_region.c, pages in aspace_page.c, flips in aspace_flip.c and
 * aspace_give.c. Every region but a landing window or a device is promised memory,
 * counted so that RAM and swap suffice.
 */
#include "kernel/mm/aspace.h"
#include "hal/cpu.h"
#include "kernel/abi/layout.h"
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
	uint64_t ram = frame_free_count() + frame_count(FRAME_USER); /* the rest is the kernel's */

	return (ram > frame_low_mark() ? ram - frame_low_mark() : 0) + slot_total();
}

bool aspace_promise(struct aspace *as, uint64_t pages)
{
	uint64_t tables = pages / MMU_ENTRIES; /* that it will need too, beside what the marks leave */
	uint64_t limit = aspace_promise_limit();

	if (pages > limit || promised + pages + tables > limit)
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

void aspace_move_promise(struct aspace *from, uint64_t released, struct aspace *to, uint64_t pages)
{
	aspace_unpromise(from, released);
	promised += pages;
	to->committed += pages;
}

/* ---- tables ---- */

/* A table of zeros, charged; NONE: it can't be had. */
static paddr_t table_new(struct aspace *as)
{
	bool room = as->resident + as->tables < as->frames_max;
	paddr_t table = room ? frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_TABLE) : PADDR_NONE;

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

void aspace_link_table(paddr_t parent, unsigned index, paddr_t table)
{
	struct frame *f = frame_record(parent);

	if (f->children++ == 0 || index < f->first)
		f->first = (uint16_t)index;
	hal_mmu_set_child(parent, index, table);
}

static void forget_places(struct aspace *as)
{
	for (unsigned i = 0; i < ASPACE_PLACES; i++)
		as->places[i].number = UINT64_MAX;
}

void aspace_unlink_table(struct aspace *as, paddr_t parent, unsigned index)
{
	frame_record(parent)->children--;
	hal_mmu_set_child(parent, index, PADDR_NONE);
	forget_places(as);
}

/* The table that an entry leads to, made if there is none and it may grow; NONE: it can't be had. */
static paddr_t child_of(struct aspace *as, paddr_t parent, unsigned index, bool grow)
{
	paddr_t child = hal_mmu_child(parent, index);

	if (!paddr_is_none(child) || !grow)
		return child;
	child = table_new(as);
	if (!paddr_is_none(child))
		aspace_link_table(parent, index, child);
	return child;
}

paddr_t aspace_directory(struct aspace *as, uint64_t address, bool grow)
{
	paddr_t table = as->root;

	kassert(address < LAYOUT_USER_END, "only user addresses are looked for");
	for (unsigned level = MMU_LEVELS - 1; level > 1 && !paddr_is_none(table); level--)
		table = child_of(as, table, mmu_index(address, level), grow);
	return table;
}

/* The leaf table, which is remembered. False: there is none, or none can be had. */
static bool find_table(struct aspace *as, uint64_t address, bool grow, struct mmu_leaf *leaf)
{
	paddr_t directory = aspace_directory(as, address, grow);

	leaf->table = paddr_is_none(directory) ? directory : child_of(as, directory, mmu_index(address, 1), grow);
	leaf->index = mmu_index(address, 0);
	if (paddr_is_none(leaf->table))
		return false;
	as->places[address / TABLE_BYTES % ASPACE_PLACES] = (struct aspace_place){ address / TABLE_BYTES, leaf->table };
	return true;
}

bool aspace_find_anew(struct aspace *as, uint64_t address, struct mmu_leaf *leaf)
{
	return find_table(as, address, false, leaf);
}

enum status aspace_grow_to(struct aspace *as, uint64_t address, struct mmu_leaf *leaf)
{
	if (aspace_find(as, address, leaf))
		return ST_OK;
	if (!find_table(as, address, true, leaf))
		return ST_NO_MEMORY;
	frame_record(leaf->table)->region = (uint32_t)(address / TABLE_BYTES);
	return ST_OK;
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
	*as = (struct aspace){ .id = id, .space.changes = 1 };
	list_init(&as->regions);
	forget_places(as);
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
	list_for_each_entry_safe(r, &as->regions, struct region, link) {
		hal_cpu_safe_point();
		aspace_remove_region(as, r);
	}
	free_below(as, as->root, MMU_LEVELS - 1);
	hal_mmu_space_end(&as->space);
	hal_mmu_root_clear(as->root);
	aspace_free_table(as, as->root);
	kassert(as->resident == 0 && as->swapped == 0 && as->tables == 0 && as->away == 0 && as->committed == 0,
		"I-PAY: a space that is gone is charged nothing");
	as->root = PADDR_NONE;
}
