/* SPDX-License-Identifier: BSD-2-Clause */
/* See filters.h. Each does on purpose what a plug-in does by mistake, or to do harm. */
#include "libsys/ipc.h"
#include "servers/plugin/filters.h"
#include <string.h>

enum { WILD_ADDRESS = 0xdead000, BOAST_BYTES = 1 << 20, NO_STATUS = 999 };

static enum status crash(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving, (void)text;
	*(volatile char *)(uintptr_t)WILD_ADDRESS = 1;
	*new_bytes = bytes;
	return ST_OK;
}

static _Noreturn void spin(void)
{
	for (;;)
		__asm__ volatile("pause");
}

/* Until something stops it. */
static _Noreturn void fill(volatile char *at)
{
	for (;;)
		*at++ = '!';
}

static enum status loop(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving, (void)text, (void)bytes, (void)new_bytes;
	spin();
}

/* Fills what it was lent, and does not stop there. */
static enum status overrun(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving, (void)bytes, (void)new_bytes;
	fill(text);
}

static enum status silent(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving, (void)text, (void)bytes, (void)new_bytes;
	return ST_LATER;
}

/* An answer that is none of the contract's: its status does not exist. */
static enum status lies(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	const struct message m = { .words = { bytes }, .tag = tag_make(NO_STATUS) };

	(void)text, (void)new_bytes;
	(void)ipc_reply(serving->in.token, &m, NULL);
	return ST_LATER;
}

/* A well-formed answer that is not true. */
static enum status boasts(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	(void)serving, (void)text;
	*new_bytes = bytes + BOAST_BYTES;
	return ST_OK;
}

/* Answers as it should, and then writes to the pages that were lent: the host works on with them. */
static enum status keeps(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes)
{
	const struct filter_change_reply reply = { .new_bytes = bytes };

	(void)new_bytes;
	(void)filter_answer_change(serving->in.token, ST_OK, &reply);
	fill(text);
}

const struct filter bad_filters[] = {
	{ "crash", crash }, { "loop", loop },     { "overrun", overrun }, { "silent", silent },
	{ "lies", lies },   { "boasts", boasts }, { "keeps", keeps },     { 0 },
};
