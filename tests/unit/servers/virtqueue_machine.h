/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with a disk for the tests of the block driver's queue: its pages, and a device that does what it
 * is told. */
#pragma once
#include "servers/block/virtqueue.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { PAGE = 4096, DATA_PAGES = BLOCK_PAGES_MAX, PAGES = VIRTQUEUE_PAGES + DATA_PAGES, SECTORS = 256 };

/* A machine: pages that are not contiguous for the device, a disk, and a device that has seen some requests.
 */
struct machine {
	struct virtqueue queue;
	uint8_t memory[PAGES][PAGE];
	uint64_t bus[PAGES]; /* the first are the queue's */
	uint8_t disk[SECTORS * BLOCK_SECTOR_BYTES];
	uint16_t seen, used;
	bool flushed;
};

struct machine *machine_make(uint16_t size);
/* What the device reaches at a bus address: it may not leave a page. */
uint8_t *machine_reach(struct machine *m, uint64_t bus, uint64_t bytes);
/* The driver's side: puts a request on the data pages into a slot. */
void machine_put(struct machine *m, unsigned slot, enum virtqueue_type type, uint64_t sector, uint64_t within,
		 uint64_t bytes);
uint8_t *machine_data(struct machine *m);

/* The device's side. The head of the next request that it has not seen. */
uint16_t machine_next_head(struct machine *m);
/* Carries that request out, all but the used ring; returns the bytes written. */
uint32_t machine_carry_out(struct machine *m, uint16_t head, uint8_t status);
/* An entry of the used ring. */
void machine_use(struct machine *m, uint32_t id, uint32_t bytes);
/* All of it. */
void machine_serve(struct machine *m);
