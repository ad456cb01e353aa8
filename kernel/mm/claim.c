/* SPDX-License-Identifier: BSD-2-Clause */
/* See claim.h. Everything goes page by page through aspace_entry and hal_frame_ptr. */
#include "kernel/mm/claim.h"
#include "kernel/abi/layout.h"
#include "kernel/base/arith.h"
#include "kernel/base/mem.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"

bool claim_make(struct claim *c, struct aspace *as, uaddr_t base, uint64_t bytes, bool write)
{
	*c = (struct claim){ .as = as, .base = base, .bytes = bytes, .write = write };
	if (bytes == 0)
		c->base = 0;
	return range_within(c->base, bytes, LAYOUT_USER_END);
}

static uint64_t first_page(const struct claim *c) { return c->base & ~(uint64_t)(PAGE_BYTES - 1); }
static uint64_t end_page(const struct claim *c)
{
	return c->bytes == 0 ? first_page(c) : round_up(c->base + c->bytes, PAGE_BYTES);
}

uint64_t claim_pages(const struct claim *c) { return (end_page(c) - first_page(c)) / PAGE_BYTES; }

enum touch claim_resolve(const struct claim *c, uint64_t *address, uint32_t *slot)
{
	for (uint64_t at = first_page(c); at < end_page(c); at += PAGE_BYTES) {
		enum touch t;

		cpu_safe_point_at(at / PAGE_BYTES);
		t = aspace_touch(c->as, at, c->write ? MMU_READ | MMU_WRITE : MMU_READ, slot);

		if (t != TOUCH_OK) {
			*address = at;
			return t;
		}
	}
	return TOUCH_OK;
}

static struct mmu_entry entry_at(const struct claim *c, uint64_t address)
{
	struct mmu_entry e = aspace_entry(c->as, address);

	kassert(e.kind == MMU_PRESENT && !(e.prot & MMU_DEVICE), "I-CLAIM: only a resolved claim is used");
	return e;
}

bool claim_hold(struct claim *c)
{
	if (c->as->busy + claim_pages(c) > c->as->busy_max)
		return false;
	claim_hold_again(c);
	return true;
}

void claim_hold_again(struct claim *c)
{
	for (uint64_t at = first_page(c); at < end_page(c); at += PAGE_BYTES) {
		cpu_safe_point_at(at / PAGE_BYTES);
		frame_hold(frame_record(entry_at(c, at).frame), false);
	}
	c->as->busy += (uint32_t)claim_pages(c);
	c->held = true;
}

void claim_release(struct claim *c)
{
	if (!c->held)
		return;
	for (uint64_t at = first_page(c); at < end_page(c); at += PAGE_BYTES) {
		cpu_safe_point_at(at / PAGE_BYTES);
		frame_release(frame_record(entry_at(c, at).frame), false);
	}
	c->as->busy -= (uint32_t)claim_pages(c);
	c->held = false;
}

/* The kernel's address of byte `offset`, and how many bytes follow in its page. Marks the page used. */
static char *reach(const struct claim *c, uint64_t offset, uint64_t *room)
{
	uint64_t address = c->base + offset;
	struct mmu_leaf leaf;
	bool found = aspace_find(c->as, address, &leaf);

	kassert(found, "I-CLAIM: only a resolved claim is used");
	hal_mmu_set_used(leaf, c->write);
	*room = PAGE_BYTES - address % PAGE_BYTES;
	return (char *)hal_frame_ptr(entry_at(c, address).frame) + address % PAGE_BYTES;
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
