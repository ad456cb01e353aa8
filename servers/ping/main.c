/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ping [KIND] [N]: N calls to pong, each answer checked. Words are measured, in
 * ticks of the time-stamp counter: instructions when QEMU counts them, else cycles.
 */
#include "libsys/contracts/ping.h"
#include "libsys/ipc.h"
#include "libsys/start.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_DEFAULT = 1000, SAMPLES = 1024, BYTES = 1000, PAGES = 4 };
_Static_assert((int)BYTES <= (int)PING_BYTES_MAX && (int)PAGES <= (int)PING_PAGES_MAX, "what pong takes");

static handle_t peer, opened;
static uint8_t sent[BYTES], received[BYTES];
static void *pages; /* PAGES of a buffer */

/* ---- one round trip of each kind: true if all that came back is right ---- */

static bool is_ok(enum status st, const struct message *m)
{
	if (st == ST_OK)
		st = (enum status)tag_op(m->tag);
	if (st != ST_OK)
		fprintf(stderr, "ping: the call failed: %s\n", status_text(st));
	return st == ST_OK;
}

static bool trip_words(uint64_t n, uint64_t *ticks)
{
	struct message m = { .words = { n, n * 3, ~n, n << 32, 5, UINT64_MAX }, .tag = tag_make(PING_WORDS) };
	struct message expected = m;
	uint64_t before = __builtin_ia32_rdtsc();
	enum status st = ipc_call(peer, &m, NULL, DEADLINE_NEVER);

	*ticks = __builtin_ia32_rdtsc() - before;
	if (!is_ok(st, &m))
		return false;
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		if (m.words[i] != expected.words[i] + 1) {
			fprintf(stderr, "ping: word %u came back wrong\n", i);
			return false;
		}
	return true;
}

static bool is_pattern(const void *data, uint64_t bytes, uint64_t seed)
{
	uint64_t wrong = ping_check_pattern(data, bytes, seed);

	if (wrong < bytes)
		fprintf(stderr, "ping: byte %lu came back wrong\n", (unsigned long)wrong);
	return wrong == bytes;
}

static bool trip_bytes(uint64_t n)
{
	uint64_t size = n % BYTES + 1;
	struct ipc_buffers b = { .send_bytes = (uaddr_t)(uintptr_t)sent,
				 .recv_bytes = (uaddr_t)(uintptr_t)received,
				 .recv_capacity = sizeof received };
	struct message m = { .words = { n }, .tag = tag_with_bytes(tag_make(PING_BYTES), size) };

	ping_put_pattern(sent, size, n);
	if (!is_ok(ipc_call(opened, &m, &b, DEADLINE_NEVER), &m))
		return false;
	if (tag_bytes(m.tag) != size) {
		fprintf(stderr, "ping: another number of bytes came back\n");
		return false;
	}
	return is_pattern(received, size, n + 1);
}

static bool trip_lent(uint64_t n, enum message_pages kind)
{
	uint64_t count = n % PAGES + 1;
	struct ipc_buffers b = { .send_pages = (uaddr_t)(uintptr_t)pages };
	struct message m = { .words = { n }, .tag = tag_with_pages(tag_make(PING_PAGES), kind, count) };

	ping_put_pattern(pages, count * ABI_PAGE_BYTES, n);
	if (!is_ok(ipc_call(opened, &m, &b, DEADLINE_NEVER), &m))
		return false;
	return is_pattern(pages, count * ABI_PAGE_BYTES, kind == MESSAGE_PAGES_LENT_WRITE ? n + 1 : n);
}

static bool trip_pages(uint64_t n)
{
	return trip_lent(n, MESSAGE_PAGES_LENT_WRITE) && trip_lent(n, MESSAGE_PAGES_LENT_READ);
}

/* What was given is gone; what is given back is in the window, and is freed with it. */
static bool trip_give(uint64_t n)
{
	uint64_t count = n % PAGES + 1;
	struct ipc_buffers b = { .send_pages = (uaddr_t)(uintptr_t)pages, .landing_pages = PAGES };
	struct message m = { .words = { n }, .tag = tag_with_pages(tag_make(PING_GIVE), MESSAGE_PAGES_GIVEN, count) };
	void *window;
	bool good;

	if (mem_map(MEM_LANDING, PAGES, &window) != ST_OK) {
		fprintf(stderr, "ping: a window cannot be had\n");
		return false;
	}
	b.landing = (uaddr_t)(uintptr_t)window;
	ping_put_pattern(pages, count * ABI_PAGE_BYTES, n);
	good = is_ok(ipc_call(opened, &m, &b, DEADLINE_NEVER), &m) && tag_pages(m.tag) == count &&
	       is_pattern(window, count * ABI_PAGE_BYTES, n + 1);
	if (*(volatile uint64_t *)pages != 0) {
		fprintf(stderr, "ping: a page that was given is still here\n");
		good = false;
	}
	return mem_unmap(window, PAGES) == ST_OK && good;
}

static bool trip_handle(uint64_t n)
{
	struct message m = { .words = { n }, .tag = tag_make(PING_OPEN) };
	struct message who = { .tag = tag_make(PING_WHO) };
	handle_t channel;
	bool good;

	if (!is_ok(ipc_call(peer, &m, NULL, DEADLINE_NEVER), &m))
		return false;
	channel = m.handles[0];
	good = is_ok(ipc_call(channel, &who, NULL, DEADLINE_NEVER), &who) && who.words[0] == n;
	good = handle_close(channel) == ST_OK && good;
	if (handle_close(channel) != ST_BAD_HANDLE) {
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
	printf("figure ipc.call %lu cycles\n", (unsigned long)samples[kept / 2]);
	return 0;
}

static bool open_channel(void)
{
	struct message m = { .words = { 1 }, .tag = tag_make(PING_OPEN) };

	if (!is_ok(ipc_call(peer, &m, NULL, DEADLINE_NEVER), &m))
		return false;
	opened = m.handles[0];
	return true;
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
	if (!open_channel() || mem_map(MEM_BUFFER, PAGES, &pages) != ST_OK)
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
	peer = start_channel("peer");
	if (peer == 0) {
		fprintf(stderr, "ping: there is nobody to call\n");
		return 1;
	}
	return kind < KINDS ? repeat(kind, count) : measure_words(count);
}
