/* SPDX-License-Identifier: BSD-2-Clause */
/* The last lines that were entered. */
#pragma once
#include <stddef.h>

enum { LINE_BYTES_MAX = 1024, HISTORY_LINES = 50 };

struct history {
	char lines[HISTORY_LINES][LINE_BYTES_MAX + 1];
	unsigned added; /* ever; the newest is at (added - 1) % HISTORY_LINES */
};

/* Empty lines, and one that is the same as the last, are not kept. At most LINE_BYTES_MAX bytes. */
void history_add(struct history *h, const char *line);
/* back: 1 is the newest. NULL: it goes not that far back. */
const char *history_line(const struct history *h, unsigned back);
