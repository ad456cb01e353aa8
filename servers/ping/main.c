/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ping [KIND] [N]: N calls to pong, each answer checked. Words are measured, in
 * ticks of the time-stamp counter: instructions when QEMU counts them, else cycles.
 */
#include "channels.h"
#include "libsys/pattern.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_DEFAULT = 1000, SAMPLES = 1024, BYTES = 1000, PAGES = 4 };
_Static_assert((int)BYTES <= (int)PING_BYTES_MAX && (int)PAGES <= (int)PING_PAGES_MAX, "what pong takes");

static struct ping_channel opened;
static uint8_t sent[BYTES], received[BYTES];
static void *pages; /* PAGES of a buffer */

/* ---- one round trip of each kind: true if all that came back is right ---- */

static bool is_ok(enum status st)
{
	if (st != ST_OK)
		fprintf(stderr, "ping: the call failed: %s\n", status_text(st));
	return st == ST_OK;
}

static __attribute__((noinline)) bool trip_words(uint64_t n, uint64_t *ticks)
{
	uint64_t a = n, b = n * 3, c = ~n, d = n << 32, e = 5, f = UINT64_MAX;
	uint64_t a1, b1, c1, d1, e1, f1, before;
	enum status st;

	/* They are there before the clock is read. */
	__asm__ volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d), "r"(e), "r"(f));
	before = __builtin_ia32_rdtsc();
	st = ping_words(channel_peer(), a, b, c, d, e, f, &a1, &b1, &c1, &d1, &e1, &f1);
	*ticks = __builtin_ia32_rdtsc() - before;
	if (!is_ok(st))
		return false;
	if (a1 == n + 1 && b1 == n * 3 + 1 && c1 == ~n + 1 && d1 == (n << 32) + 1 && e1 == 6 && f1 == 0)
		return true;
	fprintf(stderr, "ping: a word came back wrong\n");
	return false;
}

static bool is_pattern(const void *data, uint64_t bytes, uint64_t seed)
{
	uint64_t wrong = pattern_check(data, bytes, seed);

	if (wrong < bytes)
		fprintf(stderr, "ping: byte %lu came back wrong\n", (unsigned long)wrong);
	return wrong == bytes;
}

static bool trip_bytes(uint64_t n)
{
	size_t size = n % BYTES + 1, got;

	pattern_put(sent, size, n);
	if (!is_ok(ping_bytes(opened, n, sent, size, received, sizeof received, &got)))
		return false;
	if (got != size) {
		fprintf(stderr, "ping: another number of bytes came back\n");
		return false;
	}
	return is_pattern(received, size, n + 1);
}

static bool trip_pages(uint64_t n)
{
	uint64_t count = n % PAGES + 1, size = count * ABI_PAGE_BYTES;

	pattern_put(pages, size, n);
	return is_ok(ping_lend_write(opened, n, pages, count)) && is_pattern(pages, size, n + 1) &&
	       is_ok(ping_lend_read(opened, n + 1, pages, count)) && is_pattern(pages, size, n + 1);
}

/* What was given is gone; what is given back is in the window, and is freed with it. */
static bool trip_give(uint64_t n)
{
	uint64_t count = n % PAGES + 1, size = count * ABI_PAGE_BYTES;
	size_t got;
	void *window;
	bool good;

	if (mem_map(MEM_LANDING, PAGES, &window) != ST_OK) {
		fprintf(stderr, "ping: a window cannot be had\n");
		return false;
	}
	pattern_put(pages, size, n);
	good = is_ok(ping_give(opened, n, pages, count, window, PAGES, &got)) && got == count &&
	       is_pattern(window, size, n + 1);
	if (*(volatile uint64_t *)pages != 0) {
		fprintf(stderr, "ping: a page that was given is still here\n");
		good = false;
	}
	return mem_unmap(window, PAGES) == ST_OK && good;
}

static bool trip_handle(uint64_t n)
{
	struct ping_channel made;
	uint64_t value;
	bool good;

	if (!is_ok(ping_open(channel_peer(), n, &made)))
		return false;
	good = is_ok(ping_who(made, &value)) && value == n;
	good = handle_close(made.handle) == ST_OK && good;
	if (handle_close(made.handle) != ST_BAD_HANDLE) {
		fprintf(stderr, "ping: a handle can be closed twice\n");
		good = false;
	}
	return good;
}

/* ---- many ---- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int measure_words(uint64_t count)
{
	static uint64_t samples[SAMPLES];
	uint64_t kept = count < SAMPLES ? count : SAMPLES;

	for (uint64_t n = 0; n < count; n++)
		if (!trip_words(n, &samples[n % SAMPLES]))
			return 1;
	qsort(samples, kept, sizeof *samples, compare);
	printf("ping: %lu round trips\n", (unsigned long)count);
	printf("ping: the median took %lu cycles\n", (unsigned long)samples[kept / 2]);
	return 0;
}

static const struct {
	const char *name;
	bool (*trip)(uint64_t n);
} kinds[] = {
	{ "bytes", trip_bytes },
	{ "pages", trip_pages },
	{ "give", trip_give },
	{ "handle", trip_handle },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static int repeat(unsigned kind, uint64_t count)
{
	if (!is_ok(ping_open(channel_peer(), 1, &opened)) || mem_map(MEM_BUFFER, PAGES, &pages) != ST_OK)
		return 1;
	for (uint64_t n = 0; n < count; n++)
		if (!kinds[kind].trip(n + 1)) {
			fprintf(stderr, "ping: %s: round trip %lu failed\n", kinds[kind].name, (unsigned long)n);
			return 1;
		}
	printf("ping: %lu round trips with %s\n", (unsigned long)count, kinds[kind].name);
	return 0;
}

/* The kind that argv[1] names; KINDS for words. */
static unsigned find_kind(const char *name)
{
	unsigned kind = 0;

	while (name != NULL && kind < KINDS && strcmp(name, kinds[kind].name) != 0)
		kind++;
	return name == NULL ? KINDS : kind;
}

static bool parse_count(const char *text, unsigned long *count)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*count = strtoul(text, &end, 10);
	return *count != 0 && *end == 0;
}

int main(int argc, char *argv[])
{
	unsigned kind = find_kind(argv[1]);
	int rest = kind < KINDS ? 2 : 1;
	unsigned long count = COUNT_DEFAULT;

	if (argc > rest + 1 || (argc > rest && !parse_count(argv[rest], &count))) {
		fprintf(stderr, "usage: ping [bytes|pages|give|handle] [N]\n");
		return 2;
	}
	return kind < KINDS ? repeat(kind, count) : measure_words(count);
}
