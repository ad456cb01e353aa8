/* SPDX-License-Identifier: BSD-2-Clause */
/* See claim.h. Everything goes page by page through aspace_find and hal_frame_ptr. */
#include "kernel/mm/claim.h"
#include "kernel/abi/layout.h"
#include "kernel/base/arith.h"
#include "kernel/base/mem.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"

bool claim_make(struct claim *c, struct aspace *as, uaddr_t base, uint64_t bytes, bool write)
{
	*c = (struct claim){ .as = as, .base = bytes == 0 ? 0 : base, .bytes = bytes, .write = write };
	return range_within(c->base, bytes, LAYOUT_USER_END);
}

/* The page's leaf and frame; NONE if it is not there for such an access. */
static inline paddr_t use(const struct claim *c, uint64_t address, struct mmu_leaf *leaf)
{
	return aspace_find(c->as, address, leaf) ? hal_mmu_use(*leaf, c->write) : PADDR_NONE;
}

/* The same for a claim that was resolved. */
static inline paddr_t use_resolved(const struct claim *c, uint64_t address, struct mmu_leaf *leaf)
{
	paddr_t frame = use(c, address, leaf);

	kassert(!paddr_is_none(frame), "I-CLAIM: only a resolved claim is used");
	return frame;
}

static inline struct frame *frame_at(const struct claim *c, uint64_t address)
{
	struct mmu_leaf leaf;

	return frame_record(use_resolved(c, address, &leaf));
}

/* Of page i of the claim, the first address. */
static inline uint64_t page_of(const struct claim *c, uint64_t i)
{
	return (c->base & ~(uint64_t)(PAGE_BYTES - 1)) + i * PAGE_BYTES;
}

enum touch claim_resolve(struct claim *c, uint64_t *address, uint32_t *slot)
{
	uint64_t pages = claim_pages(c);
	paddr_t frame = PADDR_NONE;
	struct mmu_leaf leaf;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t at = page_of(c, i);
		enum touch t;

		cpu_safe_point_at(i);
		while (paddr_is_none(frame = use(c, at, &leaf))) {
			t = aspace_touch(c->as, at, c->write ? MMU_READ | MMU_WRITE : MMU_READ, slot);
			*address = at;
			if (t != TOUCH_OK)
				return t;
		}
	}
	if (pages == 1) { /* whoever reaches it by c->at marks nothing */
		hal_mmu_set_used(leaf, c->write);
		c->frame = frame_record(frame);
		c->table = frame_table(c->frame);
		c->at = (char *)hal_frame_ptr(frame) + c->base % PAGE_BYTES;
		c->seen = c->as->space.changes;
	}
	return TOUCH_OK;
}

void claim_hold(struct claim *c)
{
	uint64_t pages = claim_pages(c);

	if (pages == 0)
		return;
	if (c->seen != 0) {
		claim_hold_near(c, c->as);
		return;
	}
	for (uint64_t i = 0; i < pages; i++) {
		cpu_safe_point_at(i);
		frame_hold(frame_at(c, page_of(c, i)), false);
	}
	c->as->busy += (uint32_t)pages;
	c->held = true;
}

void claim_release(struct claim *c)
{
	uint64_t pages;

	if (!c->held)
		return;
	if (c->seen != 0) {
		claim_release_near(c, c->as);
		return;
	}
	pages = claim_pages(c);
	for (uint64_t i = 0; i < pages; i++) {
		cpu_safe_point_at(i);
		frame_release(frame_at(c, page_of(c, i)), false);
	}
	c->as->busy -= (uint32_t)pages;
	c->held = false;
}

/* The kernel's address of byte `offset`, and how many bytes follow in its page. */
static inline char *reach(const struct claim *c, uint64_t offset, uint64_t *room)
{
	uint64_t address = c->base + offset;
	struct mmu_leaf leaf;
	paddr_t frame = use_resolved(c, address, &leaf);

	hal_mmu_set_used(leaf, c->write);
	*room = PAGE_BYTES - address % PAGE_BYTES;
	return (char *)hal_frame_ptr(frame) + address % PAGE_BYTES;
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

void claim_copy(const struct claim *to, const struct claim *from, uint64_t bytes)
{
	kassert(to->write && bytes <= to->bytes && bytes <= from->bytes, "I-CLAIM: no byte beyond the claim");
	for (uint64_t done = 0, n; done < bytes; done += n) {
		uint64_t room_from, room_to;
		const char *source = reach(from, done, &room_from);
		char *target = reach(to, done, &room_to);

		n = min_u64(min_u64(room_from, room_to), bytes - done);
		memmove(target, source, n);
		if (done + n < bytes)
			hal_cpu_safe_point();
	}
}
