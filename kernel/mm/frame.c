/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See frame.h. Frames never handed out are not on any list: a cursor walks the
 * boot ranges, so that boot costs nothing per frame but clearing the records.
 */
#include "kernel/mm/frame.h"
#include "hal/mmu.h"
#include "kernel/base/arith.h"
#include "kernel/base/mem.h"
#include "kernel/core/panic.h"

enum {
	FRAME_MINIMUM = 2 << 20 >> PAGE_SHIFT, /* less free RAM than 2 MiB cannot run anything */
	RESERVE_PAGE_IN = 16,
};

struct frame *frame_records;
uint32_t frame_records_limit;
uint64_t *frame_pages;
static struct boot_range ranges[BOOT_RANGES_MAX];
static unsigned range_count, range_now; /* the cursor: ranges[range_now] shrinks from below */
static uint32_t free_head, zero_head;   /* lists through .table; 0 ends them. Frames of the second are all zero */
static uint64_t total;
struct frame_counts frame_counts;

static uint32_t number_of(paddr_t frame) { return (uint32_t)(frame.v >> PAGE_SHIFT); }

/* Carves the records, and the bits, out of the first range that has room, and clears them. */
static void place_records(void)
{
	uint64_t words = frame_records_limit / FRAME_PAGES_EACH + 1;
	uint64_t bytes = round_up((uint64_t)frame_records_limit * sizeof(struct frame) + words * sizeof(uint64_t),
				  PAGE_BYTES);

	for (unsigned i = 0; i < range_count; i++) {
		struct boot_range *r = &ranges[i];

		if (r->bytes < bytes)
			continue;
		frame_records = hal_frame_ptr(r->base);
		frame_pages = (uint64_t *)(frame_records + frame_records_limit);
		r->base.v += bytes;
		r->bytes -= bytes;
		memset(frame_records, 0, bytes);
		return;
	}
	refuse_boot("too little memory: no room for %lu KiB of frame records", (unsigned long)(bytes >> 10));
}

void frame_init(const struct boot_info *boot)
{
	free_head = zero_head = 0;
	total = 0;
	frame_counts = (struct frame_counts){ 0 };
	range_now = 0;
	frame_records_limit = 0;
	range_count = boot->ram_count;
	for (unsigned i = 0; i < range_count; i++) {
		ranges[i] = boot->ram[i];
		frame_records_limit = (uint32_t)((ranges[i].base.v + ranges[i].bytes) >> PAGE_SHIFT);
	}
	place_records();
	for (unsigned i = 0; i < range_count; i++)
		total += ranges[i].bytes >> PAGE_SHIFT;
	if (total < FRAME_MINIMUM)
		refuse_boot("too little memory: %lu KiB free, %u KiB needed", (unsigned long)(total << 2),
			    FRAME_MINIMUM << 2);
	frame_counts.free = total;
	frame_counts.reserve = RESERVE_PAGE_IN + max_u64(64, total / 64);
	frame_counts.low_mark = frame_counts.reserve + max_u64(16, total / 128);
	frame_counts.high_mark = frame_counts.low_mark + max_u64(32, total / 128);
}

static inline uint64_t reserve_of(enum frame_class class)
{
	if (class == FRAME_FOR_USER)
		return frame_counts.reserve;
	return frame_counts.kept + (class == FRAME_FOR_KERNEL ? RESERVE_PAGE_IN : 0);
}

static inline paddr_t pop(uint32_t *head)
{
	paddr_t frame = { (uint64_t)*head << PAGE_SHIFT };

	*head = frame_record(frame)->table;
	return frame;
}

/* One of which nobody knows what is in it, if there is one. Pre: frame_counts.free > 0. */
static inline paddr_t take_any(void)
{
	paddr_t frame;

	if (free_head != 0)
		return pop(&free_head);
	while (range_now < range_count && ranges[range_now].bytes == 0)
		range_now++;
	if (range_now == range_count)
		return pop(&zero_head);
	frame = ranges[range_now].base;
	ranges[range_now].base.v += PAGE_BYTES;
	ranges[range_now].bytes -= PAGE_BYTES;
	return frame;
}

/* What there was known of it is forgotten. */
static inline void begin_as(paddr_t frame, enum frame_kind kind)
{
	frame_counts.kind[kind]++;
	*frame_record(frame) = (struct frame){ .kind = (uint8_t)kind, .slot = SLOT_NONE };
	if (kind == FRAME_USER)
		frame_pages[number_of(frame) / FRAME_PAGES_EACH] |= 1ull << number_of(frame) % FRAME_PAGES_EACH;
}

static inline void count_out(paddr_t frame, enum frame_kind kind)
{
	frame_counts.free--;
	begin_as(frame, kind);
}

paddr_t frame_alloc(enum frame_class class, enum frame_kind kind)
{
	paddr_t frame;

	if (!frame_available(class))
		return PADDR_NONE;
	frame = take_any();
	count_out(frame, kind);
	return frame;
}

paddr_t frame_alloc_zeroed(enum frame_class class, enum frame_kind kind)
{
	paddr_t frame;

	if (!frame_available(class))
		return PADDR_NONE;
	if (zero_head != 0) {
		frame = pop(&zero_head);
	} else {
		frame = take_any();
		memset(hal_frame_ptr(frame), 0, PAGE_BYTES);
	}
	count_out(frame, kind);
	return frame;
}

void frame_become(paddr_t frame, enum frame_kind kind)
{
	struct frame *f = frame_record(frame);

	kassert(f->kind != FRAME_NONE && f->table == 0, "only an allocated, unmapped frame changes its kind");
	frame_counts.kind[f->kind]--;
	begin_as(frame, kind);
}

static void put_back(paddr_t frame, uint32_t *head)
{
	struct frame *f = frame_record(frame);

	kassert(f->kind != FRAME_NONE, "a frame is freed once");
	kassert(f->kind != FRAME_USER || f->table == 0, "I-STATE: a mapped frame is not freed");
	kassert(f->kind != FRAME_TABLE || f->present == 0, "a table with something in it is not freed");
	kassert(f->busy == 0 && f->dma == 0, "a frame in use by a call or device is not freed");
	frame_counts.kind[f->kind]--;
	*f = (struct frame){ .kind = FRAME_NONE, .table = *head, .flags = head == &zero_head ? FRAME_ZERO : 0 };
	*head = number_of(frame);
	frame_counts.free++;
}

void frame_free(paddr_t frame) { put_back(frame, &free_head); }
void frame_free_zero(paddr_t frame) { put_back(frame, &zero_head); }
uint64_t frame_total(void) { return total; }

void frame_keep(uint64_t count)
{
	frame_counts.kept += count;
	frame_counts.reserve += count;
	frame_counts.low_mark += count;
	frame_counts.high_mark += count;
	kassert(frame_counts.free >= frame_counts.kept, "I-PIN: what is kept is free");
}

bool frame_take_kept(void)
{
	bool any = frame_counts.kept != 0;

	frame_keep(any ? UINT64_MAX : 0); /* one less */
	return any;
}

bool frame_available(enum frame_class class) { return frame_counts.free > reserve_of(class); }
