/* SPDX-License-Identifier: BSD-2-Clause */
/* A page goes out to the store and another comes back; the store is memory, so nothing is waited for. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/words.h"
#include "tests/bench/signet/bench/bench.h"

enum { ALL_PAGES = 768 };

static void write_to(uint64_t pages)
{
	struct ipc_words m = { .a = pages };
	uint64_t tag = BENCH_OPERATION_WORDS;

	must(ipc_words_call(channel_paged().handle, &tag, &m) == ST_OK && tag == ST_OK,
	     "the program that is paged does not answer");
	must(m.a == 0, "pages came back as they were not");
}

static uint64_t run(const struct row *row, uint64_t ops)
{
	static bool is_full;
	uint64_t t;

	(void)row;
	if (!is_full)
		write_to(ALL_PAGES);
	is_full = true;
	t = measure_begin();
	write_to(ops);
	return measure_end(t);
}

static const struct row rows[] = {
	{ "page_out_in", run, 0, 1000, 4096 },
};

struct row_list paging_rows(void) { return ROW_LIST(rows); }
