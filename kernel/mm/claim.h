/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user range that a call names. It is only a claim until it has been proved:
 * made (the numbers make sense), resolved (each page is there and allows the
 * access), held (the pages stay). The kernel reaches the bytes through its own
 * map of the frames and never dereferences a user address (I-CLAIM).
 */
#pragma once
#include "kernel/abi/types.h"
#include "kernel/mm/aspace.h"

struct claim {
	struct aspace *as;
	uaddr_t base;
	uint64_t bytes;
	bool write; /* the kernel will write it */
	bool held;
};

/* False if the range wraps or leaves user space. A claim of 0 bytes is always good, whatever its base. */
[[nodiscard]] bool claim_make(struct claim *c, struct aspace *as, uaddr_t base, uint64_t bytes, bool write);

/* Touches every page; stops at the first that is not TOUCH_OK and tells its address (and slot). */
enum touch claim_resolve(const struct claim *c, uint64_t *address, uint32_t *slot);

/* How many pages it touches. */
uint64_t claim_pages(const struct claim *c);

/* Keeps the pages of a resolved claim where they are until released. False if the space's busy allowance is used up. */
[[nodiscard]] bool claim_hold(struct claim *c);
/* The same, whatever the allowance: for pages that were out on loan since it was asked, and could not be evicted either. */
void claim_hold_again(struct claim *c);
void claim_release(struct claim *c); /* harmless if not held */

/* Copies within resolved claims. Pre: the range is within the claim. */
void claim_read(const struct claim *c, uint64_t offset, void *to, uint64_t bytes);
void claim_write(const struct claim *c, uint64_t offset, const void *from, uint64_t bytes);
void claim_copy(const struct claim *to, const struct claim *from, uint64_t bytes);
