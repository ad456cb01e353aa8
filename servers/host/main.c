/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host [-n ROUNDS] FILTER[,FILTER...] TEXT...: has a plug-in for each filter change the texts, and prints them. A plug-in
 * that fails is ended, and a fresh one gets the text as it was; when that fails too, the text stays as it was. With -n all
 * is done as often, and what it cost is printed. docs/tutorial-plugin.md.
 */
#include "libsys/pattern.h"
#include "servers/host/plugins.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 8, TEXT_BYTES_MAX = ABI_PAGE_BYTES, FILTERS_BYTES = 256, PATTERN_SEED = 1, ROUNDS_DIGITS_MAX = 6 };
enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_DAMAGED = 3 };

struct order {
	const char *filters;
	char **texts;
	unsigned text_count;
	unsigned long rounds; /* 0: once, and what it cost does not matter */
};

struct text {
	uint64_t bytes;
	char data[TEXT_BYTES_MAX];
};

static struct text texts[TEXTS_MAX];

/* A page of the host's own, the page that is lent, another of the host's own. */
static char *pages;
enum { PAGE_BELOW, PAGE_TEXT, PAGE_ABOVE, PAGES };

static bool quiet;
static unsigned long failed, unchanged;

static char *page(unsigned n) { return pages + n * (size_t)ABI_PAGE_BYTES; }

/* ---- one filter ---- */

static void tell(const char *filter, const char *what, const char *then)
{
	if (!quiet)
		fprintf(stderr, "host: %s: the plug-in %s; %s\n", filter, what, then);
}

/* There is a plug-in now: the one that did the last text, or else a fresh one. */
static bool start(struct plugin *p, const char *filter)
{
	enum status st = plugin_is_there(p) ? ST_OK : plugin_start(p, filter);

	if (st != ST_OK)
		tell(filter, "cannot be started", status_text(st));
	return st == ST_OK;
}

/* One try. The text has changed; or it is as it was, and the plug-in is no more. */
static bool try(struct plugin *p, struct text *text, const char *filter, const char *then)
{
	char reason[PLUGIN_REASON_BYTES];
	uint64_t bytes = text->bytes;
	enum status st;

	if (!start(p, filter))
		return false;
	memset(page(PAGE_TEXT), 0, ABI_PAGE_BYTES);
	memcpy(page(PAGE_TEXT), text->data, bytes);
	st = plugin_change(p, page(PAGE_TEXT), 1, &bytes);
	if (st == ST_OK) {
		memcpy(text->data, page(PAGE_TEXT), bytes);
		text->bytes = bytes;
		return true;
	}
	failed++;
	plugin_end(p, st, reason);
	tell(filter, reason, then);
	return false;
}

static void apply(const char *filter, unsigned text_count)
{
	char reason[PLUGIN_REASON_BYTES];
	struct plugin plugin = { 0 };

	for (unsigned i = 0; i < text_count; i++)
		if (!try(&plugin, &texts[i], filter, "a fresh one gets the text") &&
		    !try(&plugin, &texts[i], filter, "the text stays as it was"))
			unchanged++;
	if (plugin_is_there(&plugin))
		plugin_end(&plugin, ST_OK, reason);
}

/* ---- all of them ---- */

static void apply_all(const struct order *order)
{
	char filters[FILTERS_BYTES], *rest = filters, *filter;

	strcpy(filters, order->filters);
	for (unsigned i = 0; i < order->text_count; i++) {
		texts[i].bytes = strlen(order->texts[i]);
		memcpy(texts[i].data, order->texts[i], texts[i].bytes);
	}
	while ((filter = strsep(&rest, ",")) != NULL)
		apply(filter, order->text_count);
}

static struct process_status status_now(void)
{
	struct process_status s = { 0 };

	(void)process_status(0, &s);
	return s;
}

/* The first round brings pages into memory that stay. */
static void repeat(const struct order *order)
{
	struct process_status first, last;

	quiet = true;
	apply_all(order);
	first = status_now();
	for (unsigned long i = 1; i < order->rounds; i++)
		apply_all(order);
	last = status_now();
	printf("host: %lu rounds, %lu plug-ins failed\n", order->rounds, failed);
	printf("host: since the first round %ld pages and %ld bytes of kernel objects more in use\n",
	       (long)(first.free_pages - last.free_pages), (long)last.kernel_bytes - (long)first.kernel_bytes);
}

/* ---- the host's own memory ---- */

static bool set_up(void)
{
	if (plugins_init() != ST_OK || mem_map(MEM_BUFFER, PAGES, (void **)&pages) != ST_OK)
		return false;
	pattern_put(page(PAGE_BELOW), ABI_PAGE_BYTES, PATTERN_SEED);
	pattern_put(page(PAGE_ABOVE), ABI_PAGE_BYTES, PATTERN_SEED + 1);
	return true;
}

static bool is_untouched(void)
{
	return pattern_check(page(PAGE_BELOW), ABI_PAGE_BYTES, PATTERN_SEED) == ABI_PAGE_BYTES &&
	       pattern_check(page(PAGE_ABOVE), ABI_PAGE_BYTES, PATTERN_SEED + 1) == ABI_PAGE_BYTES;
}

/* ---- */

static bool are_filters(const char *names)
{
	size_t bytes = strlen(names);

	return bytes > 0 && bytes < FILTERS_BYTES && *names != ',' && names[bytes - 1] != ',' &&
	       strstr(names, ",,") == NULL;
}

static bool parse(int argc, char *argv[], struct order *order)
{
	int at = 1;
	char *end;

	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		order->rounds = strtoul(argv[2], &end, 10);
		if (*argv[2] < '1' || *argv[2] > '9' || *end != 0 || end - argv[2] > ROUNDS_DIGITS_MAX)
			return false;
		at = 3;
	}
	if (argc < at + 2 || argc > at + 1 + TEXTS_MAX || !are_filters(argv[at]))
		return false;
	order->filters = argv[at];
	order->texts = argv + at + 1;
	order->text_count = (unsigned)(argc - at - 1);
	for (unsigned i = 0; i < order->text_count; i++)
		if (strlen(order->texts[i]) > TEXT_BYTES_MAX)
			return false;
	return true;
}

int main(int argc, char *argv[])
{
	struct order order = { 0 };

	if (!parse(argc, argv, &order)) {
		fprintf(stderr, "usage: host [-n ROUNDS] FILTER[,FILTER...] TEXT...\n");
		return EXIT_USAGE;
	}
	if (!set_up()) {
		fprintf(stderr, "host: there is not enough memory\n");
		return EXIT_FAILED;
	}
	if (order.rounds != 0)
		repeat(&order);
	else
		apply_all(&order);
	for (unsigned i = 0; i < order.text_count; i++)
		printf("%.*s\n", (int)texts[i].bytes, texts[i].data);
	if (!is_untouched()) {
		fprintf(stderr, "host: memory that was not lent has changed\n");
		return EXIT_DAMAGED;
	}
	if (failed != 0 && !quiet)
		fprintf(stderr, "host: what was not lent is as it was\n");
	return unchanged != 0 ? EXIT_FAILED : 0;
}
