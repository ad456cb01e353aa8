/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See virtqueue.h. What the device reads and what it writes lie on pages of
 * their own, and what this side has to remember is kept outside of both.
 */
#include "servers/block/virtqueue.h"
#include "kernel/abi/types.h"
#include <string.h>

enum { FLAG_NEXT = 1, FLAG_DEVICE_WRITES = 2 };
enum { STATUS_OK = 0, STATUS_UNTOUCHED = 0xff };

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

struct header {
	uint32_t type, reserved;
	uint64_t sector;
};

struct to_device {
	uint16_t flags, count;
	uint16_t ring[VIRTQUEUE_SIZE_MAX]; /* as many as the queue has descriptors */
	uint16_t event_unused;
	struct header headers[VIRTQUEUE_SLOTS_MAX];
};

struct from_device {
	uint16_t flags, count;
	struct {
		uint32_t id, bytes;
	} ring[VIRTQUEUE_SIZE_MAX];
	uint16_t event_unused;
	uint8_t status[VIRTQUEUE_SLOTS_MAX];
};

_Static_assert(sizeof(struct descriptor) * VIRTQUEUE_SIZE_MAX <= ABI_PAGE_BYTES, "a part stays within a page");
_Static_assert(sizeof(struct to_device) <= ABI_PAGE_BYTES, "a part stays within a page");
_Static_assert(sizeof(struct from_device) <= ABI_PAGE_BYTES, "a part stays within a page");
_Static_assert(VIRTQUEUE_SIZE_MIN >= VIRTQUEUE_CHAIN, "at least one slot");

static struct descriptor *descriptor_at(const struct virtqueue *q, unsigned i)
{
	return (struct descriptor *)(void *)q->memory + i;
}

static struct to_device *to_device(const struct virtqueue *q)
{
	return (struct to_device *)(void *)(q->memory + ABI_PAGE_BYTES);
}

static struct from_device *from_device(const struct virtqueue *q)
{
	return (struct from_device *)(void *)(q->memory + 2 * ABI_PAGE_BYTES);
}

uint64_t virtqueue_descriptors(const struct virtqueue *q) { return q->bus[0]; }
uint64_t virtqueue_available(const struct virtqueue *q) { return q->bus[1]; }
uint64_t virtqueue_used(const struct virtqueue *q) { return q->bus[2]; }

void virtqueue_init(struct virtqueue *q, void *memory, const uint64_t bus[VIRTQUEUE_PAGES], uint16_t size)
{
	*q = (struct virtqueue){ .memory = memory, .size = size, .slots = (uint16_t)(size / VIRTQUEUE_CHAIN) };
	memcpy(q->bus, bus, sizeof q->bus);
	memset(memory, 0, VIRTQUEUE_PAGES * ABI_PAGE_BYTES);
}

unsigned virtqueue_free_slot(const struct virtqueue *q)
{
	unsigned slot = 0;

	while (slot < q->slots && q->slot[slot].in_flight)
		slot++;
	return slot;
}

/* Links one more piece to a chain; returns where the next one goes. */
static unsigned add(struct virtqueue *q, unsigned at, uint64_t bus, uint64_t bytes, unsigned flags)
{
	*descriptor_at(q, at) = (struct descriptor){
		.address = bus,
		.bytes = (uint32_t)bytes,
		.flags = (uint16_t)flags,
		.next = (uint16_t)(flags & FLAG_NEXT ? at + 1 : 0),
	};
	return at + 1;
}

static unsigned add_data(struct virtqueue *q, unsigned at, const struct virtqueue_data *data, unsigned flags)
{
	uint64_t from = data->within, end = data->within + data->bytes;

	for (uint64_t n; from < end; from += n) {
		uint64_t in_page = from % ABI_PAGE_BYTES;

		n = ABI_PAGE_BYTES - in_page < end - from ? ABI_PAGE_BYTES - in_page : end - from;
		at = add(q, at, data->bus[from / ABI_PAGE_BYTES] + in_page, n, flags | FLAG_NEXT);
	}
	return at;
}

void virtqueue_put(struct virtqueue *q, unsigned slot, enum virtqueue_type type, uint64_t sector,
		   const struct virtqueue_data *data)
{
	unsigned first = slot * VIRTQUEUE_CHAIN, at = first;
	struct to_device *out = to_device(q);
	struct from_device *in = from_device(q);

	out->headers[slot] = (struct header){ .type = type, .sector = sector };
	in->status[slot] = STATUS_UNTOUCHED;
	at = add(q, at, q->bus[1] + (uint64_t)((uint8_t *)&out->headers[slot] - (uint8_t *)out),
		 sizeof out->headers[slot], FLAG_NEXT);
	if (type != VIRTQUEUE_FLUSH)
		at = add_data(q, at, data, type == VIRTQUEUE_READ ? FLAG_DEVICE_WRITES : 0);
	add(q, at, q->bus[2] + (uint64_t)(&in->status[slot] - (uint8_t *)in), 1, FLAG_DEVICE_WRITES);
	q->slot[slot].in_flight = true;
	q->slot[slot].data_bytes = type == VIRTQUEUE_READ ? data->bytes : 0;
	out->ring[q->put % q->size] = (uint16_t)first;
	q->put++;
	__atomic_store_n(&out->count, q->put, __ATOMIC_RELEASE); /* everything above is seen before it */
}

/* A read is done if every byte and the status were written; a write, if the status says so. */
static bool went_well(const struct virtqueue *q, unsigned slot, uint64_t written)
{
	uint64_t expected = q->slot[slot].data_bytes + 1;

	if (__atomic_load_n(&from_device(q)->status[slot], __ATOMIC_RELAXED) != STATUS_OK)
		return false;
	return written == expected || (expected == 1 && written == 0);
}

enum virtqueue_news virtqueue_take(struct virtqueue *q, unsigned *slot)
{
	struct from_device *in = from_device(q);
	uint16_t count = __atomic_load_n(&in->count, __ATOMIC_ACQUIRE);
	uint32_t id, written;

	if (count == q->taken)
		return VIRTQUEUE_NOTHING;
	if ((uint16_t)(count - q->taken) > (uint16_t)(q->put - q->taken))
		return VIRTQUEUE_BROKEN;                                          /* more than were in flight */
	id = __atomic_load_n(&in->ring[q->taken % q->size].id, __ATOMIC_RELAXED); /* once: it may change */
	written = __atomic_load_n(&in->ring[q->taken % q->size].bytes, __ATOMIC_RELAXED);
	*slot = id / VIRTQUEUE_CHAIN;
	if (id % VIRTQUEUE_CHAIN != 0 || *slot >= q->slots || !q->slot[*slot].in_flight)
		return VIRTQUEUE_BROKEN;
	q->taken++;
	q->slot[*slot].in_flight = false;
	return went_well(q, *slot, written) ? VIRTQUEUE_DONE : VIRTQUEUE_FAILED;
}
