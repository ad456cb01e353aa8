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

void aspace_region_module_init(void)
{
	pool_init(&regions, "region", sizeof(struct region));
	regions.clear_bytes = 0; /* who makes one writes all of it */
}

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

static struct region *region_new(struct aspace *as, struct list *before, uint64_t start, uint64_t end)
{
	uint32_t index;
	struct region *r = as->region_count < REGIONS_MAX ? pool_alloc(&regions, &index) : NULL;

	if (r == NULL)
		return NULL;
	as->region_count++;
	as->recent = r;
	r->index = index;
	r->start = start;
	r->end = end;
	list_insert_before(before, &r->link);
	return r;
}

static bool is_promised(enum region_kind kind) { return kind != REGION_LANDING && kind != REGION_DEVICE; }

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
		else if (is_promised(kind))
			st = aspace_fill(as, at, 0, &content);
	}
	return st;
}

/* The region that now covers [start, end), whose place is before `before`. A heap that grows stays one region. */
static struct region *region_extend(struct aspace *as, struct list *before, enum region_kind kind, uint64_t start,
				    uint64_t end)
{
	struct region *r = container_of(before->prev, struct region, link);

	if (kind != REGION_HEAP || before->prev == &as->regions || r->kind != REGION_HEAP || r->end != start)
		return region_new(as, before, start, end);
	r->end = end;
	return r;
}

/* A region whose place is known to be free, before `before`. */
static enum status add_before(struct aspace *as, struct list *before, enum region_kind kind, uint64_t start,
			      uint64_t end, unsigned prot)
{
	uint64_t pages = (end - start) / PAGE_BYTES;
	struct region *r;

	kassert((prot & (MMU_WRITE | MMU_EXECUTE)) != (MMU_WRITE | MMU_EXECUTE), "I-CODE: W^X");
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

/*
 * The lowest free range of `bytes` in [base, limit), and the node before which it belongs; 0 if there is none. Regions
 * up to `after` end below the base.
 */
static uint64_t find_area(struct aspace *as, struct list *after, uint64_t base, uint64_t limit, uint64_t bytes,
			  uint64_t align, struct list **before)
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

/* Where to begin looking for a place in the area: `filled`, moved up over what begins where it ends. */
static struct list *skip_filled(struct aspace *as, uint64_t *base)
{
	struct list *node = as->filled != NULL ? &as->filled->link : &as->regions;

	for (struct list *next = node->next; next != &as->regions; next = node->next) {
		struct region *r = container_of(next, struct region, link);

		if (lowest_of(r) > *base)
			break;
		if (r->end > *base) {
			as->filled = r;
			*base = r->end;
		}
		node = next;
	}
	return node;
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
	return add_before(as, before, kind, start, end, prot);
}

enum status aspace_place_region(struct aspace *as, enum region_kind kind, uint64_t pages, unsigned prot,
				uint64_t *start)
{
	uint64_t guard = kind == REGION_STACK ? LAYOUT_GUARD_BYTES : 0;
	bool heap = kind == REGION_HEAP;
	uint64_t bytes, at, base = as->filled != NULL ? as->filled->end : LAYOUT_AREA_BASE;
	struct list *after, *before;
	enum status st;

	if (pages == 0)
		return ST_BAD_ARG;
	if (pages > (LAYOUT_AREA_END - LAYOUT_AREA_BASE) / PAGE_BYTES)
		return ST_NO_MEMORY;
	bytes = guard + pages * PAGE_BYTES;
	after = heap ? &as->regions : skip_filled(as, &base);
	at = find_area(as, after, heap ? LAYOUT_HEAP_BASE : base, heap ? LAYOUT_HEAP_END : LAYOUT_AREA_END, bytes,
		       !heap && bytes >= TABLE_BYTES ? TABLE_BYTES : PAGE_BYTES, &before);
	if (at == 0)
		return ST_NO_MEMORY;
	st = add_before(as, before, kind, at + guard, at + bytes, prot);
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

/* Is the range one table's, and nothing in that in use? Then nobody need look closer. */
static inline bool is_plainly_idle(struct aspace *as, uint64_t start, uint64_t end)
{
	struct mmu_leaf leaf;

	return start / TABLE_BYTES == (end - 1) / TABLE_BYTES && aspace_find(as, start, &leaf) &&
	       frame_record(leaf.table)->fixed == 0;
}

/* Is any page of the range in use by a loan, a blocked call or a device? Only tables that count such are looked into. */
__attribute__((noinline)) static bool range_in_use(struct aspace *as, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf;
		struct mmu_entry e;
		const struct frame *f;

		cpu_safe_point_at(at / PAGE_BYTES);
		if (!aspace_find(as, at, &leaf) || frame_record(leaf.table)->fixed == 0) {
			hal_cpu_safe_point();
			at |= (uint64_t)(TABLE_BYTES - PAGE_BYTES); /* the rest of this table's reach */
			continue;
		}
		e = hal_mmu_read(leaf);
		if (e.kind == MMU_LENT)
			return true;
		if (e.kind != MMU_PRESENT || (e.prot & MMU_DEVICE))
			continue;
		f = frame_record(e.frame);
		if (f->busy != 0 || f->dma != 0 || (f->flags & FRAME_LENT))
			return true;
	}
	return false;
}

/* Frees the pages of a range; how many were promised by themselves or by a whole table. Pre: none in use. */
static uint64_t discard_range(struct aspace *as, uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		struct mmu_leaf leaf = { .table = PADDR_NONE };
		struct frame *table = aspace_find(as, at, &leaf) ? frame_record(leaf.table) : NULL;

		cpu_safe_point_at(at / PAGE_BYTES);
		if (table != NULL && (table->flags & FRAME_WHOLE)) { /* then all of it is in the range */
			n += (unsigned)(MMU_ENTRIES - table->present - table->swapped);
			table->flags = 0;
		}
		if (table == NULL || aspace_table_is_empty(table)) {
			hal_cpu_safe_point();
			at |= (uint64_t)(TABLE_BYTES - PAGE_BYTES);
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

/* A region's pages from `start` on are about to go: what is filled ends there at most. */
static void lower_filled(struct aspace *as, struct region *r, uint64_t start)
{
	struct list *below = r->link.prev;

	if (as->filled == NULL || start >= as->filled->end || start < LAYOUT_AREA_BASE)
		return;
	if (start == r->start) {
		r = below != &as->regions ? container_of(below, struct region, link) : NULL;
		if (r != NULL && r->start < LAYOUT_AREA_BASE)
			r = NULL;
	}
	as->filled = r;
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
	lower_filled(as, r, start);
	if (start == r->start && end == r->end) {
		as->recent = &aspace_nowhere;
		as->region_count--;
		list_remove(&r->link);
		pool_free(&regions, r, r->index);
	} else if (start == r->start)
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

/* Does a boundary at this address lie within 2 MiB that came whole? Their promise is one. */
static bool cuts_whole_table(struct aspace *as, uint64_t address)
{
	struct mmu_leaf leaf;

	return address % TABLE_BYTES != 0 && aspace_find(as, address, &leaf) &&
	       (frame_record(leaf.table)->flags & FRAME_WHOLE);
}

enum status aspace_remove(struct aspace *as, uint64_t start, uint64_t pages)
{
	struct region *r = aspace_region_at(as, start);

	if (r == NULL || !page_aligned(start) || pages == 0 || pages > (r->end - start) / PAGE_BYTES ||
	    !is_removable(r))
		return ST_BAD_ARG;
	if (r->kind == REGION_LANDING &&
	    (cuts_whole_table(as, start) || cuts_whole_table(as, start + pages * PAGE_BYTES)))
		return ST_BAD_ARG;
	if (!is_plainly_idle(as, start, start + pages * PAGE_BYTES) &&
	    range_in_use(as, start, start + pages * PAGE_BYTES))
		return ST_BUSY;
	return remove_range(as, r, start, start + pages * PAGE_BYTES);
}
