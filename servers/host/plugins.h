/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plug-ins as the host sees them: a process each, with one channel. Whatever one does, it is asked with a deadline, and
 * ended when it has failed; nothing that it does reaches further than the pages that it is lent.
 */
#pragma once
#include "contracts/filter.h"
#include "libsys/start_child.h"
#include <stdbool.h>

enum { PLUGIN_DEADLINE_MS = 1000, PLUGIN_REASON_BYTES = 160 };

struct plugin {
	struct child_server child;
};

static inline bool plugin_is_there(const struct plugin *p) { return p->child.process != 0; }

enum status plugins_init(void);
/* One with this filter. */
enum status plugin_start(struct plugin *p, const char *filter);
/*
 * Has it change the text in these pages; *bytes: before and after. Any error: the pages hold anything, or nothing if they
 * did not come back, and the plug-in is not to be used any more.
 */
enum status plugin_change(struct plugin *p, char *pages, uint64_t count, uint64_t *bytes);
/* Ends it. reason: what became of it, in words, after the error that plugin_change returned. */
void plugin_end(struct plugin *p, enum status st, char reason[PLUGIN_REASON_BYTES]);
