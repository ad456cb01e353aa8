/* SPDX-License-Identifier: BSD-2-Clause */
/* See cheats.h. With a run of pages it is the first that is cheated with, unless said: the one that somebody waits for. */
#include "tests/system/programs/cheater/cheats.h"
#include "channels.h"
#include "contracts/cheat_server.h"
#include "tests/system/programs/cheater/store.h"
#include <string.h>

enum { PAGE = ABI_PAGE_BYTES, PATIENCE_NS = 50000000 };

struct cheat_counts cheat_counts;

static bool mine;                        /* what is stored is the owner's */
static _Alignas(PAGE) char before[PAGE]; /* the last page that was brought in */
static bool has_before;
static uint64_t pair[2]; /* two slots whose pages are in each other's place */

void cheat_owner(void) { mine = true; }

/* ---- honest ---- */

enum status cheat_honest_in(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = store_read(r->slot, r->data, r->data_pages * PAGE);

	(void)serving;
	memcpy(before, r->data, PAGE);
	has_before = true;
	return st;
}

enum status cheat_honest_out(struct serving *serving, const struct pager_out_request *r)
{
	(void)serving;
	return store_write(r->slot, r->data, r->data_pages, mine);
}

/* ---- other content ---- */

static enum status noise(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);

	memset(r->data, 0x5a, PAGE);
	return st;
}

static enum status zeros(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);

	memset(r->data, 0, PAGE);
	return st;
}

static enum status flip_bit(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);

	((char *)r->data)[PAGE / 2] ^= 0x10;
	return st;
}

static enum status old(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = store_has(r->slot, SLOT_OLD) ? cheat_honest_in(serving, r) : CHEAT_NOT_NOW;

	return st == ST_OK ? store_read_old(r->slot, r->data) : st;
}

static enum status other(struct serving *serving, const struct pager_in_request *r, bool of_owner)
{
	enum status st = store_find(r->slot, SLOT_MINE, of_owner, &pair[1]) ? cheat_honest_in(serving, r)
									    : CHEAT_NOT_NOW;

	return st == ST_OK ? store_read(pair[1], r->data, PAGE) : st;
}

static enum status another(struct serving *serving, const struct pager_in_request *r)
{
	return other(serving, r, false);
}

static enum status swapped(struct serving *serving, const struct pager_in_request *r)
{
	if (r->slot == pair[1] && pair[0] != pair[1])
		return store_read(pair[0], r->data, PAGE);
	pair[0] = r->slot;
	return other(serving, r, true);
}

static enum status repeated(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = has_before ? store_read(r->slot, r->data, r->data_pages * PAGE) : CHEAT_NOT_NOW;

	(void)serving;
	if (st == ST_OK)
		memcpy(r->data, before, PAGE);
	return st;
}

static enum status few(struct serving *serving, const struct pager_in_request *r)
{
	(void)serving;
	return store_read(r->slot, r->data, r->data_pages > 1 ? (r->data_pages - 1) * PAGE : PAGE / 2);
}

/* ---- answers at the wrong time, of the wrong form ---- */

/* A call that should fail in this way. */
static void expect(enum status st, enum status refusal)
{
	cheat_counts.tried++;
	cheat_counts.refused += st == refusal;
	if (st != refusal)
		log_write("not refused: %s", status_text(st));
}

static enum status early(struct serving *serving, const struct pager_in_request *r)
{
	(void)r;
	(void)pager_answer_in(serving->in.token, ST_OK);
	return ST_LATER;
}

/* The window is empty by then: whoever passes it to a call ends. */
static enum status late(struct serving *serving, const struct pager_in_request *r)
{
	(void)early(serving, r);
	(void)cheat_honest_in(serving, r);
	return ST_LATER;
}

static enum status many(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);
	struct message bytes = { .tag = tag_with_bytes(ST_OK, PAGE) };
	struct message pages = { .tag = tag_with_pages(ST_OK, MESSAGE_PAGES_GIVEN, 1) };
	struct ipc_buffers b = { .send_bytes = (uint64_t)(uintptr_t)before, .send_pages = (uint64_t)(uintptr_t)before };

	expect(ipc_reply(serving->in.token, &bytes, &b), ST_TOO_BIG);
	expect(ipc_reply(serving->in.token, &pages, &b), ST_NOT_FLIPPABLE);
	return st;
}

static enum status twice(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);

	(void)pager_answer_in(serving->in.token, st);
	expect(pager_answer_in(serving->in.token, ST_OK), ST_STALE);
	return ST_LATER;
}

static enum status forged(struct serving *serving, const struct pager_in_request *r)
{
	for (unsigned bit = 0; bit < 64; bit++)
		expect(pager_answer_in(serving->in.token ^ 1ull << bit, ST_OK), ST_STALE);
	return cheat_honest_in(serving, r);
}

static enum status never(struct serving *serving, const struct pager_in_request *r)
{
	(void)serving;
	(void)r;
	return ST_LATER;
}

static enum status error_in(struct serving *serving, const struct pager_in_request *r)
{
	(void)serving;
	(void)r;
	return ST_IO_ERROR;
}

static enum status error_out(struct serving *serving, const struct pager_out_request *r)
{
	(void)serving;
	(void)r;
	return ST_IO_ERROR;
}

/* ---- the frames ---- */

static enum status unmap(struct serving *serving, const struct pager_in_request *r)
{
	expect(mem_unmap(r->data, r->data_pages), ST_BUSY);
	return cheat_honest_in(serving, r);
}

static enum status give(struct serving *serving, const struct pager_in_request *r)
{
	struct message m = { .tag = tag_with_pages(tag_make(1), MESSAGE_PAGES_GIVEN, r->data_pages) };
	struct ipc_buffers b = { .send_pages = (uint64_t)(uintptr_t)r->data };

	expect(ipc_call(channel_keep().handle, &m, &b, clock_now() + PATIENCE_NS), ST_NOT_FLIPPABLE);
	return cheat_honest_in(serving, r);
}

static enum status under_dma(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);
	uint64_t bus[PAGER_RUN_MAX];

	if (dma_map(device_disk(), r->data, r->data_pages, bus) != ST_OK)
		return CHEAT_NOT_NOW;
	expect(pager_answer_in(serving->in.token, st), ST_BUSY);
	(void)dma_unmap(device_disk(), r->data, r->data_pages);
	return st;
}

static enum status keep_in(struct serving *serving, const struct pager_in_request *r)
{
	enum status st = cheat_honest_in(serving, r);

	(void)keep_borrow(channel_keep(), r->data, r->data_pages, clock_now() + PATIENCE_NS);
	return st;
}

static enum status keep_out(struct serving *serving, const struct pager_out_request *r)
{
	enum status st = cheat_honest_out(serving, r);

	(void)keep_borrow(channel_keep(), r->data, r->data_pages, clock_now() + PATIENCE_NS);
	return st;
}

static enum status write_out(struct serving *serving, const struct pager_out_request *r)
{
	(void)serving;
	*(volatile char *)(uintptr_t)r->data = 1;
	return ST_OK;
}

/* ---- death ---- */

static enum status die_in(struct serving *serving, const struct pager_in_request *r)
{
	(void)serving;
	(void)r;
	__builtin_trap();
}

static enum status die_out(struct serving *serving, const struct pager_out_request *r)
{
	(void)serving;
	(void)r;
	__builtin_trap();
}

cheat_in *cheat_in_of(unsigned kind)
{
	static cheat_in *const of[CHEAT_KIND_ERROR_OUT + 1] = {
		[CHEAT_KIND_WRONG] = noise,       [CHEAT_KIND_ZEROS] = zeros,       [CHEAT_KIND_OLD] = old,
		[CHEAT_KIND_SWAPPED] = swapped,   [CHEAT_KIND_ANOTHER] = another,   [CHEAT_KIND_FLIPPED] = flip_bit,
		[CHEAT_KIND_REPEATED] = repeated, [CHEAT_KIND_FEW] = few,           [CHEAT_KIND_EARLY] = early,
		[CHEAT_KIND_LATE] = late,         [CHEAT_KIND_MANY] = many,         [CHEAT_KIND_TWICE] = twice,
		[CHEAT_KIND_FORGED] = forged,     [CHEAT_KIND_UNMAP] = unmap,       [CHEAT_KIND_GIVE] = give,
		[CHEAT_KIND_DMA] = under_dma,     [CHEAT_KIND_KEEP_IN] = keep_in,   [CHEAT_KIND_DIE_IN] = die_in,
		[CHEAT_KIND_NEVER] = never,       [CHEAT_KIND_ERROR_IN] = error_in,
	};

	return of[kind];
}

cheat_out *cheat_out_of(unsigned kind)
{
	static cheat_out *const of[CHEAT_KIND_ERROR_OUT + 1] = {
		[CHEAT_KIND_KEEP_OUT] = keep_out,
		[CHEAT_KIND_WRITE_OUT] = write_out,
		[CHEAT_KIND_DIE_OUT] = die_out,
		[CHEAT_KIND_ERROR_OUT] = error_out,
	};

	return of[kind];
}
