/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: what may be where (aspace.h). Regions ascend in a list and never
 * overlap; a stack's includes nothing of its guard; heaps that touch are one. No
 * region is or becomes writable and executable (I-CODE).
 */
#include "kernel/abi/layout.h"
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/pool.h"

enum {
	REGIONS_MAX = 64, /* of one space; what they cost is counted with the space */
	BIG_PAGE_BYTES = 2 << 20,
};

static struct pool regions;

static enum status remove_range(struct aspace *as, struct region *r, uint64_t start, uint64_t end);

void aspace_region_module_init(void) { pool_init(&regions, "region", sizeof(struct region)); }

struct region *aspace_region_at(const struct aspace *as, uint64_t address)
{
	list_for_each(node, &as->regions) {
		struct region *r = container_of(node, struct region, link);

		if (address < r->start)
			return NULL;
		if (address < r->end)
			return r;
	}
	return NULL;
}

bool aspace_in_stack_guard(const struct aspace *as, uint64_t address)
{
	list_for_each(node, &as->regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->kind == REGION_STACK && address < r->start && r->start - address <= LAYOUT_GUARD_BYTES)
			return true;
	}
	return false;
}

/* The node before which a region [start, end) belongs; NULL if it overlaps one. */
static struct list *place_of(struct aspace *as, uint64_t start, uint64_t end)
{
	list_for_each(node, &as->regions) {
		const struct region *r = container_of(node, struct region, link);

		if (end <= r->start)
			return node;
		if (start < r->end)
			return NULL;
	}
	return &as->regions;
}

static unsigned region_count(const struct aspace *as)
{
	unsigned n = 0;

	list_for_each(node, &as->regions)
		n++;
	return n;
}

static struct region *region_new(struct aspace *as, struct list *before, uint64_t start, uint64_t end)
{
	uint32_t index;
	struct region *r = region_count(as) < REGIONS_MAX ? pool_alloc(&regions, &index) : NULL;

	if (r == NULL)
		return NULL;
	r->index = index;
	r->start = start;
	r->end = end;
	list_insert_before(before, &r->link);
	return r;
}

static void region_drop(struct region *r)
{
	list_remove(&r->link);
	pool_free(&regions, r, r->index);
}

static bool is_promised(enum region_kind kind) { return kind != REGION_LANDING && kind != REGION_DEVICE; }

/* A pinned space has all its memory from the start, a landing window's page tables included (I-PIN). */
static enum status populate(struct aspace *as, enum region_kind kind, uint64_t start, uint64_t end)
{
	enum status st = ST_OK;

	for (uint64_t at = start; st == ST_OK && at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf;
		void *content;

		hal_cpu_safe_point(); /* each is cleared */
		if (kind == REGION_LANDING)
			st = aspace_grow_to(as, at, &leaf);
		else if (is_promised(kind))
			st = aspace_fill(as, at, &content);
	}
	return st;
}

/* Heaps that touch are one region, so that a growing heap stays one. */
static struct region *heap_below(const struct aspace *as, const struct list *before, uint64_t start)
{
	struct region *r = container_of(before->prev, struct region, link);

	return before->prev != &as->regions && r->kind == REGION_HEAP && r->end == start ? r : NULL;
}

/* The region that now covers [start, end), whose place is before `before`. */
static struct region *region_extend(struct aspace *as, struct list *before, enum region_kind kind, uint64_t start,
				    uint64_t end)
{
	struct region *r = kind == REGION_HEAP ? heap_below(as, before, start) : NULL;

	if (r == NULL)
		return region_new(as, before, start, end);
	r->end = end;
	return r;
}

enum status aspace_add_region(struct aspace *as, enum region_kind kind, uint64_t start, uint64_t pages, unsigned prot)
{
	uint64_t bytes, end;
	struct list *before;
	struct region *r;

	kassert((prot & (MMU_WRITE | MMU_EXECUTE)) != (MMU_WRITE | MMU_EXECUTE), "I-CODE: W^X");
	if (pages == 0 || !page_aligned(start) || __builtin_mul_overflow(pages, (uint64_t)PAGE_BYTES, &bytes) ||
	    !add_fits(start, bytes, &end) || start < PAGE_BYTES || end > LAYOUT_USER_END)
		return ST_BAD_ARG;
	before = place_of(as, start, end);
	if (before == NULL)
		return ST_EXISTS;
	if (is_promised(kind) && !aspace_promise(as, pages))
		return ST_NO_MEMORY;
	r = region_extend(as, before, kind, start, end);
	if (r == NULL) {
		if (is_promised(kind))
			aspace_unpromise(as, pages);
		return ST_NO_MEMORY;
	}
	r->kind = (uint8_t)kind;
	r->prot = (uint8_t)prot;
	if (as->pinned && populate(as, kind, start, end) != ST_OK) {
		(void)remove_range(as, r, start, end);
		return ST_NO_MEMORY;
	}
	return ST_OK;
}

/* Where a region's own space begins: a stack's guard is nobody else's. */
static uint64_t lowest_of(const struct region *r)
{
	return r->kind == REGION_STACK ? r->start - LAYOUT_GUARD_BYTES : r->start;
}

/* The lowest free range of `bytes` in [base, limit); 0 if there is none. */
static uint64_t find_area(const struct aspace *as, uint64_t base, uint64_t limit, uint64_t bytes, uint64_t align)
{
	uint64_t at = round_up(base, align);

	list_for_each(node, &as->regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->end <= at)
			continue;
		if (at + bytes <= lowest_of(r))
			break;
		at = round_up(r->end, align);
	}
	return at + bytes <= limit ? at : 0;
}

enum status aspace_place_region(struct aspace *as, enum region_kind kind, uint64_t pages, unsigned prot,
				uint64_t *start)
{
	uint64_t guard = kind == REGION_STACK ? LAYOUT_GUARD_BYTES : 0;
	uint64_t bytes, align, at;
	enum status st;

	if (pages == 0)
		return ST_BAD_ARG;
	if (pages > (LAYOUT_AREA_END - LAYOUT_AREA_BASE) / PAGE_BYTES)
		return ST_NO_MEMORY;
	bytes = guard + pages * PAGE_BYTES;
	align = bytes >= BIG_PAGE_BYTES ? BIG_PAGE_BYTES : PAGE_BYTES;
	if (kind == REGION_HEAP)
		at = find_area(as, LAYOUT_HEAP_BASE, LAYOUT_HEAP_END, bytes, PAGE_BYTES);
	else
		at = find_area(as, LAYOUT_AREA_BASE, LAYOUT_AREA_END, bytes, align);
	if (at == 0)
		return ST_NO_MEMORY;
	st = aspace_add_region(as, kind, at + guard, pages, prot);
	if (st == ST_OK)
		*start = at + guard;
	return st;
}

enum status aspace_map_device(struct aspace *as, paddr_t base, uint64_t pages, uint64_t *start)
{
	unsigned prot = MMU_READ | MMU_WRITE | MMU_DEVICE;
	enum status st = aspace_place_region(as, REGION_DEVICE, pages, prot, start);

	if (st != ST_OK)
		return st;
	for (uint64_t i = 0; i < pages; i++) {
		struct mmu_leaf leaf;

		st = aspace_grow_to(as, *start + i * PAGE_BYTES, &leaf);
		if (st != ST_OK) {
			aspace_remove_region(as, aspace_region_at(as, *start));
			return st;
		}
		hal_mmu_write(leaf, (struct mmu_entry){
					    .kind = MMU_PRESENT, .prot = prot, .frame = { base.v + i * PAGE_BYTES } });
	}
	return ST_OK;
}

void aspace_unmap_device(struct aspace *as, paddr_t base, uint64_t bytes)
{
	list_for_each_safe(node, &as->regions) {
		struct region *r = container_of(node, struct region, link);

		if (r->kind == REGION_DEVICE && aspace_entry(as, r->start).frame.v - base.v < bytes)
			aspace_remove_region(as, r);
	}
}

/* Is any page of the range in use by a loan, a blocked call or a device? */
static bool range_in_use(const struct aspace *as, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf;
		struct mmu_entry e;
		const struct frame *f;

		cpu_safe_point_at(at / PAGE_BYTES);
		if (!hal_mmu_find(as->root, (vaddr_t){ at }, &leaf)) {
			hal_cpu_safe_point();
			at |= BIG_PAGE_BYTES - PAGE_BYTES; /* the rest of this table's reach */
			continue;
		}
		e = hal_mmu_read(leaf);
		if (e.kind == MMU_LENT)
			return true;
		if (e.kind != MMU_PRESENT || (e.prot & MMU_DEVICE))
			continue;
		f = frame_record(e.frame);
		if (f->busy != 0 || f->dma != 0 || f->owner != as)
			return true;
	}
	return false;
}

/* Frees the pages of a range; how many there were. Pre: none in use. */
static uint64_t discard_range(struct aspace *as, uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf;

		cpu_safe_point_at(at / PAGE_BYTES);
		if (!hal_mmu_find(as->root, (vaddr_t){ at }, &leaf)) {
			hal_cpu_safe_point();
			at |= BIG_PAGE_BYTES - PAGE_BYTES;
			continue;
		}
		if (hal_mmu_read(leaf).kind == MMU_ABSENT)
			continue;
		aspace_discard(as, at, leaf);
		n++;
	}
	return n;
}

/* Frees [start, end) of a region's pages and its promise of them. */
static void empty_range(struct aspace *as, const struct region *r, uint64_t start, uint64_t end)
{
	uint64_t pages = discard_range(as, start, end);

	if (r->kind == REGION_LANDING)
		aspace_unpromise(as, pages);
	else if (is_promised((enum region_kind)r->kind))
		aspace_unpromise(as, (end - start) / PAGE_BYTES);
}

/* NO_MEMORY: a hole would split the region, and there is no record for its upper part. */
static enum status remove_range(struct aspace *as, struct region *r, uint64_t start, uint64_t end)
{
	if (start > r->start && end < r->end) {
		struct region *above = region_new(as, r->link.next, end, r->end);

		if (above == NULL)
			return ST_NO_MEMORY;
		above->kind = r->kind;
		above->prot = r->prot;
		r->end = end;
	}
	empty_range(as, r, start, end);
	if (start == r->start && end == r->end)
		region_drop(r);
	else if (start == r->start)
		r->start = end;
	else
		r->end = start;
	return ST_OK;
}

void aspace_remove_region(struct aspace *as, struct region *r) { (void)remove_range(as, r, r->start, r->end); }

/* The first thread's stack stays. */
static bool is_removable(const struct region *r)
{
	return r->kind != REGION_IMAGE && r->kind != REGION_START && r->kind != REGION_DEVICE &&
	       r->end != LAYOUT_STACK_TOP;
}

enum status aspace_remove(struct aspace *as, uint64_t start, uint64_t pages)
{
	struct region *r = aspace_region_at(as, start);

	if (r == NULL || !page_aligned(start) || pages == 0 || pages > (r->end - start) / PAGE_BYTES ||
	    !is_removable(r))
		return ST_BAD_ARG;
	if (range_in_use(as, start, start + pages * PAGE_BYTES))
		return ST_BUSY;
	return remove_range(as, r, start, start + pages * PAGE_BYTES);
}
