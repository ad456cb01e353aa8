/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One split virtqueue of a block device (Virtual I/O Device 1.1, "Split
 * Virtqueues" and "Block Device"). Pure: memory in, memory out.
 *
 * Slot s owns descriptors s * VIRTQUEUE_CHAIN and up, one header and one status
 * byte, for good: nothing is ever allocated. The device is not trusted: whatever
 * it writes, no slot is taken that is not in flight, and none twice.
 */
#pragma once
#include "contracts/block.h"

enum {
	VIRTQUEUE_CHAIN = 1 + BLOCK_PAGES_MAX + 1, /* header, data, status */
	VIRTQUEUE_SIZE_MAX = 256,                  /* descriptors: a page of them */
	VIRTQUEUE_SIZE_MIN = 32,                   /* the least power of two with room for a chain */
	VIRTQUEUE_SLOTS_MAX = VIRTQUEUE_SIZE_MAX / VIRTQUEUE_CHAIN,
	VIRTQUEUE_PAGES = 3, /* descriptors; what else the device reads; what it writes */
};

enum virtqueue_type { VIRTQUEUE_READ = 0, VIRTQUEUE_WRITE = 1, VIRTQUEUE_FLUSH = 4 };

struct virtqueue {
	uint8_t *memory;               /* VIRTQUEUE_PAGES pages */
	uint64_t bus[VIRTQUEUE_PAGES]; /* where the device finds each */
	uint16_t size, slots;
	uint16_t put, taken; /* free-running counts, as in the rings */
	struct {
		bool in_flight;
		uint64_t data_bytes; /* that the device is to write, the status byte aside */
	} slot[VIRTQUEUE_SLOTS_MAX];
};

/* A request's data: bytes from `within` in pages that the device finds at bus[]. */
struct virtqueue_data {
	const uint64_t *bus;
	uint64_t within, bytes; /* at most BLOCK_PAGES_MAX pages are touched */
};

enum virtqueue_news {
	VIRTQUEUE_NOTHING, /* no request has ended since the last time */
	VIRTQUEUE_DONE,    /* *slot has ended well */
	VIRTQUEUE_FAILED,  /* *slot has ended, but what was asked for is not done */
	VIRTQUEUE_BROKEN,  /* what the device says can't be: only a reset helps */
};

/* Starts afresh. The size is a power of two from SIZE_MIN to SIZE_MAX. The pages' content does not matter. */
void virtqueue_init(struct virtqueue *q, void *memory, const uint64_t bus[VIRTQUEUE_PAGES], uint16_t size);
/* Bus addresses of the three parts. */
uint64_t virtqueue_descriptors(const struct virtqueue *q);
uint64_t virtqueue_available(const struct virtqueue *q);
uint64_t virtqueue_used(const struct virtqueue *q);

/* A slot that is not in flight; the number of slots if there is none. */
unsigned virtqueue_free_slot(const struct virtqueue *q);
/* Hands a request to the device, which is yet to be notified. Pre: the slot is not in flight. */
void virtqueue_put(struct virtqueue *q, unsigned slot, enum virtqueue_type type, uint64_t sector,
		   const struct virtqueue_data *data);
/* The next request that has ended; its slot is free now. */
enum virtqueue_news virtqueue_take(struct virtqueue *q, unsigned *slot);
