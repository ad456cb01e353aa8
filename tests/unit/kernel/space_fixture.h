/* SPDX-License-Identifier: BSD-2-Clause */
/* One address space without a process, 100 frames and 100 slots for it, and a store to evict to. */
#pragma once
#include "kernel/mm/aspace.h"
#include "tests/unit/kernel/world.h"

extern struct aspace space;
extern uint32_t space_slot; /* for aspace_touch to name */

/* For cmocka. The space ends with the test and leaves nothing. */
int space_start(void **state);
int space_finish(void **state);

void space_add(uint64_t at, uint64_t pages, unsigned prot); /* a region of kind buffer; asserts that it can */
paddr_t space_frame_at(uint64_t va);
