/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that comes and goes. */
#include "libsys/stubs.h"
#include "tests/bench/signet/bench/bench.h"

enum { FAULT_PAGES = 128 };

static void touch(uint64_t address) { *(volatile char *)(uintptr_t)address = 1; }

static uint64_t run_map(const struct row *row, uint64_t ops)
{
	uint64_t address, t = measure_begin();

	for (uint64_t i = 0; i < ops; i++) {
		must_be_ok(sys_mem_map(MEM_BUFFER, 1, &address), "no memory");
		if (row->size != 0)
			touch(address);
		must_be_ok(sys_mem_unmap(address, 1, NULL), "memory cannot be unmapped");
	}
	return measure_end(t);
}

/* Pages never touched, in a table that is there since the first of them was. */
static uint64_t run_fault(const struct row *row, uint64_t ops)
{
	uint64_t address, sum = 0;

	(void)row;
	for (uint64_t left = ops, n; left > 0; left -= n) {
		uint64_t t;

		n = left < FAULT_PAGES - 1 ? left : FAULT_PAGES - 1;
		must_be_ok(sys_mem_map(MEM_BUFFER, FAULT_PAGES, &address), "no memory");
		touch(address);
		t = measure_begin();
		for (uint64_t i = 1; i <= n; i++)
			touch(address + i * ABI_PAGE_BYTES);
		sum += measure_end(t);
		must_be_ok(sys_mem_unmap(address, FAULT_PAGES, NULL), "memory cannot be unmapped");
	}
	return sum;
}

static const struct row rows[] = {
	{ "mem_map_unmap_4k", run_map, 0, 500, 0 },
	{ "map_touch_unmap_4k", run_map, 1, 200, 0 },
	{ "minor_fault", run_fault, 0, 508, 0 },
};

struct row_list memory_rows(void) { return ROW_LIST(rows); }
