/* SPDX-License-Identifier: BSD-2-Clause */
/* A server of the pager's, as the driver of its disk is: it may be lent what the pager was lent. */
#pragma once
#include "kernel/abi/pager.h"
#include "tests/unit/kernel/driver_fixture.h"
#include "tests/unit/kernel/paging_fixture.h"

extern struct store_fixture {
	struct process *process;
	struct thread *thread;
	uint64_t window; /* of MESSAGE_PAGES_MAX pages */
} store;

/* With a device, or (NULL) without. A new pager follows, which may call it. */
void store_start(const struct device_claim *claim);
/* The pager lends pages of its window on, from this one on. */
enum status store_lend_from(uint64_t where, uint64_t pages, uint64_t deadline_ns);
enum status store_lend(uint64_t pages, uint64_t deadline_ns);
enum status store_takes(uint64_t where); /* at this page of its own window */
