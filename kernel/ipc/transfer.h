/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message from an envelope to another: first everything is proved, then
 * nothing can fail. The last proof gives the pages that are given: it is one with
 * their move (mm/aspace_give.c).
 */
#pragma once
#include "kernel/task/call.h"

/* Who is to blame, if anyone. At most one is not OK. */
struct blame {
	enum status sender, receiver;
};

/* What the receiver is told beside the words. */
struct delivery {
	uint64_t tag;
	handle_t handles[MESSAGE_HANDLES_MAX];
};

/*
 * Proves that the message can go, and gives the pages that are given: it must go then. Makes page tables for the
 * landing, which is no harm if it does not go after all. RETRY: the sender asks again, with lends_pages_only.
 */
struct blame transfer_check(const struct envelope *from, const struct envelope *to);
/* Moves all but the words. Pre: checked just now. Lent pages are recorded in *loan. */
void transfer_commit(struct envelope *from, struct envelope *to, struct loan *loan, struct delivery *out);

/* ---- loans ---- */
void loan_module_init(void);
/* NO_MEMORY. Charged to the lender's quota. */
enum status loan_create(struct process *lender, struct loan **out);
void loan_destroy(struct process *lender, struct loan *l); /* NULL: nobody is refunded */
uint32_t loan_bytes(void);
/* May it be returned: no page of it is in a blocked call or under DMA? */
bool loan_is_idle(const struct loan *l);
/* The pages are back in the lender's table, or the kernel's hands. False: not all, see aspace_return. Pre: idle. */
bool loan_return(struct loan *l);
/*
 * The lender gives up: its entries are absent; the pages stay with the borrower, in its list of forfeits, under the
 * token.
 */
void loan_forfeit(struct loan *l, struct process *borrower, uint64_t token);
/* The borrower is done with a forfeited loan: its pages are freed. Pre: idle. */
void loan_drop(struct loan *l);
