/* SPDX-License-Identifier: BSD-2-Clause */
/* See filters.h. */
#include "servers/plugin/filters.h"
#include <ctype.h>
#include <stdio.h>

static enum status upper(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving;
	for (uint64_t i = 0; i < bytes; i++)
		text[i] = (char)toupper((unsigned char)text[i]);
	*new_bytes = bytes;
	return ST_OK;
}

static char rotated(char c)
{
	const char first = isupper((unsigned char)c) ? 'A' : 'a';

	return isalpha((unsigned char)c) ? (char)(first + (c - first + 13) % 26) : c;
}

static enum status rot13(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving;
	for (uint64_t i = 0; i < bytes; i++)
		text[i] = rotated(text[i]);
	*new_bytes = bytes;
	return ST_OK;
}

/* The text becomes "LINES WORDS BYTES", for which there is room in any page. */
static enum status wc(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	unsigned long lines = 0, words = 0;
	bool between = true;

	(void)serving;
	for (uint64_t i = 0; i < bytes; i++) {
		bool space = isspace((unsigned char)text[i]);

		lines += text[i] == '\n';
		words += between && !space;
		between = space;
	}
	*new_bytes = (uint64_t)snprintf(text, ABI_PAGE_BYTES, "%lu %lu %lu", lines, words, (unsigned long)bytes);
	return ST_OK;
}

const struct filter good_filters[] = {
	{ "upper", upper },
	{ "rot13", rot13 },
	{ "wc", wc },
	{ 0 },
};
