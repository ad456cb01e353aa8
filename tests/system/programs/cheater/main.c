/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile pager: libsys/contracts/pager.contract as it should not be served. It stores pages on its disk, and is
 * honest until the owner says how it should cheat on the owner's own pages (contracts/cheat.contract), and again
 * when it was started anew.
 */
#include "channels.h"
#include "contracts/cheat_server.h"
#include "tests/system/programs/cheater/cheats.h"
#include "tests/system/programs/cheater/store.h"
#include "tests/system/programs/paged.h"

static uint64_t slot_count;
static enum cheat_kind kind;
static uint32_t times, cheats; /* still to be done, done */
static uint64_t outs, seen;
static bool is_told; /* who the owner is */

/* ---- as a pager ---- */

enum status pager_serve_info(struct serving *serving, struct pager_info_reply *reply)
{
	(void)serving;
	reply->slots = slot_count;
	return ST_OK;
}

static bool is_in_store(uint64_t slot, uint64_t count, uint64_t pages)
{
	return count == pages && slot < slot_count && pages <= slot_count - slot;
}

static bool shows_marker(const uint64_t *page)
{
	for (unsigned i = 0; i + sizeof PAGED_MARKER / sizeof *page < PAGED_WORDS; i++)
		if (memcmp(page + i, PAGED_MARKER, sizeof PAGED_MARKER) == 0)
			return true;
	return false;
}

static void look(const struct pager_out_request *request)
{
	for (size_t i = 0; is_told && i < request->data_pages; i++, outs++)
		seen += shows_marker((const uint64_t *)request->data + i * PAGED_WORDS);
}

static enum status counted(enum status st)
{
	if (st != CHEAT_NOT_NOW) {
		cheats++;
		times--;
	}
	return st;
}

enum status pager_serve_out(struct serving *serving, const struct pager_out_request *request)
{
	cheat_out *cheat = times != 0 && is_told ? cheat_out_of(kind) : NULL;
	enum status st = CHEAT_NOT_NOW;

	if (!is_in_store(request->slot, request->count, request->data_pages))
		return ST_BAD_ARG;
	look(request);
	if (cheat != NULL)
		st = counted(cheat(serving, request));
	return st == CHEAT_NOT_NOW ? cheat_honest_out(serving, request) : st;
}

enum status pager_serve_in(struct serving *serving, const struct pager_in_request *request)
{
	cheat_in *cheat = NULL;
	enum status st = CHEAT_NOT_NOW;

	if (!is_in_store(request->slot, request->count, request->data_pages))
		return ST_BAD_ARG;
	if (times != 0 && store_has(request->slot, SLOT_MINE))
		cheat = cheat_in_of(kind);
	if (cheat != NULL)
		st = counted(cheat(serving, request));
	return st == CHEAT_NOT_NOW ? cheat_honest_in(serving, request) : st;
}

/* ---- as the owner's accomplice ---- */

enum status cheat_serve_mine(struct serving *serving)
{
	(void)serving;
	is_told = true;
	cheat_owner();
	return ST_OK;
}

enum status cheat_serve_how(struct serving *serving, const struct cheat_how_request *request)
{
	(void)serving;
	kind = request->kind;
	times = request->times;
	return ST_OK;
}

enum status cheat_serve_told(struct serving *serving, struct cheat_told_reply *reply)
{
	(void)serving;
	*reply = (struct cheat_told_reply){
		cheats, cheat_counts.tried, cheat_counts.refused, outs, seen, store_errors
	};
	return ST_OK;
}

int main(void)
{
	static struct serving serving = { .contracts = { &pager_server, &cheat_server },
					  .landing_pages = PAGER_SERVER_PAGES };

	if (mem_map(MEM_LANDING, PAGER_SERVER_PAGES, &serving.landing) != ST_OK)
		return 1;
	slot_count = store_open();
	serving.port = port();
	serve(&serving);
}
