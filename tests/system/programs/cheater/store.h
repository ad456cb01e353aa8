/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lower half of the disk is the store; the upper half has what each slot of the owner held before. Which slots are
 * the owner's the pager is told by the owner: by itself it could not know.
 */
#pragma once
#include "contracts/pager_server.h"

enum slot_flag {
	SLOT_WRITTEN = 1,
	SLOT_MINE = 2, /* the owner's */
	SLOT_OLD = 4,  /* the upper half has what it held before */
};

extern uint32_t store_errors; /* that the disk reported */

/* Slots of the store; 0: the disk cannot be used. */
uint64_t store_open(void);
bool store_has(uint64_t slot, uint64_t flag);
/* A slot, not this one, with the flag or without it: WRITTEN in any case. False: there is none. */
bool store_find(uint64_t not_this, uint64_t flag, bool with, uint64_t *found);

/* Part of the pages at a slot. */
enum status store_read(uint64_t slot, void *pages, uint64_t bytes);
enum status store_read_old(uint64_t slot, void *page);
/* Whole pages; what was there is kept first, if they are the owner's. */
enum status store_write(uint64_t slot, const void *pages, uint64_t count, bool mine);
