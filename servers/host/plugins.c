/* SPDX-License-Identifier: BSD-2-Clause */
/* See plugins.h. Owns the port where the host hears of its plug-ins' ends, and nothing else. */
#include "servers/host/plugins.h"
#include <stdio.h>
#include <string.h>

enum { NS_PER_MS = 1000000, ARGUMENTS_BYTES = 64 };

static handle_t news;

enum status plugins_init(void) { return port_create(PORT_RANK_OWN, &news); }

enum status plugin_start(struct plugin *p, const char *filter)
{
	static struct start_child child;
	char arguments[ARGUMENTS_BYTES];
	int length = snprintf(arguments, sizeof arguments, "plugin%c%s", 0, filter);
	enum status st;

	if (length >= (int)sizeof arguments)
		return ST_TOO_BIG;
	start_child_begin(&child, "plugin", "plugin");
	child.params.watch_port = news;
	st = child_server_prepare(&p->child, &child, FILTER_CONTRACT);
	if (st != ST_OK)
		return st;
	start_child_arguments(&child, arguments, (uint32_t)length + 1, 2);
	return child_server_create(&p->child, &child);
}

enum status plugin_change(struct plugin *p, char *pages, uint64_t count, uint64_t *bytes)
{
	struct filter_channel filter = { p->child.channel };
	uint64_t until = clock_now() + (uint64_t)PLUGIN_DEADLINE_MS * NS_PER_MS, new_bytes;
	enum status st = filter_change(filter, *bytes, pages, count, &new_bytes, until);

	if (st != ST_OK)
		return st;
	/* The message's shape was checked; what a number means is for the host to check. */
	if (new_bytes > count * ABI_PAGE_BYTES)
		return ST_BAD_MESSAGE;
	*bytes = new_bytes;
	return ST_OK;
}

void plugin_end(struct plugin *p, enum status st, char reason[PLUGIN_REASON_BYTES])
{
	struct process_status before = { 0 }, after;

	(void)process_status(p->child.process, &before);
	if (before.state != PROCESS_RUNNING && before.fault != 0)
		snprintf(reason, PLUGIN_REASON_BYTES, "ended: %s (%#lx)", fault_text(before.fault),
			 (unsigned long)before.fault_address);
	else if (before.state != PROCESS_RUNNING && before.exit_code == FILTER_EXIT_UNKNOWN)
		snprintf(reason, PLUGIN_REASON_BYTES, "knows no such filter");
	else if (before.state != PROCESS_RUNNING)
		snprintf(reason, PLUGIN_REASON_BYTES, "exited with code %u", (unsigned)before.exit_code);
	else if (st == ST_TIMED_OUT)
		snprintf(reason, PLUGIN_REASON_BYTES, "did not answer within %u ms and was stopped",
			 PLUGIN_DEADLINE_MS);
	else
		snprintf(reason, PLUGIN_REASON_BYTES, "was stopped: %s", status_text(st));
	(void)child_server_end(&p->child, news, &after);
}
