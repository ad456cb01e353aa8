/* SPDX-License-Identifier: BSD-2-Clause */
/* See decode.h. */
#include "kernel/call/decode.h"
#include "kernel/paging/pager.h"

enum status decode_end(struct thread *t, enum fault fault, uint64_t address)
{
	t->process->fault_pc = t->context.pc;
	t->process->fault_call = (uint32_t)t->context.nr;
	process_condemn(t->process, fault, address);
	return ST_ENDED;
}

enum status decode_wait(struct thread *t, enum touch touch, uint64_t address, uint32_t slot)
{
	switch (touch) {
	case TOUCH_OK:
		return ST_OK;
	case TOUCH_SWAPPED:
		pager_wait_for_page(t, address, slot);
		return ST_RETRY;
	case TOUCH_STARVED:
	case TOUCH_QUOTA:
		if (touch == TOUCH_QUOTA ? pager_wait_for_own(t) : pager_wait_for_frames(t, 1))
			return ST_RETRY;
		return decode_end(t, FAULT_NO_MEMORY, address);
	case TOUCH_LOST: /* of a page that it was lent; its owner has ended already */
		return decode_end(t, FAULT_PAGE_IO, address);
	default:
		return ST_BAD_ARG;
	}
}

enum status decode_touch(struct thread *t, enum touch touch, uint64_t address, uint32_t slot)
{
	enum status st = decode_wait(t, touch, address, slot);

	if (st == ST_RETRY)
		hal_context_restart_call(&t->context);
	return st == ST_BAD_ARG ? decode_end(t, FAULT_BAD_RANGE, address) : st;
}

enum status decode_range(struct thread *t, uaddr_t base, uint64_t bytes, bool write, struct claim *claim)
{
	uint64_t address = base;
	uint32_t slot = SLOT_NONE;
	enum touch touch;

	if (!claim_make(claim, &t->process->aspace, base, bytes, write))
		return decode_end(t, FAULT_BAD_RANGE, base);
	touch = claim_resolve(claim, &address, &slot);
	return decode_touch(t, touch, address, slot);
}

enum status decode_handle(struct thread *t, handle_t handle, enum handle_type type, unsigned rights, void **object)
{
	struct handle_entry *e;
	enum status st = handle_get(&t->process->handles, handle, type, rights, &e);

	if (st == ST_OK)
		*object = e->object;
	return st;
}

enum status decode_frames(struct thread *t, uint64_t frames, bool pinned)
{
	if ((pinned && frame_kept() != 0) || frame_free_count() >= frame_reserve() + frames)
		return ST_OK; /* what is kept is for it: enough, or its making fails and is undone */
	if (frames > frame_total() || !pager_wait_for_frames(t, (uint32_t)frames))
		return ST_NO_MEMORY;
	hal_context_restart_call(&t->context);
	return ST_RETRY;
}

enum status decode_rank(const struct process *self, uint64_t asked, uint32_t *rank)
{
	if (asked == RANK_BELOW && self->rank > 0)
		asked = self->rank - 1;
	if (asked >= RANK_BELOW || (asked == 0 && !(self->flags & MANIFEST_SUPERVISOR)))
		return ST_BAD_RANK;
	*rank = (uint32_t)asked;
	return ST_OK;
}
