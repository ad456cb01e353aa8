/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address space: regions say what may be where, the page tables say what is.
 * The only user of the HAL's tables. Upholds I-CODE (no region is or becomes
 * writable and executable), I-STATE (each page-table write keeps the frame's back
 * reference) and its part of I-PAY (frames are charged to the space that owns them).
 * A page belongs to its leaf table and the table to its space, so 2 MiB change hands
 * by one entry of a page directory, and with them their charge (aspace_give.c).
 */
#pragma once
#include "hal/mmu.h"
#include "kernel/abi/status.h"
#include "kernel/base/list.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/pool.h"
#include "kernel/mm/slot.h"

/* Promised are those before REGION_LANDING. */
enum region_kind {
	REGION_IMAGE, /* text, read-only data, data: fixed for life */
	REGION_START, /* start information, read-only */
	REGION_HEAP,
	REGION_BUFFER,
	REGION_STACK,   /* a guard lies below */
	REGION_LANDING, /* nothing is made here; pages come by message */
	REGION_DEVICE,  /* a device's registers */
};

struct region {
	struct pool_object pool; /* first: it keeps its index */
	struct list link;        /* of aspace.regions, ascending */
	uint64_t start, end;     /* page-aligned */
	uint8_t kind;            /* enum region_kind */
	uint8_t prot;            /* enum mmu_prot bits */
	bool untouched;          /* mem_map made it, and no page of it ever was there */
	uint64_t pages;          /* from start to end */
};

enum { TABLE_BYTES = MMU_ENTRIES * PAGE_BYTES, DIRECTORY_BYTES = MMU_ENTRIES * TABLE_BYTES }; /* what one reaches */

/* Which 2 MiB of the address space a leaf table reaches, and where it is. */
struct aspace_place {
	uint64_t number; /* of no address: nothing is remembered */
	paddr_t table;
	struct frame *record;
};
/* Two more: where pages were given from last, and where they came to. */
enum { ASPACE_PLACES = 4, ASPACE_LEFT = ASPACE_PLACES, ASPACE_CAME, ASPACE_ALL_PLACES };

struct aspace {
	paddr_t root;
	struct hal_space space; /* what is loaded to make it the active one */
	uint32_t region_count;
	struct aspace_place places
		[ASPACE_ALL_PLACES]; /* where leaf tables were found: never wrong, for a table that leaves is forgotten */
	struct aspace_place directory; /* of the area, found last; `number` counts GiB. None leaves before the space. */
	struct region *recent;         /* where the last page was looked for */
	struct region *filled;         /* nothing is free in the area below its end; NULL: nothing is known */
	struct list regions;           /* ascending */
	uint32_t id;                   /* chosen by the process */
	bool pinned;                   /* its pages are never evicted */
	uint32_t kept; /* frames kept when it was made (frame_keep) that it has not taken; no later ones are its */
	/* Counts and limits of pages. Charged: user frames owned + tables + reserved. */
	uint32_t resident, tables, swapped, busy;
	uint32_t away; /* pages and tables lent out, or forfeited and not yet freed by the borrower; charged as ever */
	uint32_t stored; /* of the resident, lent ones too: keep a slot with a copy; it counts against swap_max */
	/* Pages that tables lent out have room for and are not there: a borrower touches them whatever the lender did since. */
	uint32_t reserved;
	uint32_t frames_max, frames_min, swap_max, busy_max;
	uint32_t pages_in, pages_out; /* since it was made; out: written */
	uint32_t faults_zero, faults; /* since then: pages made on demand; waits for a page that had to come in */
	uint32_t pages_ahead;         /* of pages_in: nobody had asked for them yet */
	struct {                      /* of paging/policy.c alone */
		uint64_t ahead_next;  /* page at which the next fault is awaited, if faults ascend... */
		uint32_t window;      /* ...and how many pages come in then */
		uint32_t turn,
			faults_then; /* of the hand, when it last asked whether hot pages age; faults until then */
		bool ages;
	} policy;
	uint64_t committed; /* pages that were promised to its regions */
};

/* Pages of all spaces since boot; read ahead is part of in. Only this module, paging/policy.c and the pager's client write it. */
extern struct paging_counts {
	uint64_t in, out, dropped; /* out: written; dropped: gone, for their slots had them already */
	uint64_t ahead, ahead_used;
	uint64_t unopened; /* lost: their seal did not open */
} paging_counts;

/* Slots that it has. */
static inline uint64_t aspace_slots(const struct aspace *as) { return (uint64_t)as->swapped + as->stored; }
static inline uint64_t aspace_charged(const struct aspace *as)
{
	return (uint64_t)as->resident + as->tables + as->reserved;
}

/* Module state: the pool of regions and the count of promised memory. */
void aspace_module_init(void);

/* ST_NO_MEMORY, and nothing is left behind. Limits are set by the caller afterwards. */
enum status aspace_init(struct aspace *as, uint32_t id);
/* Frees everything. Pre: nothing away, borrowed, busy or under DMA; not active on any CPU. */
void aspace_destroy(struct aspace *as);

/* ---- regions ---- */

/* A region at a fixed place. EXISTS, NO_MEMORY (or more than can be promised). */
enum status aspace_add_region(struct aspace *as, enum region_kind kind, uint64_t start, uint64_t pages, unsigned prot);
/* A region for reading and writing somewhere in the area that mem_map hands out; its address in *start. */
enum status aspace_place_region(struct aspace *as, enum region_kind kind, uint64_t pages, uint64_t *start);
/* Maps device memory as a new region. */
enum status aspace_map_device(struct aspace *as, paddr_t base, uint64_t pages, uint64_t *start);
/* Unmaps every such region of [base, base + bytes). */
void aspace_unmap_device(struct aspace *as, paddr_t base, uint64_t bytes);
/*
 * Frees pages of one region that mem_map made. BAD_ARG if the range is not
 * within one, or is part of 2 MiB that were given whole; BUSY if a page is lent, borrowed, busy or under DMA, NO_MEMORY if a
 * region would have to be split and can't.
 */
enum status aspace_remove(struct aspace *as, uint64_t start, uint64_t pages);
struct region *aspace_region_search(struct aspace *as, uint64_t address); /* see aspace_region_at */
static inline bool region_has(const struct region *r, uint64_t address)
{
	return address >= r->start && address < r->end;
}
extern struct region aspace_nowhere; /* has no address */
/* NULL if there is none. */
static inline struct region *aspace_region_at(struct aspace *as, uint64_t address)
{
	return region_has(as->recent, address) ? as->recent : aspace_region_search(as, address);
}
/* Which of the region's pages begins at this address; no less than there are if none does. */
static inline uint64_t region_page(const struct region *r, uint64_t address)
{
	uint64_t offset = address - r->start;

	return offset >> PAGE_SHIFT | offset << (64 - PAGE_SHIFT);
}
static inline bool aspace_is_landing(struct aspace *as, uint64_t address, uint64_t pages)
{
	const struct region *r = aspace_region_at(as, address);

	return r != NULL && r->kind == REGION_LANDING && page_aligned(address) &&
	       pages <= (r->end - address) / PAGE_BYTES;
}
/* True if the address is in the guard below a stack. */
bool aspace_in_stack_guard(const struct aspace *as, uint64_t address);

/* ---- pages ---- */

enum touch {
	TOUCH_OK,       /* the page is there and may be accessed so */
	TOUCH_UNMAPPED, /* no region, or a landing window with nothing in it */
	TOUCH_DENIED,   /* the region does not allow it */
	TOUCH_LENT,     /* the page is out on loan */
	TOUCH_SWAPPED,  /* it must come in from *slot */
	TOUCH_STARVED,  /* no frame was free */
	TOUCH_QUOTA,    /* the process's frames are used up: evict one of its own first */
	TOUCH_LOST,     /* it did not come back from outside */
};

/*
 * Makes the page of an address usable for an access (enum mmu_prot bit), on demand zero; the heart of every page
 * fault.
 */
enum touch aspace_touch(struct aspace *as, uint64_t address, unsigned access, uint32_t *slot);

/* The page directory that leads to a page's leaf table, made as needed if it may grow. NONE: there is none. */
paddr_t aspace_directory_anew(struct aspace *as, uint64_t address, bool grow);
static inline paddr_t aspace_directory(struct aspace *as, uint64_t address, bool grow)
{
	return as->directory.number == address / DIRECTORY_BYTES ? as->directory.table
								 : aspace_directory_anew(as, address, grow);
}
/* The leaf of a page. False: there is no table, so the page is absent, and (if it may grow) none can be had. */
paddr_t aspace_table_anew(struct aspace *as, uint64_t address, bool grow);
static inline bool aspace_look(struct aspace *as, uint64_t address, bool grow, struct mmu_leaf *leaf)
{
	const struct aspace_place *place = &as->places[address / TABLE_BYTES % ASPACE_PLACES];

	*leaf = (struct mmu_leaf){ .table = place->table, .index = mmu_index(address, 0) };
	if (place->number == address / TABLE_BYTES)
		return true;
	leaf->table = aspace_table_anew(as, address, grow);
	return !paddr_is_none(leaf->table);
}
static inline bool aspace_find(struct aspace *as, uint64_t address, struct mmu_leaf *leaf)
{
	return aspace_look(as, address, false, leaf);
}
struct mmu_leaf aspace_leaf_at(struct aspace *as, uint64_t address); /* pre: there is a table */
/* The entry of a page; ABSENT if there is no table. */
struct mmu_entry aspace_entry(struct aspace *as, uint64_t address);
/* Finds where a user frame is mapped. Pre: it is mapped. */
static inline struct mmu_leaf aspace_leaf_of(const struct frame *f)
{
	kassert(f->table != 0, "I-STATE: only a mapped frame has a place");
	return (struct mmu_leaf){ { (uint64_t)f->table << PAGE_SHIFT }, f->index };
}
/* The address of an entry of a leaf table; of a mapped user frame. */
static inline uint64_t aspace_address_in(const struct frame *table, unsigned index)
{
	return (uint64_t)table->region * TABLE_BYTES + ((uint64_t)index << PAGE_SHIFT);
}
static inline uint64_t aspace_address_of(const struct frame *f) { return aspace_address_in(frame_table(f), f->index); }
/* The space a mapped frame is in: the borrower's for a borrowed page. */
static inline struct aspace *aspace_mapper_of(const struct frame *f) { return frame_table(f)->owner; }
/* The space that pays for it; NULL: the kernel. */
static inline struct aspace *aspace_payer_of(const struct frame *f)
{
	return f->flags & FRAME_LENT ? f->owner : frame_payer(frame_table(f));
}
/* Who pays for the page in a slot, and where it belongs (in a table on loan: at the borrower). Pre: its entry is SWAPPED. */
struct aspace *aspace_of_slot(uint32_t slot, uint64_t *address);

/*
 * Gives a page fresh memory of zeros, but for its first bytes, which the caller must write; for image loading and start
 * information. NO_MEMORY.
 */
enum status aspace_fill(struct aspace *as, uint64_t address, uint64_t bytes, void **content);

/* A page came in, perhaps ahead of its use: the frame becomes the page that `slot` held. Pre: its entry is SWAPPED(slot). */
void aspace_install(paddr_t frame, uint32_t slot, bool ahead);
/* The copy that a resident page has outside is of no use: it has no slot any more. */
void aspace_forget_slot(struct frame *f);
/* A page goes out: its entry becomes SWAPPED(slot); the frame is the caller's, unmapped and uncharged. */
void aspace_evict(struct frame *f, uint32_t slot);

/* ---- flips; see ipc/transfer.c ---- */

/*
 * Prepares tables for [address, +pages) of a landing region, so that what follows can't fail. EXISTS if not a free
 * landing range, NO_MEMORY.
 */
enum status aspace_prepare_landing(struct aspace *as, uint64_t address, uint64_t pages);
/*
 * May these resident pages leave by a loan (write or not)? own_holds: how often the asker itself holds them.
 * NOT_FLIPPABLE, BUSY.
 */
enum status aspace_may_lend(struct aspace *as, uint64_t address, uint64_t pages, bool write, unsigned own_holds);
/* May pages that were borrowed go back now: none is busy or under DMA? Absent ones count as idle. */
bool aspace_is_idle(struct aspace *as, uint64_t address, uint64_t pages);
/* Moves pages by loan, or back from loan. Preconditions were proved by those above. */
void aspace_lend(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, uint64_t pages, bool write);
/* False: some are not back, for the borrower lent them on and forfeited them. */
bool aspace_return(struct aspace *borrower, uint64_t there, struct aspace *lender, uint64_t at, uint64_t pages);
/*
 * The kernel lends frames of its own, and takes them back. False, and nothing happened: the window is not free, or they are
 * not all there and idle, or it has none or more than one table.
 */
bool aspace_land_frames(struct aspace *to, uint64_t address, const paddr_t frames[], uint64_t pages, bool write);
bool aspace_take_frames(struct aspace *from, uint64_t address, const paddr_t frames[], uint64_t pages);
/*
 * A loan whose lender is gone or has forfeited it ends: the page (or a unit, see below) is freed. Returns who paid for it; NULL if that
 * was the kernel, or if the borrower lent the page on and forfeited it: then only its place becomes free.
 */
struct aspace *aspace_drop_borrowed(struct aspace *borrower, uint64_t at);
/*
 * The lender forfeits a page or a unit; returns how many pages that is. Its LENT entry becomes absent; the frame stays with the borrower, still charged to its owner.
 * A place that the lender had itself borrowed the page for stays taken until it answers for that.
 */
unsigned aspace_forget_lent(struct aspace *lender, uint64_t at);

/*
 * So many times 2 MiB, each lent by one entry of a page directory, with pages that are here, swapped or were never
 * touched (aspace_lend.c): not into a pinned space, nor what the lender's quota has no room for if all of it were here.
 * What follows knows by itself what was lent so.
 */
bool aspace_lends_tables_here(struct aspace *as, uint64_t at); /* could 2 MiB ever go so: one region, for buffers */
bool aspace_may_lend_tables(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, unsigned tables,
			    bool write);
void aspace_lend_table(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, bool write);
bool aspace_table_is_lent(struct aspace *as,
			  uint64_t at); /* are the 2 MiB of an address lent so, from here or to here? */
/* What an address stands for in a loan to this space, in pages: 2 MiB that were lent so, or one page. */
static inline unsigned aspace_loan_unit(struct aspace *as, uint64_t at)
{
	return mmu_index(at, 0) == 0 && aspace_table_is_lent(as, at) ? MMU_ENTRIES : 1;
}

/* Could these pages ever be given: regions all the way, and none whose pages stay? Text and constants do, and all of a pinned space. */
bool aspace_gives_here(struct aspace *as, uint64_t at, uint64_t pages);
/*
 * Gives pages for good, swapped ones too, into a landing window; 2 MiB by one entry where that can be done. NOT_FLIPPABLE,
 * BUSY: the giver's fault; TOO_BIG, NO_MEMORY: the receiver's quota or the machine's memory; EXISTS: the window is not
 * free, or none. Pre: addresses are page-aligned. Post: before a program runs a space is activated, or the giver's stays
 * (hal_mmu_stay): until then the CPU may know the giver's pages.
 */
enum status aspace_give(struct aspace *from, uint64_t at, struct aspace *to, uint64_t there, uint64_t pages);

/* ---- the promise: no region is made that RAM and swap together can't hold ---- */
uint64_t aspace_promised(void);
/* RAM that is not the kernel's, and swap. */
static inline uint64_t aspace_memory(void) { return frame_free_count() + frame_count(FRAME_USER) + slot_total(); }
static inline uint64_t aspace_promise_limit(void)
{
	return aspace_memory() > frame_low_mark() ? aspace_memory() - frame_low_mark() : 0;
}
