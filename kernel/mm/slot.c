/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See slot.h. Records live in frames that are taken as slots are first used;
 * free slots below `fresh` are linked through their version field.
 */
#include "kernel/mm/slot.h"
#include "hal/mmu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/frame.h"

enum {
	SLOTS_PER_FRAME = PAGE_BYTES / sizeof(struct slot),
	POINTERS = PAGE_BYTES / sizeof(void *),
	DIRECTORIES = 64, /* 64 * 512 * 128 slots: 16 GiB of store */
};

static struct slot **directories[DIRECTORIES];
static uint32_t total, used, fresh, free_head;
static uint64_t next_version;

void slot_init(void)
{
	for (unsigned i = 0; i < DIRECTORIES; i++)
		directories[i] = NULL;
	total = used = fresh = 0;
	free_head = SLOT_NONE;
	next_version = 1;
}

void slot_store_size(uint32_t slots)
{
	uint32_t most = (uint32_t)DIRECTORIES * POINTERS * SLOTS_PER_FRAME;

	if (slots > total)
		total = slots < most ? slots : most;
}

uint32_t slot_total(void) { return total; }
uint32_t slot_used(void) { return used; }

struct slot *slot_at(uint32_t slot)
{
	uint32_t frame = slot / SLOTS_PER_FRAME;

	kassert(slot < fresh, "only slots that were allocated have records");
	return &directories[frame / POINTERS][frame % POINTERS][slot % SLOTS_PER_FRAME];
}

/* A frame of zeros, unless there is one already. NULL: there is none. */
static void *frame_unless(void *there)
{
	paddr_t got = there != NULL ? PADDR_NONE : frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);

	return paddr_is_none(got) ? there : hal_frame_ptr(got);
}

/* Makes sure that the record of slot `fresh` has memory. */
static bool grow(void)
{
	uint32_t frame = fresh / SLOTS_PER_FRAME;
	struct slot ***directory = &directories[frame / POINTERS];

	*directory = frame_unless(*directory);
	if (*directory == NULL)
		return false;
	(*directory)[frame % POINTERS] = frame_unless((*directory)[frame % POINTERS]);
	return (*directory)[frame % POINTERS] != NULL;
}

uint32_t slot_alloc(void)
{
	uint32_t slot = free_head;
	struct slot *s;

	if (slot != SLOT_NONE) {
		s = slot_at(slot);
		free_head = (uint32_t)s->version;
	} else if (fresh < total && grow()) {
		slot = fresh++;
		s = slot_at(slot);
	} else {
		return SLOT_NONE;
	}
	*s = (struct slot){ .version = next_version++, .state = SLOT_LEAVING };
	used++;
	return slot;
}

void slot_reuse(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state == SLOT_HELD, "a slot is rewritten only when nothing is under way");
	s->state = SLOT_LEAVING;
	s->version = next_version++;
}

static void make_free(uint32_t slot)
{
	*slot_at(slot) = (struct slot){ .version = free_head, .state = SLOT_FREE };
	free_head = slot;
	used--;
}

void slot_release(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state != SLOT_FREE && !s->doomed, "a slot is released once");
	if (s->state == SLOT_HELD)
		make_free(slot);
	else
		s->doomed = 1;
}

bool slot_settle(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state == SLOT_LEAVING || s->state == SLOT_ARRIVING, "only a moving slot settles");
	s->state = SLOT_HELD;
	if (!s->doomed)
		return true;
	s->doomed = 0;
	make_free(slot);
	return false;
}

void slot_arrive(uint32_t slot)
{
	kassert(slot_at(slot)->state == SLOT_HELD, "only a stored page comes in");
	slot_at(slot)->state = SLOT_ARRIVING;
}
