/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the aspace module share: promises, and the only writes of page-table entries. */
#pragma once
#include "kernel/mm/aspace.h"
#include "kernel/mm/slot.h"

/* The leaf of an address, its tables made as needed. NO_MEMORY. */
static inline enum status aspace_grow_to(struct aspace *as, uint64_t address, struct mmu_leaf *leaf)
{
	return aspace_look(as, address, true, leaf) ? ST_OK : ST_NO_MEMORY;
}
/* So many more tables are in a directory, from this entry on. */
static inline void aspace_count_children(paddr_t directory, unsigned index, uint64_t tables)
{
	struct frame *f = frame_known(directory);

	if (f->children == 0 || index < f->first)
		f->first = (uint16_t)index;
	f->children += (uint16_t)tables;
}
static inline struct aspace_place aspace_place_of(uint64_t address, paddr_t table)
{
	return (struct aspace_place){ address / TABLE_BYTES, table, frame_known(table) };
}
/* A leaf table leaves: all are looked for anew. */
static inline void aspace_forget_places(struct aspace *as)
{
#pragma GCC unroll 6
	for (unsigned i = 0; i < ASPACE_ALL_PLACES; i++)
		as->places[i].number = UINT64_MAX;
}
/* Takes a table out of its directory; neither its owner's record nor anything in it changes. */
static inline void aspace_unlink_table(struct aspace *as, paddr_t directory, unsigned index)
{
	frame_known(directory)->children--;
	hal_mmu_set_child(directory, index, PADDR_NONE);
	aspace_forget_places(as);
}
void aspace_free_table(struct aspace *as, paddr_t table);
/* Where its next frame comes from: a pinned space has what is kept of its predecessor, if there was one. */
static inline enum frame_class aspace_class(struct aspace *as, enum frame_class otherwise)
{
	if (as->kept == 0 || !frame_take_kept())
		return otherwise;
	as->kept--;
	return FRAME_FOR_PAGE_IN;
}

static inline bool aspace_table_is_empty(const struct frame *t) { return t->present + t->swapped + t->fixed == 0; }

/*
 * In the prot of a LENT entry: what it stands for was itself borrowed (a device's page is never lent, so the bit is
 * free). Alone, it marks the place of what was lent on and forfeited: nothing may land there until the loan that it came
 * by has ended, or what landed would go back in its stead.
 */
enum { LENT_ON = MMU_DEVICE };
static const struct mmu_entry aspace_absent = { .kind = MMU_ABSENT };
static const struct mmu_entry aspace_never_back = { .kind = MMU_LENT, .prot = LENT_ON };
static inline bool aspace_is_never_back(struct mmu_entry e) { return e.kind == MMU_LENT && e.prot == LENT_ON; }

/* The entry, which maps nothing, becomes another that maps nothing: counts it. */
void aspace_set_unmapped(struct mmu_leaf leaf, struct mmu_entry then);
/* The same as in aspace.h, of 2 MiB that were lent by their table. */
bool aspace_table_is_idle(struct aspace *as, uint64_t at);
bool aspace_return_table(struct aspace *borrower, uint64_t there, struct aspace *lender, uint64_t at);
struct aspace *aspace_drop_table(struct aspace *borrower, uint64_t at);
void aspace_forget_table(struct aspace *lender, uint64_t at);

/* A mapping becomes ABSENT; the translation is gone on return. Returns the frame. */
paddr_t aspace_unmap_frame(struct aspace *as, uint64_t address, struct mmu_leaf leaf);
/* The entry, which maps nothing, becomes SWAPPED, and the slot knows where its page belongs. */
void aspace_set_swapped(struct mmu_leaf leaf, uint32_t slot);

extern uint64_t aspace_promises; /* pages promised to all spaces */
static inline void aspace_unpromise(struct aspace *as, uint64_t pages)
{
	kassert(pages <= as->committed, "I-PAY: a promise is taken back once");
	aspace_promises -= pages;
	as->committed -= pages;
}
/* The page of an entry is no longer the space's: frees its frame or slot. The entry becomes ABSENT. */
void aspace_discard(struct aspace *as, uint64_t address, struct mmu_leaf leaf);

static inline bool aspace_is_promised(enum region_kind kind) { return kind < REGION_LANDING; }
/* Is the page promised by itself, not by a region or a whole table, or where the page was lent from? */
static inline bool aspace_promises_singly(struct aspace *as, uint64_t address, struct mmu_leaf leaf)
{
	return aspace_region_at(as, address)->kind == REGION_LANDING &&
	       !(frame_record(leaf.table)->flags & (FRAME_WHOLE | FRAME_LENT));
}
/* Where a page in RAM belongs. */
static inline void aspace_set_place(struct frame *f, struct mmu_leaf leaf)
{
	f->table = (uint32_t)(leaf.table.v >> PAGE_SHIFT);
	f->index = (uint16_t)leaf.index;
}

/* Writes an entry that maps a frame, and the frame's back reference (I-STATE). What the table counts is the caller's. */
static inline void aspace_map_frame(struct mmu_leaf leaf, paddr_t frame, unsigned prot, bool accessed)
{
	struct frame *f = frame_known(frame);

	kassert(f->table == 0, "I-STATE: a frame is mapped at one place");
	kassert(!hal_mmu_is_present(leaf), "I-STATE: an entry maps one frame");
	aspace_set_place(f, leaf);
	hal_mmu_write(leaf,
		      (struct mmu_entry){ .kind = MMU_PRESENT, .prot = prot, .accessed = accessed, .frame = frame });
}

void aspace_region_module_init(void);
/* Is any page of the range in use by a loan, a blocked call or a device? */
bool aspace_range_in_use(struct aspace *as, uint64_t start, uint64_t end);
/* Frees [start, end) of a region's pages and its promise of them. Pre: none in use. */
void aspace_empty_range(struct aspace *as, const struct region *r, uint64_t start, uint64_t end);
/* Frees a region with all its pages. Pre: none in use. */
void aspace_remove_region(struct aspace *as, struct region *r);
