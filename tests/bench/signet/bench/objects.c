/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that make objects or end them. They come in batches, so that only one of the two is measured. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/stubs.h"
#include "tests/bench/signet/bench/bench.h"

enum { BATCH = 32 };

static uint64_t made[BATCH][2];
static uint64_t own_port;

static void make_ports(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must_be_ok(sys_port_create(PORT_RANK_OWN, made[i]), "no port");
}

static void make_channels(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must_be_ok(sys_channel_create((handle_t)own_port, 0, BENCH_CONTRACT, made[i]), "no channel");
}

static void close_handles(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must_be_ok(sys_handle_close((handle_t)made[i][0], NULL), "a handle cannot be closed");
}

static void close_channels(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must_be_ok(sys_channel_close((handle_t)own_port, made[i][1], NULL), "a channel cannot be closed");
}

static void map(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must_be_ok(sys_mem_map(MEM_BUFFER, 1, made[i]), "no memory");
}

static void unmap(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must_be_ok(sys_mem_unmap(made[i][0], 1, NULL), "memory cannot be unmapped");
}

/* What is done with each batch; one of it is measured. */
struct batch {
	void (*steps[3])(uint64_t n);
	unsigned measured;
	uint64_t size;
};

static const struct batch batches[] = {
	{ { make_ports, close_handles }, 0, BATCH },
	{ { make_channels, close_handles }, 0, BATCH },
	{ { make_ports, close_handles }, 1, BATCH },
	{ { make_channels, close_channels, close_handles }, 1, BATCH },
	{ { map, unmap }, 0, 1 }, /* what more regions cost is not the cheapest */
	{ { map, unmap }, 1, 1 },
};

static uint64_t run_batches(const struct row *row, uint64_t ops)
{
	const struct batch *b = &batches[row->size];
	uint64_t sum = 0;

	if (own_port == 0)
		must_be_ok(sys_port_create(PORT_RANK_OWN, &own_port), "no port");
	for (uint64_t left = ops, n; left > 0; left -= n) {
		n = left < b->size ? left : b->size;
		for (unsigned i = 0; i < 3 && b->steps[i] != NULL; i++) {
			uint64_t t = i == b->measured ? measure_begin() : 0;

			b->steps[i](n);
			if (i == b->measured)
				sum += measure_end(t);
		}
	}
	return sum;
}

static const struct row rows[] = {
	{ "call_port_create", run_batches, 0, 256, 0 },  { "call_channel_create", run_batches, 1, 256, 0 },
	{ "call_handle_close", run_batches, 2, 256, 0 }, { "call_channel_close", run_batches, 3, 256, 0 },
	{ "call_mem_map", run_batches, 4, 256, 0 },      { "call_mem_unmap", run_batches, 5, 256, 0 },
};

struct row_list object_rows(void) { return ROW_LIST(rows); }
