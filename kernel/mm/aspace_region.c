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

enum { REGIONS_MAX = 64 }; /* of one space; what they cost is counted with the space */

static struct pool regions;
struct region aspace_nowhere;

static enum status remove_range(struct aspace *as, struct region *r, uint64_t start, uint64_t end);

void aspace_region_module_init(void) { pool_init(&regions, "region", sizeof(struct region)); }

struct region *aspace_region_search(struct aspace *as, uint64_t address)
{
	list_for_each_entry(r, &as->regions, struct region, link)
		if (region_has(r, address))
			return as->recent = r;
	return NULL;
}

bool aspace_in_stack_guard(const struct aspace *as, uint64_t address)
{
	list_for_each_entry(r, &as->regions, const struct region, link)
		if (r->kind == REGION_STACK && address < r->start && r->start - address <= LAYOUT_GUARD_BYTES)
			return true;
	return false;
}

/* From where to where it is. */
static inline void region_set_range(struct region *r, uint64_t start, uint64_t end)
{
	r->start = start;
	r->end = end;
	r->pages = (end - start) / PAGE_BYTES;
}

static inline struct region *region_new(struct aspace *as, struct list *before, uint64_t start, uint64_t end,
					struct region like)
{
	struct region *r = as->region_count < REGIONS_MAX ? pool_take(&regions, &(uint32_t){ 0 }) : NULL;

	if (r == NULL)
		return NULL;
	as->region_count++;
	as->recent = r;
	region_set_range(r, start, end);
	r->kind = like.kind;
	r->prot = like.prot;
	r->untouched = like.untouched;
	list_insert_before(before, &r->link);
	return r;
}

/* May this many more pages be promised? Counts them if so. */
static inline bool promise(struct aspace *as, uint64_t pages)
{
	uint64_t tables = pages / MMU_ENTRIES; /* that it will need too, beside what the marks leave */

	if (aspace_promises + pages + tables + frame_low_mark() -
			    (as->kept == 0 ? 0 : min_u64(as->kept, frame_kept())) >
		    aspace_memory() ||
	    as->committed + pages > (uint64_t)as->frames_max + as->swap_max)
		return false;
	aspace_promises += pages;
	as->committed += pages;
	return true;
}

/* A pinned space has all its memory from the start, a landing window's page tables included (I-PIN). */
__attribute__((noinline)) static enum status populate(struct aspace *as, enum region_kind kind, uint64_t start,
						      uint64_t end)
{
	enum status st = ST_OK;

	for (uint64_t at = start; st == ST_OK && at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf;
		void *content;

		hal_cpu_safe_point(); /* each is cleared */
		if (kind == REGION_LANDING)
			st = aspace_grow_to(as, at, &leaf);
		else if (aspace_is_promised(kind))
			st = aspace_fill(as, at, 0, &content);
	}
	return st;
}

/* A region whose place is known to be free, before `before`. A heap that grows stays one region. */
static inline __attribute__((always_inline)) enum status add_before(struct aspace *as, struct list *before,
								    struct region like, uint64_t start, uint64_t pages)
{
	struct region *r = container_of(before->prev, struct region, link);
	enum region_kind kind = (enum region_kind)like.kind;
	uint64_t end = start + pages * PAGE_BYTES;

	kassert((like.prot & (MMU_WRITE | MMU_EXECUTE)) != (MMU_WRITE | MMU_EXECUTE), "I-CODE: W^X");
	if (aspace_is_promised(kind) && !promise(as, pages))
		return ST_NO_MEMORY;
	if (kind == REGION_HEAP && before->prev != &as->regions && r->kind == REGION_HEAP && r->end == start)
		region_set_range(r, r->start, end);
	else
		r = region_new(as, before, start, end, like);
	if (r != NULL && (!as->pinned || populate(as, kind, start, end) == ST_OK))
		return ST_OK;
	if (r != NULL)
		(void)remove_range(as, r, start, end);
	else if (aspace_is_promised(kind))
		aspace_unpromise(as, pages);
	return ST_NO_MEMORY;
}

/* Where a region's own space begins: a stack's guard is nobody else's. */
static uint64_t lowest_of(const struct region *r)
{
	return r->kind == REGION_STACK ? r->start - LAYOUT_GUARD_BYTES : r->start;
}

/*
 * The lowest free range of `bytes` in [base, limit), and the node before which it belongs; 0 if there is none. Regions
 * up to `after` end below the base.
 */
__attribute__((noinline)) static uint64_t find_area(struct aspace *as, struct list *after, uint64_t base,
						    uint64_t limit, uint64_t bytes, uint64_t align,
						    struct list **before)
{
	uint64_t at = round_up(base, align);

	for (*before = after->next; *before != &as->regions; *before = (*before)->next) {
		const struct region *r = container_of(*before, struct region, link);

		if (r->end <= at)
			continue;
		if (at + bytes <= lowest_of(r))
			break;
		at = round_up(r->end, align);
	}
	return at + bytes <= limit ? at : 0;
}

/* The same in the area, for less than a table's bytes. On the way `filled` moves up over what begins where it ends. */
static inline uint64_t find_in_area(struct aspace *as, uint64_t bytes, struct list **before)
{
	uint64_t at = as->filled != NULL ? max_u64(as->filled->end, LAYOUT_AREA_BASE) : LAYOUT_AREA_BASE;
	struct list *node = as->filled != NULL ? &as->filled->link : &as->regions;

	while ((node = list_next(node)) != &as->regions) {
		struct region *r = container_of(node, struct region, link);

		if (lowest_of(r) >= at + bytes)
			break;
		if (lowest_of(r) > at)
			return find_area(as, node->prev, at, LAYOUT_AREA_END, bytes, PAGE_BYTES, before);
		as->filled = r;
		at = max_u64(at, r->end);
	}
	*before = node;
	return at + bytes <= LAYOUT_AREA_END ? at : 0;
}

enum status aspace_add_region(struct aspace *as, enum region_kind kind, uint64_t start, uint64_t pages, unsigned prot)
{
	uint64_t bytes, end;
	struct list *before;

	if (pages == 0 || !page_aligned(start) || __builtin_mul_overflow(pages, (uint64_t)PAGE_BYTES, &bytes) ||
	    !add_fits(start, bytes, &end) || start < PAGE_BYTES || end > LAYOUT_USER_END)
		return ST_BAD_ARG;
	if (find_area(as, &as->regions, start, end, bytes, PAGE_BYTES, &before) != start)
		return ST_EXISTS;
	return add_before(as, before, (struct region){ .kind = (uint8_t)kind, .prot = (uint8_t)prot }, start, pages);
}

enum status aspace_place_region(struct aspace *as, enum region_kind kind, uint64_t pages, uint64_t *start)
{
	uint64_t bytes = pages * PAGE_BYTES, at;
	struct list *before;
	struct region like;
	enum status st;

	if (pages - 1 >= (LAYOUT_AREA_END - LAYOUT_AREA_BASE) / PAGE_BYTES)
		return pages == 0 ? ST_BAD_ARG : ST_NO_MEMORY;
	if (kind == REGION_STACK)
		bytes += LAYOUT_GUARD_BYTES;
	if (kind == REGION_HEAP)
		at = find_area(as, &as->regions, LAYOUT_HEAP_BASE, LAYOUT_HEAP_END, bytes, PAGE_BYTES, &before);
	else if (bytes >= TABLE_BYTES) /* it has tables of its own */
		at = find_area(as, &as->regions, LAYOUT_AREA_BASE, LAYOUT_AREA_END, bytes, TABLE_BYTES, &before);
	else
		at = find_in_area(as, bytes, &before);
	if (at == 0)
		return ST_NO_MEMORY;
	at += bytes - pages * PAGE_BYTES;
	like = (struct region){ .kind = (uint8_t)kind,
				.prot = MMU_READ | MMU_WRITE,
				.untouched = aspace_is_promised(kind) };
	st = add_before(as, before, like, at, pages);
	if (st == ST_OK)
		*start = at;
	return st;
}

enum status aspace_map_device(struct aspace *as, paddr_t base, uint64_t pages, uint64_t *start)
{
	unsigned prot = MMU_READ | MMU_WRITE | MMU_DEVICE;
	enum status st = aspace_place_region(as, REGION_DEVICE, pages, start);

	if (st != ST_OK)
		return st;
	aspace_region_at(as, *start)->prot = (uint8_t)prot;
	for (uint64_t i = 0; i < pages; i++) {
		struct mmu_leaf leaf;

		st = aspace_grow_to(as, *start + i * PAGE_BYTES, &leaf);
		if (st != ST_OK) {
			aspace_remove_region(as, aspace_region_at(as, *start));
			return st;
		}
		frame_record(leaf.table)->fixed++;
		hal_mmu_write(leaf, (struct mmu_entry){
					    .kind = MMU_PRESENT, .prot = prot, .frame = { base.v + i * PAGE_BYTES } });
	}
	return ST_OK;
}

void aspace_unmap_device(struct aspace *as, paddr_t base, uint64_t bytes)
{
	list_for_each_entry_safe(r, &as->regions, struct region, link)
		if (r->kind == REGION_DEVICE && aspace_entry(as, r->start).frame.v - base.v < bytes)
			aspace_remove_region(as, r);
}

/* A region's pages from `start` on are about to go: what is filled ends there at most. */
static inline void lower_filled(struct aspace *as, struct region *r, uint64_t start)
{
	struct list *below = r->link.prev;

	if (as->filled == NULL || start >= as->filled->end)
		return;
	if (start == r->start)
		r = below != &as->regions ? container_of(below, struct region, link) : NULL;
	as->filled = r;
}

/* Its place is free again, and its record. */
static inline void drop_region(struct aspace *as, struct region *r)
{
	lower_filled(as, r, r->start);
	as->recent = &aspace_nowhere;
	as->region_count--;
	list_remove(&r->link);
	pool_put(&regions, r, r->pool.index);
}

/* NO_MEMORY: a hole would split the region, and there is no record for its upper part. */
static enum status remove_range(struct aspace *as, struct region *r, uint64_t start, uint64_t end)
{
	if (start > r->start && end < r->end) {
		struct region *above = region_new(as, r->link.next, end, r->end, *r);

		if (above == NULL)
			return ST_NO_MEMORY;
		region_set_range(r, r->start, end);
	}
	aspace_empty_range(as, r, start, end);
	if (r->kind == REGION_LANDING) /* whoever posted it knows it no more */
		hal_mmu_invalidate(&as->space, (vaddr_t){ start });
	if (start == r->start && end == r->end) {
		drop_region(as, r);
		return ST_OK;
	}
	lower_filled(as, r, start);
	if (start == r->start)
		region_set_range(r, end, r->end);
	else
		region_set_range(r, r->start, start);
	return ST_OK;
}

void aspace_remove_region(struct aspace *as, struct region *r) { (void)remove_range(as, r, r->start, r->end); }

/* The first thread's stack stays. */
static bool is_removable(const struct region *r)
{
	return r->kind != REGION_IMAGE && r->kind != REGION_START && r->kind != REGION_DEVICE &&
	       r->end != LAYOUT_STACK_TOP;
}

/* Does a boundary at this address lie within 2 MiB that came whole? Their promise is one. */
static bool cuts_whole_table(struct aspace *as, uint64_t address)
{
	struct mmu_leaf leaf;

	return address % TABLE_BYTES != 0 && aspace_find(as, address, &leaf) &&
	       (frame_record(leaf.table)->flags & FRAME_WHOLE);
}

/* All or part of a region, where something may be. */
__attribute__((noinline)) static enum status remove_touched(struct aspace *as, uint64_t start, uint64_t pages)
{
	struct region *r = aspace_region_at(as, start);
	uint64_t end = start + pages * PAGE_BYTES;

	if (r == NULL || !page_aligned(start) || pages == 0 || pages > (r->end - start) / PAGE_BYTES ||
	    !is_removable(r))
		return ST_BAD_ARG;
	if (r->kind == REGION_LANDING && (cuts_whole_table(as, start) || cuts_whole_table(as, end)))
		return ST_BAD_ARG;
	return aspace_range_in_use(as, start, end) ? ST_BUSY : remove_range(as, r, start, end);
}

enum status aspace_remove(struct aspace *as, uint64_t start, uint64_t pages)
{
	struct region *r = as->recent;

	if (!r->untouched || r->start != start || r->pages != pages)
		return remove_touched(as, start, pages);
	aspace_unpromise(as, pages); /* there is nothing to free but itself */
	drop_region(as, r);
	return ST_OK;
}

bool aspace_gives_here(struct aspace *as, uint64_t at, uint64_t pages)
{
	uint64_t end = at + pages * PAGE_BYTES;

	if (as->pinned || at < LAYOUT_HEAP_BASE)
		return false;
	while (at < end) {
		const struct region *r = aspace_region_at(as, at);

		if (r == NULL || r->kind == REGION_DEVICE)
			return false;
		at = r->end;
	}
	return true;
}
