/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory: one record for each frame of RAM says what it is, who pays
 * for it and where it is mapped. A user frame is mapped at one place at most
 * (I-STATE), so one back reference is enough, and eviction needs no search.
 */
#pragma once
#include "hal/boot.h"
#include "kernel/base/types.h"

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
	/* out on loan: mapped in an address space that is not the owner, or held by the kernel's own loan */
	FRAME_LENT = 1,
	FRAME_ZERO = 8,  /* free, and all zero */
	FRAME_GIVEN = 2, /* it came to its owner by message: promised by itself, not by a region */
};

#define SLOT_NONE 0xffffffffu

struct frame {
	struct aspace *owner; /* TABLE, USER: who pays. A borrowed page is still its lender's. */
	uint32_t table;       /* USER: frame number of the leaf table that maps it; 0: not mapped. Links free frames. */
	uint16_t index;       /* USER: entry in that table */
	uint8_t kind;         /* enum frame_kind */
	uint8_t flags;        /* enum frame_flag */
	union {
		uint32_t slot;   /* USER: the slot that holds a copy (current while the entry is clean), or SLOT_NONE */
		uint32_t region; /* leaf TABLE: address >> 21 of the first page it maps */
	};
	uint16_t busy; /* claims of blocked calls that need it resident */
	uint16_t dma;  /* dma_map calls that need it where it is */
};

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

struct frame *frame_record(paddr_t frame);      /* pre: RAM */
struct frame *frame_by_number(uint32_t number); /* NULL if it is not RAM that frames are taken from */
paddr_t frame_address(const struct frame *f);

uint32_t frame_limit(void); /* one above the highest frame number */
uint64_t frame_total(void); /* frames that were free after frame_init */
uint64_t frame_free_count(void);
uint64_t frame_count(enum frame_kind kind); /* allocated as this kind, now */
bool frame_available(enum frame_class class);
/* Frames that user memory leaves to the kernel and to paging. */
uint64_t frame_reserve(void);
/* Fewer free frames than this, and eviction starts. */
uint64_t frame_low_mark(void);
