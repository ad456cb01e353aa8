/* SPDX-License-Identifier: BSD-2-Clause */
/* See history.h. */
#include "servers/shell/history.h"
#include <string.h>

void history_add(struct history *h, const char *line)
{
	const char *last = history_line(h, 1);

	if (line[0] == 0 || (last != NULL && strcmp(last, line) == 0))
		return;
	strcpy(h->lines[h->added++ % HISTORY_LINES], line);
}

const char *history_line(const struct history *h, unsigned back)
{
	if (back == 0 || back > h->added || back > HISTORY_LINES)
		return NULL;
	return h->lines[(h->added - back) % HISTORY_LINES];
}
