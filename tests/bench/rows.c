/* SPDX-License-Identifier: BSD-2-Clause */
/* See rows.h. */
#include "tests/bench/rows.h"
#include "tests/bench/report.h"
#include <stdbool.h>

enum { WARM_PART = 4 };

bool rows_is_part;

/* One entry of the list: up to a comma; a name matches that begins with it, or is it if a $ follows. */
static bool entry_matches(const char *entry, const char *name)
{
	while (*entry == *name && *name != 0) {
		entry++;
		name++;
	}
	return *entry == 0 || *entry == ',' || (*entry == '$' && *name == 0);
}

static bool is_wanted(const char *wanted, const char *name)
{
	if (wanted == NULL)
		return true;
	for (;;) {
		if (entry_matches(wanted, name))
			return true;
		while (*wanted != 0 && *wanted != ',')
			wanted++;
		if (*wanted++ == 0)
			return false;
	}
}

static void run(const struct row *row)
{
	bool counts = bench_counts;
	uint64_t t;

	bench_counts = false;
	rows_is_part = false;
	(void)row->run(row, row->ops / WARM_PART + 1);
	bench_counts = counts;
	t = row->run(row, row->ops);
	report_row(row->name, row->ops, t, row->per_op);
	if (counts)
		bench_count_row(rows_is_part ? NULL : row->name);
}

void rows_run(const struct row_list *lists, size_t count, const char *wanted)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < lists[i].count; k++)
			if (is_wanted(wanted, lists[i].rows[k].name))
				run(&lists[i].rows[k]);
}
