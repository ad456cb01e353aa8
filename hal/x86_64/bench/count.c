/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine/count.h. Owns the counters, and what is said about them on the first serial port. */
#include "hal/console.h"
#include "hal/x86_64/instr.h"
#include "kernel/base/fmt.h"
#include "machine/count.h"

/* A pass: 7 + 2 instructions of the macros are in it, the last 2 of ring 0 are not. The others: count.inc. */
enum { PASS_INSTRUCTIONS = 7 + 2 - 2, INTERRUPT_INSTRUCTIONS = 5, LINE_BYTES = 512, NAME_BYTES = 65 };

struct count_totals count_totals;
uint64_t count_entered, count_since, count_longest;
uint64_t count_kept[2];

_Static_assert(offsetof(struct count_totals, ticks) == 72 && offsetof(struct count_totals, passes) == 80 &&
		       offsetof(struct count_totals, safe_points) == 88 &&
		       offsetof(struct count_totals, interrupts) == 96 && offsetof(struct count_totals, idles) == 104,
	       "count.inc, count.h");

/* What is said of a row. */
struct result {
	uint64_t kernel;
	uint64_t events[COUNT_EVENTS];
};

/* In the order of count.inc. */
static const char *const names[COUNT_EVENTS] = { "cr3",    "cr0",    "msr",    "invlpg", "xsave",
						 "xrstor", "swapgs", "sysret", "iretq" };

static struct result at_begin, sum;
static struct result empty; /* of a begin and an end with nothing between */
static uint64_t longest_in_row, longest_of_all;
static char longest_name[NAME_BYTES]; /* the row that this was in */

static struct result read_totals(void)
{
	const struct count_totals *t = &count_totals;
	uint64_t own = t->passes * PASS_INSTRUCTIONS + t->safe_points * COUNT_SAFE_POINT_INSTRUCTIONS +
		       t->interrupts * INTERRUPT_INSTRUCTIONS + t->idles * COUNT_IDLE_INSTRUCTIONS;
	struct result r = { 0 };

	for (unsigned i = 0; i < COUNT_EVENTS; i++) {
		r.events[i] = t->events[i];
		own += t->events[i];
	}
	r.kernel = t->ticks - own;
	return r;
}

/* What came before this call of the kernel's does not count. */
static void begin(void)
{
	at_begin = read_totals();
	count_longest = 0;
	count_since = tsc_read();
}

static void end(void)
{
	struct result now = read_totals();

	sum.kernel += now.kernel - at_begin.kernel - empty.kernel;
	for (unsigned i = 0; i < COUNT_EVENTS; i++)
		sum.events[i] += now.events[i] - at_begin.events[i] - empty.events[i];
	longest_in_row = count_longest > longest_in_row ? count_longest : longest_in_row;
}

/* No name: of no row, or of one whose events are not told. */
static void forget(const char *name, size_t bytes)
{
	if (longest_in_row > longest_of_all) {
		longest_of_all = longest_in_row;
		bytes = bytes < NAME_BYTES ? bytes : NAME_BYTES - 1;
		for (size_t i = 0; i < bytes; i++)
			longest_name[i] = name[i];
		longest_name[bytes] = 0;
	}
	sum = (struct result){ 0 };
	longest_in_row = 0;
}

static void say_row(const char *name, size_t bytes)
{
	char line[LINE_BYTES];
	size_t n = fmt_print(line, sizeof line, "BENCH {\"name\":\"");

	for (size_t i = 0; i < bytes; i++)
		line[n++] = name[i];
	n += fmt_print(line + n, sizeof line - n, "\",\"kernel\":%lu,\"events\":{", (unsigned long)sum.kernel);
	for (unsigned i = 0; i < COUNT_EVENTS; i++)
		n += fmt_print(line + n, sizeof line - n, "%s\"%s\":%lu", i == 0 ? "" : ",", names[i],
			       (unsigned long)sum.events[i]);
	n += fmt_print(line + n, sizeof line - n, "}}\ninterrupts off: %lu at most\n", (unsigned long)longest_in_row);
	hal_console_write(line, n);
}

static void say_maximum(void)
{
	char line[LINE_BYTES];
	size_t n = fmt_print(line, sizeof line, "BENCH {\"name\":\"irq_off_max\",\"max\":%lu",
			     (unsigned long)longest_of_all);

	if (longest_name[0] != 0)
		n += fmt_print(line + n, sizeof line - n, ",\"of\":\"%s\"", longest_name);
	n += fmt_print(line + n, sizeof line - n, "}\n");

	hal_console_write(line, n);
}

bool count_takes_line(const char *text, size_t bytes)
{
	static const char prefix[] = "count ";
	size_t at = sizeof prefix, named = 0; /* behind the letter; the bytes of a row's name there */

	if (bytes < at || __builtin_memcmp(text, prefix, at - 1) != 0)
		return false;
	switch (text[at - 1]) {
	case 'b':
		begin();
		return true;
	case 'e':
		end();
		return true;
	case '0':
		empty = sum;
		break;
	case 'r':
		named = bytes - at;
		say_row(text + at, named);
		break;
	case 'm':
		say_maximum();
		break;
	case 'f':
		break;
	default:
		return false;
	}
	forget(text + at, named);
	return true;
}
