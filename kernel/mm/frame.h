/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory: one record for each frame of RAM says what it is, who pays
 * for it and where it is mapped. A user frame is mapped at one place at most
 * (I-STATE), so one back reference is enough, and eviction needs no search.
 */
#pragma once
#include "hal/boot.h"
#include "kernel/base/types.h"
#include "kernel/core/panic.h"

struct aspace;

enum frame_kind {
	FRAME_NONE = 0, /* free, or not RAM */
	FRAME_KERNEL,   /* kernel objects and tables of the kernel's own */
	FRAME_TABLE,    /* a page table; owner is the address space it belongs to */
	FRAME_USER,     /* a page of a process */
	FRAME_BOUNCE,   /* reserved for pages on their way to or from the pager */
	FRAME_KINDS,
};

enum frame_flag {
	/* out on loan: mapped in an address space that is not who pays, or held by the kernel's own loan; leaf TABLE, too */
	FRAME_LENT = 1,
	FRAME_GIVEN = 2, /* LENT: it left a landing window, so it is promised by itself, not by a region */
	/* leaf TABLE in a landing window: it came whole, so all its pages are promised, absent ones too */
	FRAME_WHOLE = 4,
	FRAME_ZERO = 8, /* free, and all zero */
	/* leaf TABLE, LENT: nobody writes to its pages, whatever its entries say */
	FRAME_READ_ONLY = 0x10,
	/* USER, of paging/policy.c */
	FRAME_SEEN = 0x10,  /* was found used */
	FRAME_AHEAD = 0x20, /* was read ahead, and not found used yet */
	FRAME_ROUND = 0x40, /* stays one more round of the clock */
	FRAME_HOT = 0x80,   /* was found used again */
};

#define SLOT_NONE 0xffffffffu

/*
 * A user page has no owner of its own: it is its table's, so that a table moves with all its pages by changing one
 * record. Only a page on loan says who pays for it, or a table on loan for all its pages.
 */
struct frame {
	struct aspace *owner; /* TABLE: whose it is; a page, LENT: who pays, or NULL: the kernel. Else NULL. */
	union {
		uint32_t table; /* USER: number of the leaf table that maps it; 0: not mapped. Links free frames. */
		struct {
			uint16_t present, swapped; /* leaf TABLE: own pages */
		};
		struct {
			uint16_t children, first; /* higher TABLE: entries in use; none is below `first` */
		};
	};
	union {
		uint16_t index; /* USER: entry in that table */
		uint16_t fixed; /* leaf TABLE: lent, borrowed, device, busy, DMA: what keeps it from moving */
	};
	uint8_t kind;  /* enum frame_kind */
	uint8_t flags; /* enum frame_flag */
	union {
		uint32_t slot;   /* USER: the slot that holds a copy (current while the entry is clean), or SLOT_NONE */
		uint32_t region; /* leaf TABLE: address >> 21 of the first page it maps */
	};
	union {
		struct {
			uint16_t busy; /* claims of blocked calls that need it resident */
			uint16_t dma;  /* dma_map calls that need it where it is */
		};
		uint32_t held;  /* both, to be asked at once */
		uint32_t payer; /* leaf TABLE, LENT: number of the root of the space that pays for it and its pages */
	};
};
_Static_assert(sizeof(struct frame) == 24, "what each frame of RAM costs");

/*
 * Who may take the last free frames: a page coming in always can, then the
 * kernel, then user memory. The kernel's and the pager's progress never waits
 * for a process's wishes.
 */
enum frame_class { FRAME_FOR_PAGE_IN, FRAME_FOR_KERNEL, FRAME_FOR_USER };

/* Takes over the RAM of boot. Refuses the boot if there is too little of it. */
void frame_init(const struct boot_info *boot);

/* A frame of this kind, its content undefined and its record cleared; PADDR_NONE if the class is out of frames. */
paddr_t frame_alloc(enum frame_class class, enum frame_kind kind);
/* The same, zero-filled. */
paddr_t frame_alloc_zeroed(enum frame_class class, enum frame_kind kind);
/* A bounce frame becomes a page, or a page a bounce frame. Pre: not mapped. */
void frame_become(paddr_t frame, enum frame_kind kind);
/* Pre: not mapped, not busy, not under DMA. */
void frame_free(paddr_t frame);
/* The same for one that its user knows to be all zero: the next that is wanted so is had for nothing. */
void frame_free_zero(paddr_t frame);

extern struct frame *frame_records;
extern uint32_t frame_records_limit;

/* A bit for each frame: it became a user page. paging/policy.c takes it from frames that it finds not to be one that may ever go. */
enum { FRAME_PAGES_EACH = 64 };
extern uint64_t *frame_pages;

static inline uint32_t frame_limit(void) { return frame_records_limit; } /* one above the highest frame number */
static inline struct frame *frame_record(paddr_t frame)                  /* pre: RAM */
{
	kassert(frame.v >> PAGE_SHIFT < frame_records_limit, "only RAM has frame records");
	return &frame_records[frame.v >> PAGE_SHIFT];
}
static inline struct frame *frame_known(paddr_t frame) /* the same, of what page tables name */
{
	return &frame_records[frame.v >> PAGE_SHIFT];
}
/* NULL if it is not RAM that frames are taken from. */
static inline struct frame *frame_by_number(uint32_t n) { return n < frame_records_limit ? frame_records + n : NULL; }
static inline uint32_t frame_number(const struct frame *f) { return (uint32_t)(f - frame_records); }
static inline paddr_t frame_address(const struct frame *f)
{
	return (paddr_t){ (uint64_t)frame_number(f) << PAGE_SHIFT };
}
/* The leaf table that maps a mapped page. */
static inline struct frame *frame_table(const struct frame *f) { return &frame_records[f->table]; }

/* Who pays for a leaf table and the pages that belong to it. */
static inline struct aspace *frame_payer(const struct frame *table)
{
	return table->flags & FRAME_LENT ? frame_records[table->payer].owner : table->owner;
}

/* A mapped page must stay where it is, for a claim of a blocked call or for a device; or need not any more. */
static inline void frame_hold(struct frame *f, bool device)
{
	if ((*(device ? &f->dma : &f->busy))++ == 0)
		frame_table(f)->fixed++;
}
static inline void frame_release(struct frame *f, bool device)
{
	if (--*(device ? &f->dma : &f->busy) == 0)
		frame_table(f)->fixed--;
}

/*
 * What a pinned process had stays committed when it ends, for its next instance (I-PIN): nobody else gets these frames.
 * keep: so many more. take_kept: one of them may be allocated now, FOR_PAGE_IN; false: there is none.
 */
void frame_keep(uint64_t count);
bool frame_take_kept(void);

uint64_t frame_total(void); /* frames that were free after frame_init */
bool frame_available(enum frame_class class);

/* Only frame.c writes it. free and those of a kind make the total. */
extern struct frame_counts {
	uint64_t free, kind[FRAME_KINDS];
	uint64_t low_mark, high_mark, reserve; /* each with those kept */
	uint64_t kept;
} frame_counts;

static inline uint64_t frame_free_count(void) { return frame_counts.free; }
static inline uint64_t frame_count(enum frame_kind kind)
{
	return frame_counts.kind[kind];
} /* allocated as this, now */
/* Frames that user memory leaves to the kernel and to paging. */
static inline uint64_t frame_reserve(void) { return frame_counts.reserve; }
static inline uint64_t frame_kept(void) { return frame_counts.kept; }
/* Fewer free frames than this, and eviction starts; it ends at the high mark. */
static inline uint64_t frame_low_mark(void) { return frame_counts.low_mark; }
