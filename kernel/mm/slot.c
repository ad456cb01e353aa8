/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See slot.h. Records are objects of a pool, which names them in ascending order; none is given back to it. Free
 * ones form a list in the order they were freed: who lies long has likely free neighbours, so runs heal.
 */
#include "kernel/mm/slot.h"
#include "kernel/core/panic.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/pool.h"

static struct pool slots;
uint32_t slot_limit;
uint32_t slots_in_use;
static uint32_t first_free, last_free; /* SLOT_NONE: none is */
static uint64_t next_version;

void slot_init(void)
{
	pool_init(&slots, "slot", sizeof(struct slot));
	slots.clear_bytes = 0;                /* take writes all of it */
	slots.frames_for = FRAME_FOR_PAGE_IN; /* with the last frames pages go out, which gives more */
	slot_limit = slots_in_use = 0;
	first_free = last_free = SLOT_NONE;
	next_version = 1;
}

void slot_store_size(uint32_t count)
{
	uint32_t most = (uint32_t)POOL_DIRECTORIES * POOL_POINTERS << slots.shift;

	if (count > slot_limit)
		slot_limit = count < most ? count : most;
}

struct slot *slot_at(uint32_t slot)
{
	struct slot *s = pool_at_known(&slots, slot, POOL_SHIFT(sizeof(struct slot)));

	kassert(s != NULL, "only slots that were allocated have records");
	return s;
}

static void set_state(struct slot *s, enum slot_state to)
{
	kassert(slot_legal_next[s->state] >> to & 1, "a slot follows its life cycle");
	s->state = (uint8_t)to;
}

/* ---- free slots ---- */

static void unlink(uint32_t slot)
{
	const struct slot *s = slot_at(slot);

	*(s->previous == SLOT_NONE ? &first_free : &slot_at(s->previous)->next) = s->next;
	*(s->next == SLOT_NONE ? &last_free : &slot_at(s->next)->previous) = s->previous;
}

static void append(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	s->previous = last_free;
	s->next = SLOT_NONE;
	*(last_free == SLOT_NONE ? &first_free : &slot_at(last_free)->next) = slot;
	last_free = slot;
}

static void make_free(uint32_t slot)
{
	set_state(slot_at(slot), SLOT_FREE);
	append(slot);
	slots_in_use--;
}

static void take(struct slot *s)
{
	*s = (struct slot){ .version = next_version++, .state = SLOT_FREE };
	set_state(s, SLOT_LEAVING);
	slots_in_use++;
}

/* Was it ever handed out, and is it free now? Those that never were are the pool's. */
static bool is_free(uint32_t slot, uint32_t made) { return slot < made && slot_at(slot)->state == SLOT_FREE; }

/* Slots never used before. */
static unsigned grow(unsigned n, uint32_t *first)
{
	unsigned got = 0;
	uint32_t slot;
	struct slot *s;

	while (got < n && slots.used < slot_limit && (s = pool_alloc(&slots, &slot)) != NULL) {
		take(s);
		*first = slot - got++;
	}
	return got;
}

unsigned slot_alloc_run(unsigned n, uint32_t *first)
{
	uint32_t head = first_free, made = slots.used;
	unsigned got = 0;

	while (got < n && is_free(head + got, made))
		got++;
	if (got < n && grow(n, first) != 0) {
		if (got != 0) { /* its neighbours are in use: it is tried again when they may be free */
			unlink(head);
			append(head);
		}
		return slots.used - made;
	}
	*first = head;
	for (unsigned i = 0; i < got; i++) {
		unlink(head + i);
		take(slot_at(head + i));
	}
	return got;
}

/* ---- the others ---- */

void slot_reuse(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state == SLOT_HELD, "a slot is rewritten only when nothing is under way");
	set_state(s, SLOT_LEAVING);
	s->version = next_version++;
}

void slot_release(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state != SLOT_FREE && !s->doomed, "a slot is released once");
	if (s->state == SLOT_HELD || s->state == SLOT_LOST)
		make_free(slot);
	else
		s->doomed = 1;
}

bool slot_settle(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state == SLOT_LEAVING || s->state == SLOT_ARRIVING, "only a moving slot settles");
	if (s->doomed) {
		s->doomed = 0;
		make_free(slot);
		return false;
	}
	set_state(s, SLOT_HELD);
	return true;
}

void slot_arrive(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	kassert(s->state == SLOT_HELD, "only a stored page comes in");
	set_state(s, SLOT_ARRIVING);
}

void slot_lose(uint32_t slot) { set_state(slot_at(slot), SLOT_LOST); }
