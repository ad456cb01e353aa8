/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of user address spaces, and the kernel's view of frames.
 *
 * Three layers: entries are pure values (hal/mmu_entry.h), walks find where an entry
 * lives and never allocate (the caller supplies tables), policy is
 * kernel/mm/aspace.c, the only user of this header's tables.
 *
 *        root            512 entries a table, 9 address bits a level
 *         └─ table        47..39 │ 38..30 │ 29..21 │ 20..12 │ 11..0
 *             └─ directory root    3        2        1        byte
 *                 └─ leaf table                      (mmu_index's levels: 3 to 0)
 *
 * What is done for each page of a message is inline, in a header of the machine's:
 *   machine/frame_ptr.h  hal_frame_ptr: the kernel's address of a frame of RAM; never fails for RAM of boot_info
 *   machine/mmu_walk.h   hal_mmu_child, hal_mmu_set_child: the table that an entry of a higher table leads to, or NONE
 *                    hal_mmu_narrow_child: nothing below it can be written any more
 *                    hal_mmu_read, hal_mmu_write: a leaf entry, or one that names no table
 *                    hal_mmu_move: an entry as it is, and ABSENT where it was
 *                    hal_mmu_lend, hal_mmu_take_back: the same of a loan: what is lent leaves LENT where it was
 *                    hal_mmu_is_present: leads to a table, or maps a page
 *                    hal_mmu_is_data: maps a page that may be read and written
 *                    hal_mmu_is_swapped: the page is in this slot
 *                    hal_mmu_is_ram: maps a page, and no device's
 *                    hal_mmu_is_accessed, hal_mmu_is_dirty: of what maps a page
 *                    hal_mmu_set_used: A, and D if written, for what the kernel or a device did
 *                    hal_mmu_use: the frame of a page that may be accessed so, marked accessed
 *                    hal_mmu_take_accessed: was it accessed? It is not from now on
 *                    hal_mmu_run, hal_mmu_frame_in: leaves next to each other in a table, and the frames they map
 */
#pragma once
#include "machine/frame_ptr.h"
#include "hal/mmu_entry.h"
#include "machine/mmu_walk.h"
#include "machine/tlb.h"

void hal_frame_clear(paddr_t frame);       /* zeros */
paddr_t hal_frame_of(const void *pointer); /* the inverse of hal_frame_ptr */

void hal_mmu_root_init(paddr_t root);  /* pre: zeroed. Shares the kernel's half. */
void hal_mmu_root_clear(paddr_t root); /* takes it out: all zero again if its user half is empty */

/* What is loaded to make an address space the active one: its root and the tag that its translations are cached under. */
struct hal_space {
	uint64_t cr3;
	uint64_t
		changes; /* how often a translation was dropped: what was found by walking the tables holds until then */
};

void hal_mmu_space_init(struct hal_space *space, paddr_t root);
void hal_mmu_space_end(struct hal_space *space); /* pre: not active, and never again */

/* User half := the space's, with what is still cached of it where the CPU has tags. Every switch is this one write. */
static inline void hal_mmu_activate(const struct hal_space *space) { tlb_load(space->cr3); }
void hal_mmu_activate_kernel(void); /* user half := nothing */

/*
 * Drops this CPU's translation of one page, or all of a space, active or not (other CPUs have none: I-HOME), and with
 * either whatever is cached of the tables above.
 */
void hal_mmu_invalidate(struct hal_space *space, vaddr_t va);
void hal_mmu_invalidate_all(struct hal_space *space);
/* All of a space that is not active; or that is, but not any more when a program runs next. */
void hal_mmu_renew(struct hal_space *space);
void hal_mmu_stay(const struct hal_space *space); /* but it goes on being active, if it is */
/* One page of a space that is not active when a program runs next: if the switch keeps translations. */
static inline void hal_mmu_leave_page(struct hal_space *space, vaddr_t va)
{
	if (space->cr3 >> 63 != 0)
		hal_mmu_invalidate(space, va);
	else
		space->changes++;
}

/* Which entry of a table of this level the address belongs to; level 0: of a leaf table. */
static inline unsigned mmu_index(uint64_t address, unsigned level)
{
	return (unsigned)(address >> (PAGE_SHIFT + MMU_LEVEL_BITS * level)) & (MMU_ENTRIES - 1);
}
