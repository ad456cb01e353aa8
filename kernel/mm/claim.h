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

struct claim {
	struct aspace *as;
	uaddr_t base;
	uint64_t bytes;
	bool write; /* the kernel will write it */
	bool held;
	uint64_t seen;               /* as->space.changes when it was resolved; 0: it was not */
	struct frame *frame, *table; /* resolved, within one page: that page's and its table's; else NULL */
	char *at;                    /* the first byte, if so */
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
	c->frame = NULL;
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

/* Copies within resolved claims. Pre: the range is within the claim. */
void claim_read(const struct claim *c, uint64_t offset, void *to, uint64_t bytes);
void claim_write(const struct claim *c, uint64_t offset, const void *from, uint64_t bytes);
void claim_copy(const struct claim *to, const struct claim *from, uint64_t bytes);
