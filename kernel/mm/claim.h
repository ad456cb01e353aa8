/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user range that a call names. It is only a claim until it has been proved:
 * made (the numbers make sense), resolved (each page is there and allows the
 * access), held (the pages stay). The kernel reaches the bytes through its own
 * map of the frames and never dereferences a user address (I-CLAIM).
 *
 * It remembers that it was resolved, and within one page also where, as a TLB does:
 * until a translation of its space is dropped, or for reading in one page that very
 * translation, the same range needs no second look.
 */
#pragma once
#include "kernel/abi/types.h"
#include "kernel/mm/aspace.h"
#include "machine/copy.h"

struct claim {
	struct aspace *as;
	uaddr_t base;
	uint64_t bytes;
	bool write; /* the kernel will write it */
	bool held;
	uint32_t pages;      /* resolved, of one table all: how many they are */
	uint64_t seen;       /* as->space.changes when it was resolved; 0: it was not */
	struct frame *frame; /* resolved, within one page: that page's; else NULL */
	char *at;            /* the first byte, if so */
	struct frame *table; /* resolved, of one table all: that table's; else NULL */
	struct mmu_run run;  /* and the leaves of its pages */
};

/* False if the range wraps or leaves user space. A claim of 0 bytes is always good, whatever its base. */
[[nodiscard]] bool claim_make(struct claim *c, struct aspace *as, uaddr_t base, uint64_t bytes, bool write);

/* Touches every page; stops at the first that is not TOUCH_OK and tells its address (and slot). */
enum touch claim_resolve(struct claim *c, uint64_t *address, uint32_t *slot);

/*
 * Is the page of a claim within one, for reading, where it was? Its record says so, whatever else was dropped (I-STATE).
 * Marks it used.
 */
static inline bool claim_is_in_place(const struct claim *c)
{
	const struct frame *f = c->frame, *table = c->table;

	if (f == NULL || c->write || c->seen == 0 || f->kind != FRAME_USER || f->table == 0 ||
	    frame_table(f) != table || f->index != mmu_index(c->base, 0) || table->owner != c->as ||
	    table->region != c->base / TABLE_BYTES)
		return false;
	hal_mmu_set_used((struct mmu_leaf){ frame_address(table), f->index }, false);
	return true;
}

/* Was just this range resolved, with the same access, and is all of it there still? */
static inline bool claim_is_known(const struct claim *c, uaddr_t base, uint64_t bytes)
{
	return c->base == base && c->bytes == bytes && (c->seen == c->as->space.changes || claim_is_in_place(c));
}

/* A range of no bytes. */
static inline void claim_clear(struct claim *c)
{
	c->bytes = c->seen = 0;
	c->pages = 0;
	c->frame = c->table = NULL;
}

/* How many pages a range touches. */
static inline uint64_t claim_pages_of(uaddr_t base, uint64_t bytes)
{
	return bytes == 0 ? 0 : (base % PAGE_BYTES + bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}
static inline uint64_t claim_pages(const struct claim *c) { return claim_pages_of(c->base, c->bytes); }

/* Keeps the pages of a resolved claim where they are until released. The space's busy allowance is the caller's to ask. */
void claim_hold(struct claim *c);
void claim_release(struct claim *c); /* harmless if not held */
/* The same for one within a page. as: its space. */
static inline void claim_hold_near(struct claim *c, struct aspace *as)
{
	as->busy++;
	if (c->frame->busy++ == 0)
		c->table->fixed++;
	c->held = true;
}
static inline void claim_release_near(struct claim *c, struct aspace *as)
{
	as->busy--;
	if (--c->frame->busy == 0)
		c->table->fixed--;
	c->held = false;
}

/* Pages next to each other in a table are held from now on, or not any more. */
static inline __attribute__((always_inline)) void claim_hold_run(struct frame *table, struct mmu_run run,
								 uint64_t pages, bool on)
{
	unsigned changed = 0;

	do {
		struct frame *f = frame_known(hal_mmu_frame_in(run, --pages));

		changed += on ? f->busy++ == 0 : --f->busy == 0;
	} while (pages != 0);
	table->fixed = (uint16_t)(on ? table->fixed + changed : table->fixed - changed);
}
/* The same as above, all at once, of a claim that is of one table: of few pages, for there is no safe point. */
static inline __attribute__((always_inline)) void claim_hold_all(struct claim *c, struct aspace *as, bool on)
{
	const uint32_t pages = c->pages;

	as->busy += on ? pages : -pages;
	c->held = on;
	claim_hold_run(c->table, c->run, pages, on);
}
/*
 * Copies from the first byte of one claim to that of another: each resolved, of one table, and the spaces differ. Marks
 * nothing.
 */
void claim_copy_run(const struct claim *to, const struct claim *from, uint64_t bytes);
/* The same where both begin at the same place of a page. */
static inline __attribute__((always_inline)) void claim_copy_pages(const struct claim *to, const struct claim *from,
								   uint64_t bytes)
{
	const struct mmu_run run_to = to->run, run_from = from->run;
	uint64_t offset = to->base % PAGE_BYTES, n = PAGE_BYTES - offset;

	for (uint64_t i = 0;; i++) {
		n = n < bytes ? n : bytes;
		hal_copy((char *)hal_frame_ptr(hal_mmu_frame_in(run_to, i)) + offset,
			 (char *)hal_frame_ptr(hal_mmu_frame_in(run_from, i)) + offset, n);
		bytes -= n;
		if (bytes == 0)
			return;
		hal_cpu_safe_point();
		offset = 0;
		n = PAGE_BYTES;
	}
}

/* Copies within resolved claims. Pre: the range is within the claim. */
void claim_read(const struct claim *c, uint64_t offset, void *to, uint64_t bytes);
void claim_write(const struct claim *c, uint64_t offset, const void *from, uint64_t bytes);
void claim_copy(const struct claim *to, const struct claim *from, uint64_t bytes);
