/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps loans: each lies in a window of its own until all go back at once. */
#include "contracts/keep_server.h"
#include "libsys/start.h"

enum { LOANS_MAX = 16 };

static struct serving serving = { .contracts = { &keep_server }, .landing_pages = KEEP_SERVER_PAGES };
static uint64_t tokens[LOANS_MAX];
static uint32_t loans;

static void *window(uint32_t i)
{
	static char *windows;

	if (windows == NULL && mem_map(MEM_LANDING, (LOANS_MAX + 1) * KEEP_SERVER_PAGES, (void **)&windows) != ST_OK)
		return NULL;
	return windows + (size_t)i * KEEP_SERVER_PAGES * ABI_PAGE_BYTES;
}

enum status keep_serve_borrow(struct serving *s, const struct keep_borrow_request *request)
{
	(void)request;
	if (loans == LOANS_MAX)
		return ST_BUSY;
	tokens[loans++] = s->in.token;
	serving_use_landing(s, window(loans));
	return ST_LATER;
}

/* Whoever lent them is not there any more: that is said, and the pages go. */
enum status keep_serve_release(struct serving *s, struct keep_release_reply *reply)
{
	reply->loans = loans;
	while (loans > 0)
		(void)keep_answer_borrow(tokens[--loans], ST_OK);
	serving_use_landing(s, window(0));
	return ST_OK;
}

int main(void)
{
	serving.landing = window(0);
	if (serving.landing == NULL)
		return 1;
	serving.port = start_port();
	serve(&serving);
}
