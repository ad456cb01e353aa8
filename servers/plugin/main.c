/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plugin NAME: serves libsys/contracts/filter.contract by one of the tables of filters. It has nothing but its port: no
 * console, no files, no memory of others but the pages that it is lent.
 */
#include "channels.h"
#include "servers/plugin/filters.h"
#include <string.h>

static const struct filter *filter;
static struct serving serving = { .contracts = { &filter_server } };

enum status filter_serve_change(struct serving *s, const struct filter_change_request *request,
				struct filter_change_reply *reply)
{
	if (request->bytes > request->text_pages * ABI_PAGE_BYTES)
		return ST_BAD_ARG;
	return filter->change(s, request->text, request->bytes, &reply->new_bytes);
}

static const struct filter *find(const struct filter *table, const char *name)
{
	while (table->name != NULL && strcmp(table->name, name) != 0)
		table++;
	return table->name == NULL ? NULL : table;
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";

	filter = find(good_filters, name);
	if (filter == NULL)
		filter = find(bad_filters, name);
	if (filter == NULL)
		return FILTER_EXIT_UNKNOWN;
	if (mem_map(MEM_LANDING, FILTER_SERVER_PAGES, &serving.landing) != ST_OK)
		return 1;
	serving.landing_pages = FILTER_SERVER_PAGES;
	serving.port = port();
	serve(&serving);
}
