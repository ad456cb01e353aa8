/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See full.h. A call may be held while others are served, so there are two landing
 * windows: one for what comes next, one for what the held call has lent.
 */
#include "libsys/pattern.h"
#include "servers/pong/full.h"

enum { NS_PER_MS = 1000000, WINDOWS = 2, STACK_PAGES = 4 };

static _Alignas(8) char bytes[PING_SERVER_BYTES];
static void *windows[WINDOWS];

struct serving full = { .contracts = { &ping_server }, .bytes = bytes, .bytes_size = sizeof bytes };

/* The one call that is held; its pages are in the window that is not full.landing. */
static uint64_t held_token; /* 0: none */
static uint64_t held_until_ns;

/* ---- handlers ---- */

enum status ping_serve_who(struct serving *serving, struct ping_who_reply *reply)
{
	reply->value = serving_value(serving);
	return ST_OK;
}

enum status ping_serve_bytes(struct serving *serving, const struct ping_bytes_request *request,
			     struct ping_bytes_reply *reply)
{
	(void)serving;
	if (pattern_check(request->data, request->data_bytes, request->seed) != request->data_bytes)
		return ST_BAD_ARG;
	pattern_put(reply->back, request->data_bytes, request->seed + 1);
	reply->back_bytes = request->data_bytes;
	return ST_OK;
}

static enum status check_pages(const void *data, uint64_t pages, uint64_t seed)
{
	uint64_t size = pages * ABI_PAGE_BYTES;

	return pattern_check(data, size, seed) == size ? ST_OK : ST_BAD_ARG;
}

enum status ping_serve_lend_read(struct serving *serving, const struct ping_lend_read_request *request)
{
	(void)serving;
	return check_pages(request->data, request->data_pages, request->seed);
}

static enum status advance_pages(void *data, uint64_t pages, uint64_t seed)
{
	enum status st = check_pages(data, pages, seed);

	if (st == ST_OK)
		pattern_put(data, pages * ABI_PAGE_BYTES, seed + 1);
	return st;
}

enum status ping_serve_lend_write(struct serving *serving, const struct ping_lend_write_request *request)
{
	(void)serving;
	return advance_pages(request->data, request->data_pages, request->seed);
}

enum status ping_serve_give(struct serving *serving, const struct ping_give_request *request,
			    struct ping_give_reply *reply)
{
	(void)serving;
	reply->back = request->data;
	reply->back_pages = request->data_pages;
	return advance_pages(request->data, request->data_pages, request->seed);
}

static void release(void)
{
	(void)ping_answer_hold(held_token, ST_OK); /* a caller that is gone needs no answer */
	held_token = 0;
}

enum status ping_serve_hold(struct serving *serving, const struct ping_hold_request *request)
{
	uint64_t ms = request->ms < PING_HOLD_MS_MAX ? request->ms : PING_HOLD_MS_MAX;

	if (held_token != 0)
		release();
	held_token = serving->in.token;
	held_until_ns = clock_now() + ms * NS_PER_MS;
	serving_use_landing(serving, serving->landing == windows[0] ? windows[1] : windows[0]);
	return ST_LATER;
}

/* ---- the loop ---- */

static void run(void *unused)
{
	enum status st = ST_OK;

	(void)unused;
	while (st == ST_OK || st == ST_TIMED_OUT) {
		st = serve_next(&full, held_token != 0 ? held_until_ns : DEADLINE_NEVER);
		if (st == ST_OK)
			serve_take(&full);
		else if (st == ST_TIMED_OUT)
			release();
	}
	log_write("cannot receive: %s", status_text(st));
	process_exit(1);
}

enum status full_start(void)
{
	enum status st = port_create(PORT_RANK_OWN, &full.port);

	for (unsigned i = 0; st == ST_OK && i < WINDOWS; i++)
		st = mem_map(MEM_LANDING, PING_SERVER_PAGES, &windows[i]);
	full.landing = windows[0];
	full.landing_pages = PING_SERVER_PAGES;
	return st == ST_OK ? thread_start(run, NULL, STACK_PAGES) : st;
}
