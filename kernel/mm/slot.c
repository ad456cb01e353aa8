/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See slot.h. Records are objects of a pool, which names them in ascending order and
 * those given back first: while fewer than all are in use, the next is within the store.
 */
#include "kernel/mm/slot.h"
#include "kernel/core/panic.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/pool.h"

static struct pool slots;
uint32_t slot_limit;
static uint64_t next_version;

void slot_init(void)
{
	pool_init(&slots, "slot", sizeof(struct slot));
	slots.clear_bytes = 0; /* slot_alloc writes all of it */
	slot_limit = 0;
	next_version = 1;
}

void slot_store_size(uint32_t count)
{
	uint32_t most = (uint32_t)POOL_DIRECTORIES * POOL_POINTERS << slots.shift;

	if (count > slot_limit)
		slot_limit = count < most ? count : most;
}

uint32_t slot_used(void) { return slots.used; }

struct slot *slot_at(uint32_t slot)
{
	struct slot *s = pool_at_known(&slots, slot, POOL_SHIFT(sizeof(struct slot)));

	kassert(s != NULL, "only slots that were allocated have records");
	return s;
}

uint32_t slot_alloc(void)
{
	uint32_t slot;
	struct slot *s = slots.used < slot_limit ? pool_alloc(&slots, &slot) : NULL;

	if (s == NULL)
		return SLOT_NONE;
	*s = (struct slot){ .version = next_version++, .state = SLOT_LEAVING };
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
	slot_at(slot)->state = SLOT_FREE; /* the pool writes only the first words */
	pool_free(&slots, slot_at(slot), slot);
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
