/* SPDX-License-Identifier: BSD-2-Clause */
/* See claim.h. Everything goes page by page through aspace_find and hal_frame_ptr. */
#include "kernel/mm/claim.h"
#include "kernel/abi/layout.h"
#include "kernel/base/arith.h"
#include "kernel/base/mem.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"

enum { RUN_PAGES = 64 }; /* so many are held or let go from one safe point to the next (I-BOUND) */

bool claim_make(struct claim *c, struct aspace *as, uaddr_t base, uint64_t bytes, bool write)
{
	*c = (struct claim){ .as = as, .base = bytes == 0 ? 0 : base, .bytes = bytes, .write = write };
	return range_within(c->base, bytes, LAYOUT_USER_END);
}

static inline uint64_t first_page(const struct claim *c) { return c->base & ~(uint64_t)(PAGE_BYTES - 1); }

/* The leaf of an address, after that of the page before it (index 0: none); false: there is no table. */
static inline bool next_leaf(struct aspace *as, uint64_t address, struct mmu_leaf *leaf)
{
	leaf->index = (leaf->index + 1) % MMU_ENTRIES;
	return leaf->index > 1 || aspace_find(as, address, leaf);
}

/* The frame of a page, marked accessed; NONE: it is not there, or not for that. A table on loan may say more than its entries. */
static inline paddr_t try_use(struct mmu_leaf leaf, bool write)
{
	if (write && (frame_known(leaf.table)->flags & FRAME_READ_ONLY))
		return PADDR_NONE;
	return hal_mmu_use(leaf, write);
}

/* The frame of a page of a resolved claim, marked accessed. */
static inline paddr_t use(struct mmu_leaf leaf, bool write)
{
	paddr_t frame = hal_mmu_use(leaf, write);

	kassert(!paddr_is_none(frame), "I-CLAIM: only a resolved claim is used");
	return frame;
}

/* Resolved just now, all by one table; the leaf is that of its first page. */
static inline void note_table(struct claim *c, struct mmu_leaf leaf, uint64_t pages)
{
	c->table = frame_record(leaf.table);
	c->run = hal_mmu_run(leaf);
	c->pages = (uint32_t)pages;
	c->seen = c->as->space.changes;
}

/* All that is to know of a claim within one page. Whoever reaches it by c->at marks nothing. */
static inline void note_place(struct claim *c, struct mmu_leaf leaf, paddr_t frame)
{
	hal_mmu_set_used(leaf, c->write);
	c->frame = frame_record(frame);
	c->at = (char *)hal_frame_ptr(frame) + c->base % PAGE_BYTES;
	note_table(c, leaf, 1);
}

static enum touch resolve_each(struct claim *c, uint64_t *address, uint32_t *slot)
{
	uint64_t at = first_page(c), pages = claim_pages(c);
	bool write = c->write;
	struct mmu_leaf leaf = { 0 };
	struct aspace *as = c->as;
	enum touch t;

	for (uint64_t i = 0; i < pages; i++, at += PAGE_BYTES) {
		cpu_safe_point_at(i);
		if (!next_leaf(as, at, &leaf) || paddr_is_none(try_use(leaf, write))) {
			*address = at;
			t = aspace_touch(as, at, write ? MMU_READ | MMU_WRITE : MMU_READ, slot);
			if (t != TOUCH_OK)
				return t;
			leaf = aspace_leaf_at(as, at);
		}
		hal_mmu_set_used(leaf, write); /* whoever goes by c->run marks nothing */
	}
	if (pages == 1)
		note_place(c, leaf, use(leaf, write));
	else if (leaf.index >= pages - 1)
		note_table(c, (struct mmu_leaf){ leaf.table, leaf.index - (unsigned)(pages - 1) }, pages);
	c->seen = as->space.changes;
	return TOUCH_OK;
}

enum touch claim_resolve(struct claim *c, uint64_t *address, uint32_t *slot)
{
	struct mmu_leaf leaf;
	paddr_t frame;

	if (c->base % PAGE_BYTES + c->bytes - 1 < PAGE_BYTES && aspace_find(c->as, c->base, &leaf) &&
	    !paddr_is_none(frame = try_use(leaf, c->write))) {
		note_place(c, leaf, frame);
		return TOUCH_OK;
	}
	return resolve_each(c, address, slot);
}

/* All pages of a claim of several are held from now on, or not any more. */
static void hold_each(struct claim *c, bool on)
{
	uint64_t at = first_page(c), pages = claim_pages(c), n;
	struct mmu_leaf leaf;

	c->as->busy += on ? (uint32_t)pages : -(uint32_t)pages;
	c->held = on;
	for (; pages != 0; pages -= n, at += n * PAGE_BYTES) {
		bool found = aspace_find(c->as, at, &leaf);

		kassert(found, "I-CLAIM: only a resolved claim is held");
		n = min_u64(pages, RUN_PAGES - leaf.index % RUN_PAGES);
		claim_hold_run(frame_known(leaf.table), hal_mmu_run(leaf), n, on);
		hal_cpu_safe_point();
	}
}

void claim_hold(struct claim *c)
{
	if (c->bytes == 0)
		return;
	if (c->frame != NULL) {
		claim_hold_near(c, c->as);
		return;
	}
	hold_each(c, true);
}

void claim_release(struct claim *c)
{
	if (!c->held)
		return;
	if (c->frame != NULL) {
		claim_release_near(c, c->as);
		return;
	}
	hold_each(c, false);
}

/* The kernel's address of byte `offset`, and how many bytes follow in its page. Marks the page used. */
static inline char *reach(const struct claim *c, uint64_t offset, uint64_t *room)
{
	uint64_t address = c->base + offset;
	struct mmu_leaf leaf;
	bool found = aspace_find(c->as, address, &leaf);

	kassert(found, "I-CLAIM: only a resolved claim is used");
	hal_mmu_set_used(leaf, c->write);
	*room = PAGE_BYTES - address % PAGE_BYTES;
	return (char *)hal_frame_ptr(use(leaf, c->write)) + address % PAGE_BYTES;
}

void claim_read(const struct claim *c, uint64_t offset, void *to, uint64_t bytes)
{
	kassert(range_within(offset, bytes, c->bytes), "I-CLAIM: no byte beyond the claim");
	for (uint64_t done = 0, n; done < bytes; done += n) {
		const char *from = reach(c, offset + done, &n);

		n = min_u64(n, bytes - done);
		memcpy((char *)to + done, from, n);
	}
}

void claim_write(const struct claim *c, uint64_t offset, const void *from, uint64_t bytes)
{
	kassert(c->write && range_within(offset, bytes, c->bytes), "I-CLAIM: no byte beyond the claim");
	for (uint64_t done = 0, n; done < bytes; done += n) {
		char *to = reach(c, offset + done, &n);

		n = min_u64(n, bytes - done);
		memcpy(to, (const char *)from + done, n);
	}
}

void claim_copy_run(const struct claim *to, const struct claim *from, uint64_t bytes)
{
	uint64_t at_to = to->base % PAGE_BYTES, at_from = from->base % PAGE_BYTES, n;

	for (;; at_to += n, at_from += n) {
		n = PAGE_BYTES - max_u64(at_to % PAGE_BYTES, at_from % PAGE_BYTES);
		n = min_u64(n, bytes);
		hal_copy((char *)hal_frame_ptr(hal_mmu_frame_in(to->run, at_to / PAGE_BYTES)) + at_to % PAGE_BYTES,
			 (char *)hal_frame_ptr(hal_mmu_frame_in(from->run, at_from / PAGE_BYTES)) +
				 at_from % PAGE_BYTES,
			 n);
		bytes -= n;
		if (bytes == 0)
			return;
		hal_cpu_safe_point();
	}
}

void claim_copy(const struct claim *to, const struct claim *from, uint64_t bytes)
{
	kassert(to->write && bytes <= to->bytes && bytes <= from->bytes, "I-CLAIM: no byte beyond the claim");
	if (to->table != NULL && from->table != NULL && to->as != from->as) { /* else they may overlap */
		claim_copy_run(to, from, bytes);
		return;
	}
	for (uint64_t done = 0, n, room; done < bytes; done += n) {
		const char *source = reach(from, done, &n);
		char *target = reach(to, done, &room);

		n = min_u64(min_u64(n, room), bytes - done);
		memmove(target, source, n);
		hal_cpu_safe_point();
	}
}
