/* SPDX-License-Identifier: BSD-2-Clause */
/* See parts.h. */
#include "kernel/ipc/parts.h"

/* The sizes and flags of a tag that a process may send. */
static bool tag_is_good(uint64_t tag, bool reply)
{
	enum message_pages kind = tag_pages_kind(tag);

	if ((tag & (TAG_UNUSED | TAG_OF_KERNEL)) != 0 || tag_bytes(tag) > MESSAGE_BYTES_MAX ||
	    tag_pages(tag) > MESSAGE_PAGES_MAX || tag_handles(tag) > MESSAGE_HANDLES_MAX)
		return false;
	if ((kind == MESSAGE_PAGES_NONE) != (tag_pages(tag) == 0))
		return false;
	if (!reply && (tag & TAG_IDEMPOTENT) && (tag_handles(tag) != 0 || kind == MESSAGE_PAGES_GIVEN))
		return false; /* delivered again, it would lack them */
	return !reply || kind == MESSAGE_PAGES_NONE || kind == MESSAGE_PAGES_GIVEN;
}

/* A range of the asker's, as *c was one before, for the same access. OK, RETRY. */
static inline enum status prove_range(struct claim *c, uaddr_t base, uint64_t bytes, struct miss *miss)
{
	if (bytes == 0) {
		claim_clear(c);
		c->base = base; /* as it was asked for */
	}
	if (bytes == 0 || claim_is_known(c, base, bytes))
		return ST_OK;
	*miss = (struct miss){ TOUCH_UNMAPPED, base, SLOT_NONE };
	if (claim_make(c, c->as, base, bytes, c->write))
		miss->touch = claim_resolve(c, &miss->address, &miss->slot);
	return miss->touch == TOUCH_OK ? ST_OK : ST_RETRY;
}

/* How many times 2 MiB of what is lent could go by their tables, from the first page on? */
static uint32_t count_tables(const struct envelope *m, uaddr_t base)
{
	uint32_t most = (uint32_t)(tag_pages(m->tag) / MMU_ENTRIES), n = 0;

	if (m->lends_pages_only || !parts_lend(m->tag) || base % TABLE_BYTES != 0)
		return 0;
	while (n < most && aspace_lends_tables_here(m->pages.as, base + n * (uint64_t)TABLE_BYTES))
		n++;
	return n;
}

/*
 * The range that is lent or given: what may not leave is refused, it does not end the process. What is given, or lent by
 * tables, is looked at when it goes, and need not be in RAM.
 */
static enum status prove_pages(struct envelope *m, uaddr_t base, struct miss *miss)
{
	struct claim *c = &m->pages;
	uint64_t tag = m->tag, of_tables;

	if (!page_aligned(base))
		return ST_BAD_ARG;
	if (!claim_make(c, c->as, base, tag_pages(tag) * PAGE_BYTES, tag_pages_kind(tag) != MESSAGE_PAGES_LENT_READ))
		return ST_NOT_FLIPPABLE;
	if (!parts_lend(tag))
		return aspace_gives_here(c->as, base, tag_pages(tag)) ? ST_OK : ST_NOT_FLIPPABLE;
	m->lent_at = base;
	of_tables = m->lent_tables * (uint64_t)TABLE_BYTES;
	(void)claim_make(c, c->as, base + of_tables, c->bytes - of_tables, c->write);
	miss->touch = claim_resolve(c, &miss->address, &miss->slot);
	if (miss->touch == TOUCH_UNMAPPED || miss->touch == TOUCH_DENIED || miss->touch == TOUCH_LENT)
		return ST_NOT_FLIPPABLE;
	return miss->touch == TOUCH_OK ? ST_OK : ST_RETRY;
}

/* What it takes from others, if it makes sense. */
static bool read_accept(struct envelope *m, const volatile struct ipc_buffers *b)
{
	uint64_t accept = b->accept;

	if ((accept & ~(ACCEPT_HANDLES_MASK | ACCEPT_GIVEN)) != 0 ||
	    (accept & ACCEPT_HANDLES_MASK) > MESSAGE_HANDLES_MAX)
		return false;
	m->accept = accept;
	for (unsigned i = 0; (accept & ACCEPT_HANDLES_MASK) != 0 && i < MESSAGE_CONTRACTS_MAX; i++)
		m->accept_contracts[i] = b->accept_contracts[i];
	return true;
}

static enum status prove_landing(struct envelope *m, uaddr_t landing, uint64_t pages, struct miss *miss)
{
	if (pages == 0)
		return ST_OK;
	if (!aspace_is_landing(m->recv.as, landing, pages)) {
		*miss = (struct miss){ TOUCH_UNMAPPED, landing, SLOT_NONE };
		return ST_RETRY;
	}
	m->landing = landing;
	m->landing_pages = pages;
	return ST_OK;
}

/*
 * Within the busy allowance? Asked first: what is beyond it would be made resident for nothing, or never all at
 * once.
 */
static bool may_hold(const struct envelope *m, uaddr_t send, uaddr_t recv, uint64_t capacity)
{
	const struct aspace *as = m->recv.as;
	uint64_t lent = parts_lend(m->tag) ? tag_pages(m->tag) - m->lent_tables * (uint64_t)MMU_ENTRIES : 0;

	return as->busy + claim_pages_of(send, tag_bytes(m->tag)) + claim_pages_of(recv, capacity) + lent <=
	       as->busy_max;
}

/* Each field is read once: another thread's device may be changing it. */
static enum status prove_all(struct envelope *m, const volatile struct ipc_buffers *b, struct miss *miss)
{
	uint64_t tag = m->tag, capacity = b->recv_capacity;
	uaddr_t send = b->send_bytes, recv = b->recv_bytes, pages = b->send_pages;
	enum status st;

	for (unsigned i = 0; i < tag_handles(tag); i++)
		m->handles[i] = b->send_handles[i];
	if (capacity > MESSAGE_BYTES_MAX || !read_accept(m, b))
		return ST_BAD_ARG;
	m->lent_tables = count_tables(m, pages);
	if (!may_hold(m, send, recv, capacity))
		return ST_NO_MEMORY;
	st = prove_range(&m->send, send, tag_bytes(tag), miss);
	if (st == ST_OK)
		st = prove_range(&m->recv, recv, capacity, miss);
	if (st == ST_OK && tag_pages(tag) != 0)
		st = prove_pages(m, pages, miss);
	return st == ST_OK ? prove_landing(m, b->landing, b->landing_pages, miss) : st;
}

static bool is_of_one_table(const struct claim *c) { return c->bytes == 0 || c->table != NULL; }
static bool is_near_or_none(const struct claim *c) { return c->bytes == 0 || c->frame != NULL; }

/* What needs no second look, if the next message says the same. */
static void remember(struct envelope *m, uint64_t changes)
{
	bool pages = (tag_pages(m->tag) | m->landing_pages | m->accept) != 0;

	if (tag_handles(m->tag) != 0 || (m->accept & ACCEPT_HANDLES_MASK) != 0)
		return;
	if (!pages && is_of_one_table(&m->send) && is_of_one_table(&m->recv))
		m->known_bytes = changes;
	if (!pages && is_near_or_none(&m->send) && is_near_or_none(&m->recv))
		m->known = changes;
	if (pages && (m->send.bytes | m->recv.bytes) == 0 && !m->recv.as->pinned) {
		m->known_window = changes;
		m->takes = m->accept != 0 ? m->landing_pages : 0;
	}
}

enum status parts_prove(struct thread *t, uint64_t tag, uaddr_t buffers, bool reply, struct miss *miss)
{
	struct envelope *m = &t->call.message;
	struct ipc_buffers copy;
	enum status st;

	if (!tag_is_good(tag, reply))
		return ST_BAD_ARG;
	m->tag = tag;
	m->landing_pages = m->accept = m->takes = 0;
	thread_mark(t, THREAD_HAS_PARTS, buffers != 0 ? THREAD_HAS_PARTS : 0);
	if (buffers == 0) {
		claim_clear(&m->send);
		claim_clear(&m->recv);
		return tag_bytes(tag) == 0 && tag_pages(tag) == 0 && tag_handles(tag) == 0 ? ST_OK : ST_BAD_ARG;
	}
	m->known = m->known_bytes = m->known_window = 0;
	st = prove_range(&m->buffers, buffers, sizeof copy, miss);
	if (st != ST_OK)
		return st;
	if (m->buffers.frame != NULL) {
		st = prove_all(m, (const void *)m->buffers.at, miss);
		if (st == ST_OK)
			remember(m, t->process->aspace.space.changes);
		return st;
	}
	claim_read(&m->buffers, 0, &copy, sizeof copy);
	return prove_all(m, &copy, miss);
}

void parts_hold(struct envelope *m)
{
	claim_hold(&m->send);
	claim_hold(&m->recv);
	if (parts_lend(m->tag))
		claim_hold(&m->pages);
}

void parts_release(struct envelope *m)
{
	claim_release(&m->send);
	claim_release(&m->recv);
	claim_release(&m->pages);
}
