/* SPDX-License-Identifier: BSD-2-Clause */
/* See transfer.h. Decode, then commit. Owns the pool of loans. */
#include "kernel/ipc/transfer.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/mm/pool.h"

static struct pool loans;

void loan_module_init(void) { pool_init(&loans, "loan", sizeof(struct loan)); }

/* ---- proofs ---- */

/* Which entry of the receiver's list a channel's contract is; MESSAGE_CONTRACTS_MAX: none. */
static unsigned find_contract(const struct envelope *to, const struct channel *c)
{
	unsigned i = 0;

	while (i < MESSAGE_CONTRACTS_MAX && (c->contract == 0 || to->accept_contracts[i] != c->contract))
		i++;
	return i;
}

/* May the channel go to this receiver? */
static enum status check_end(const struct envelope *to, const struct channel *c)
{
	if (find_contract(to, c) == MESSAGE_CONTRACTS_MAX)
		return ST_BAD_CONTRACT;
	return channel_may_move(c, to->process->rank);
}

/* A receiver that takes handles is a process: the kernel takes none. */
static enum status check_handles(const struct envelope *from, const struct envelope *to)
{
	unsigned n = tag_handles(from->tag);
	uint32_t bytes = 0;

	if (n == 0)
		return ST_OK;
	if (n > (to->accept & ACCEPT_HANDLES_MASK))
		return ST_TOO_BIG;
	for (unsigned i = 0; i < n; i++) {
		struct handle_entry *e;
		enum status st = handle_get(&from->process->handles, from->handles[i], HANDLE_CHANNEL, RIGHT_MOVE, &e);

		for (unsigned k = 0; k < i && st == ST_OK; k++)
			if (from->handles[k] == from->handles[i])
				st = ST_BAD_HANDLE;
		if (st == ST_OK)
			st = check_end(to, e->object);
		if (st != ST_OK)
			return st;
		bytes += channel_bytes();
	}
	if (bytes > to->process->quota.max_bytes - to->process->quota.used_bytes)
		return ST_NO_MEMORY;
	return handle_free_count(&to->process->handles) < n ? ST_NO_HANDLE : ST_OK;
}

/* What is a matter of pages is not lent by tables; RETRY: as such, with all of them here. */
static enum status check_loan(const struct envelope *from, const struct envelope *to)
{
	bool write = tag_pages_kind(from->tag) == MESSAGE_PAGES_LENT_WRITE;
	uint64_t pages = tag_pages(from->tag), of_tables = from->lent_tables * (uint64_t)MMU_ENTRIES;
	struct aspace *as = from->pages.as, *borrower = &to->process->aspace;
	enum status st = ST_OK;

	if (of_tables != 0 &&
	    !aspace_may_lend_tables(as, from->lent_at, borrower, to->landing, from->lent_tables, write))
		return ST_RETRY;
	pages -= of_tables;
	if (from->frames == NULL)
		st = aspace_may_lend(as, from->lent_at + of_tables * PAGE_BYTES, pages, write,
				     from->pages.held ? 1 : 0);
	return st == ST_OK ? aspace_prepare_landing(borrower, to->landing + of_tables * PAGE_BYTES, pages) : st;
}

/* A window that was posted and can't be used costs the receiver; one that is too small costs the sender. */
static struct blame check_pages(const struct envelope *from, const struct envelope *to)
{
	uint64_t pages = tag_pages(from->tag);
	struct blame ok = { ST_OK, ST_OK };
	enum status st;

	if (pages == 0)
		return ok;
	if (from->process == to->process)
		return (struct blame){ .sender = ST_NOT_FLIPPABLE };
	if (pages > to->landing_pages ||
	    (tag_pages_kind(from->tag) == MESSAGE_PAGES_GIVEN && !(to->accept & ACCEPT_GIVEN)))
		return (struct blame){ .sender = ST_TOO_BIG };
	if (tag_pages_kind(from->tag) == MESSAGE_PAGES_GIVEN) {
		st = aspace_give(from->pages.as, from->pages.base, &to->process->aspace, to->landing, pages);
		hal_mmu_stay(&from->pages.as->space);
	} else {
		st = check_loan(from, to);
	}
	if (st == ST_EXISTS)
		return (struct blame){ .receiver = ST_BUSY };
	return st == ST_OK ? ok : (struct blame){ .sender = st };
}

struct blame transfer_check(const struct envelope *from, const struct envelope *to)
{
	enum status st;

	if (tag_bytes(from->tag) > to->recv.bytes)
		return (struct blame){ .sender = ST_TOO_BIG };
	st = check_handles(from, to);
	if (st != ST_OK)
		return (struct blame){ .sender = st };
	return check_pages(from, to);
}

/* ---- the move ---- */

static void move_handles(const struct envelope *from, const struct envelope *to, struct delivery *out)
{
	for (unsigned i = 0; i < tag_handles(from->tag); i++) {
		struct channel *c;
		struct handle_entry *e;
		uint64_t handle;
		enum status st = handle_get(&from->process->handles, from->handles[i], HANDLE_CHANNEL, RIGHT_MOVE, &e);

		kassert(st == ST_OK, "a checked handle is still there");
		c = e->object;
		out->tag |= (uint64_t)find_contract(to, c) << (TAG_ENDS_BIT + 2 * i);
		handle_remove(&from->process->handles, from->handles[i]);
		st = handle_install(&to->process->handles, HANDLE_CHANNEL, c, RIGHT_CALL | RIGHT_MOVE, &handle);
		kassert(st == ST_OK, "a checked table has room");
		out->handles[i] = (handle_t)handle;
		channel_move(c, to->process, out->handles[i]);
	}
}

static void lend_pages(const struct envelope *from, const struct envelope *to, struct loan *loan)
{
	bool write = tag_pages_kind(from->tag) == MESSAGE_PAGES_LENT_WRITE;
	struct aspace *borrower = &to->process->aspace;
	uint64_t of_tables = from->lent_tables * (uint64_t)TABLE_BYTES;

	loan->lender = from->frames == NULL ? from->pages.as : NULL;
	loan->frames = from->frames;
	loan->borrower = borrower;
	loan->lender_at = from->lent_at;
	loan->borrower_at = to->landing;
	loan->pages = (uint32_t)tag_pages(from->tag);
	if (from->frames != NULL) {
		for (unsigned i = 0; i < loan->pages; i++) {
			bool landed = aspace_land_frames(borrower, loan->borrower_at + i * PAGE_BYTES, from->frames + i,
							 1, write);
			kassert(landed, "a window that was prepared is free");
		}
		return;
	}
	for (uint64_t i = 0; i < of_tables; i += TABLE_BYTES)
		aspace_lend_table(loan->lender, loan->lender_at + i, borrower, loan->borrower_at + i, write);
	aspace_lend(loan->lender, loan->lender_at + of_tables, borrower, loan->borrower_at + of_tables,
		    claim_pages(&from->pages), write);
}

void transfer_commit(struct envelope *from, struct envelope *to, struct loan *loan, struct delivery *out)
{
	*out = (struct delivery){ .tag = from->tag };
	if (tag_bytes(from->tag) != 0)
		claim_copy(&to->recv, &from->send, tag_bytes(from->tag));
	move_handles(from, to, out);
	claim_release(&from->pages);
	if (tag_pages(from->tag) != 0 && tag_pages_kind(from->tag) != MESSAGE_PAGES_GIVEN)
		lend_pages(from, to, loan);
}

/* ---- loans ---- */

enum status loan_create(struct process *lender, struct loan **out)
{
	uint32_t index;

	*out = quota_alloc(&lender->quota, &loans, &index);
	if (*out == NULL)
		return ST_NO_MEMORY;
	(*out)->index = index;
	list_init(&(*out)->link);
	return ST_OK;
}

void loan_destroy(struct process *lender, struct loan *l) { quota_free(process_quota(lender), &loans, l, l->index); }

uint32_t loan_bytes(void) { return loans.object_bytes; }

bool loan_is_idle(const struct loan *l) { return aspace_is_idle(l->borrower, l->borrower_at, l->pages); }

bool loan_return(struct loan *l)
{
	bool complete = l->lender == NULL ||
			aspace_return(l->borrower, l->borrower_at, l->lender, l->lender_at, l->pages);

	for (uint64_t i = 0; l->lender == NULL && i < l->pages; i++) {
		uint64_t at = l->borrower_at + i * PAGE_BYTES;

		if (aspace_take_frames(l->borrower, at, l->frames + i, 1))
			continue;
		(void)aspace_drop_borrowed(l->borrower, at); /* lent on and forfeited: its place is free */
		l->frames[i] = PADDR_NONE;
		complete = false;
	}
	l->pages = 0;
	return complete;
}

void loan_forfeit(struct loan *l, struct process *borrower, uint64_t token)
{
	for (uint64_t i = 0; i < l->pages;) {
		cpu_safe_point_at(i);
		i += aspace_forget_lent(l->lender, l->lender_at + i * PAGE_BYTES);
	}
	l->token = token;
	list_push_back(&borrower->forfeits, &l->link);
}

void loan_drop(struct loan *l)
{
	for (uint64_t i = 0, n; i < l->pages; i += n) {
		uint64_t at = l->borrower_at + i * PAGE_BYTES;
		struct aspace *owner;

		cpu_safe_point_at(i);
		n = aspace_loan_unit(l->borrower, at);
		owner = aspace_drop_borrowed(l->borrower, at); /* the lender may only have lent it on */
		if (owner != NULL)
			process_look_again(container_of(owner, struct process, aspace));
	}
	l->pages = 0;
	list_remove(&l->link);
}
