/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtqueue_machine.h. */
#include "tests/unit/servers/virtqueue_machine.h"

enum { NEXT = 1, DEVICE_WRITES = 2, AVAILABLE_RING = 4, USED_RING = 4, USED_ENTRY = 8 };

struct machine *machine_make(uint16_t size)
{
	struct machine *m = calloc(1, sizeof *m);

	assert_non_null(m);
	for (unsigned i = 0; i < PAGES; i++)
		m->bus[i] = 0x100000000ull + (uint64_t)(PAGES - i) * 3 * PAGE;
	for (unsigned i = 0; i < sizeof m->disk; i++)
		m->disk[i] = (uint8_t)(i * 13 + (i >> 9));
	virtqueue_init(&m->queue, m->memory, m->bus, size);
	return m;
}

uint8_t *machine_reach(struct machine *m, uint64_t bus, uint64_t bytes)
{
	for (unsigned i = 0; i < PAGES; i++)
		if (bus >= m->bus[i] && bus - m->bus[i] < PAGE) {
			assert_true(bus - m->bus[i] + bytes <= PAGE);
			return &m->memory[i][bus - m->bus[i]];
		}
	fail_msg("the device was sent to %lx", (unsigned long)bus);
	return NULL;
}

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }
static uint64_t get64(const uint8_t *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* A descriptor, as the device sees it. */
struct piece {
	uint8_t *at;
	uint64_t bus;
	uint32_t bytes;
	uint16_t flags, next;
};

static struct piece piece_at(struct machine *m, unsigned i)
{
	const uint8_t *d = machine_reach(m, virtqueue_descriptors(&m->queue) + 16 * i, 16);
	struct piece p = { .bus = get64(d), .bytes = get32(d + 8), .flags = get16(d + 12), .next = get16(d + 14) };

	p.at = machine_reach(m, p.bus, p.bytes);
	return p;
}

/* Writes an entry of the used ring, without and then with telling. */
void machine_use(struct machine *m, uint32_t id, uint32_t bytes)
{
	uint8_t *ring = machine_reach(m, virtqueue_used(&m->queue), 1);
	uint8_t *entry = ring + USED_RING + USED_ENTRY * (m->used % m->queue.size);

	put32(entry, id);
	put32(entry + 4, bytes);
	m->used++;
	ring[2] = (uint8_t)m->used;
	ring[3] = (uint8_t)(m->used >> 8);
}

static uint32_t move_data(struct machine *m, uint8_t *disk, struct piece p, uint32_t type)
{
	assert_int_equal((p.flags & DEVICE_WRITES) != 0, type == VIRTQUEUE_READ);
	assert_true(disk + p.bytes <= m->disk + sizeof m->disk);
	if (type == VIRTQUEUE_READ)
		memcpy(p.at, disk, p.bytes);
	else
		memcpy(disk, p.at, p.bytes);
	return type == VIRTQUEUE_READ ? p.bytes : 0;
}

uint16_t machine_next_head(struct machine *m)
{
	const uint8_t *ring = machine_reach(m, virtqueue_available(&m->queue), 1);

	assert_true(m->seen != get16(ring + 2));
	return get16(ring + AVAILABLE_RING + 2 * (m->seen++ % m->queue.size));
}

uint32_t machine_carry_out(struct machine *m, uint16_t head, uint8_t status)
{
	struct piece p = piece_at(m, head);
	uint32_t type = get32(p.at), written = 0;
	uint8_t *disk = m->disk + get64(p.at + 8) * BLOCK_SECTOR_BYTES;

	assert_int_equal(p.bytes, 16);
	assert_int_equal(p.flags, NEXT);
	for (p = piece_at(m, p.next); p.flags & NEXT; p = piece_at(m, p.next)) {
		written += move_data(m, disk, p, type);
		disk += p.bytes;
	}
	assert_int_equal(p.flags, DEVICE_WRITES);
	assert_int_equal(p.bytes, 1);
	m->flushed |= type == VIRTQUEUE_FLUSH;
	*p.at = status;
	return written + 1;
}

void machine_serve(struct machine *m)
{
	uint16_t head = machine_next_head(m);

	machine_use(m, head, machine_carry_out(m, head, 0));
}

void machine_put(struct machine *m, unsigned slot, enum virtqueue_type type, uint64_t sector, uint64_t within,
		 uint64_t bytes)
{
	struct virtqueue_data data = { .bus = m->bus + VIRTQUEUE_PAGES, .within = within, .bytes = bytes };

	virtqueue_put(&m->queue, slot, type, sector, &data);
}

uint8_t *machine_data(struct machine *m) { return m->memory[VIRTQUEUE_PAGES]; }
