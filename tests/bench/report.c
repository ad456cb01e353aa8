/* SPDX-License-Identifier: BSD-2-Clause */
/* See report.h. A line is put together in one buffer; no text here needs escapes. */
#include "tests/bench/report.h"

enum { LINE_MAX = 250, DIGITS_MAX = 20 };

static char line[LINE_MAX];
static unsigned used;

static void put(const char *text)
{
	while (*text != 0 && used < LINE_MAX)
		line[used++] = *text++;
}

static void put_number(uint64_t n)
{
	char digits[DIGITS_MAX + 1];
	unsigned at = DIGITS_MAX;

	digits[at] = 0;
	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	put(digits + at);
}

static void begin(const char *key)
{
	used = 0;
	put("BENCH {\"");
	put(key);
	put("\":");
}

static void text_value(const char *value)
{
	put("\"");
	put(value);
	put("\"");
}

static void number(const char *key, uint64_t value)
{
	put(",\"");
	put(key);
	put("\":");
	put_number(value);
}

static void end(void)
{
	put("}");
	report_line(line, used);
}

void report_begin(const char *system, const char *version, uint64_t hz)
{
	begin("bench");
	put("1,\"system\":");
	text_value(system);
	put(",\"version\":");
	text_value(version);
	number("hz", hz);
	end();
}

void report_row(const char *name, uint64_t ops, uint64_t ticks, uint64_t bytes)
{
	begin("name");
	text_value(name);
	number("ops", ops);
	number("ticks", ticks);
	if (bytes != 0)
		number("bytes", bytes);
	end();
}

void report_note(const char *text)
{
	begin("note");
	text_value(text);
	end();
}

void report_error(const char *text, const char *more)
{
	begin("error");
	put("\"");
	put(text);
	put(more);
	put("\"");
	end();
}

void report_end(void)
{
	begin("end");
	put("true");
	end();
}
