/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor: the first process. It starts the others from the system
 * description, runs programs for the shell, tells what runs, and powers off. It
 * calls nobody, so nobody can hold it up; a wait is a call that it answers later.
 */
#include "kernel/abi/layout.h"
#include "libsys/contracts/supervisor.h"
#include "servers/supervisor/children.h"
#include <string.h>

enum { CHILD_GONE = 1u << PROCESS_GONE };

static handle_t port;
static char arguments[SUPERVISOR_ARGUMENT_BYTES];

static void answer(uint64_t token, enum status st, uint64_t word)
{
	struct message m = { .words = { word }, .tag = tag_make((uint16_t)st) };

	(void)ipc_reply(token, &m, NULL);
}

/* True if the bytes are `count` zero-terminated strings. */
static bool are_strings(uint64_t bytes, uint64_t count)
{
	uint64_t zeros = 0;

	if (bytes == 0 || bytes > sizeof arguments || arguments[bytes - 1] != 0)
		return false;
	for (uint64_t i = 0; i < bytes; i++)
		zeros += arguments[i] == 0;
	return zeros == count && count <= SUPERVISOR_ARGUMENTS_MAX;
}

static void run(const struct message *m)
{
	uint32_t job = 0;
	enum status st = ST_BAD_ARG;

	if (are_strings(tag_bytes(m->tag), m->words[0]))
		st = children_run(arguments, (uint32_t)tag_bytes(m->tag), (uint32_t)m->words[0], &job);
	answer(m->token, st, job);
}

static void wait_for(const struct message *m)
{
	for (unsigned i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &children[i];

		if (c->record == NULL || c->job == 0 || c->job != m->words[0])
			continue;
		if (c->ended) {
			answer(m->token, ST_OK, c->exit_status);
			c->record = NULL;
		} else if (c->waiter != 0) {
			answer(m->token, ST_BUSY, 0);
		} else {
			c->waiter = m->token;
		}
		return;
	}
	answer(m->token, ST_NOT_FOUND, 0);
}

static void fill_row(struct supervisor_row *row, const struct child *c)
{
	memset(row, 0, sizeof *row);
	memcpy(row->name, c == NULL ? "supervisor" : c->record->name,
	       c == NULL ? sizeof "supervisor" : sizeof row->name);
	row->job = c == NULL ? 0 : c->job;
	row->rank = c == NULL ? 0 : c->record->rank;
	(void)process_status(c == NULL ? 0 : c->process, &row->status);
}

/* Row 0 is the supervisor itself, then every child that lives. */
static void list(const struct message *m)
{
	struct supervisor_row row;
	struct ipc_buffers b = { .send_bytes = (uaddr_t)(uintptr_t)&row };
	struct message reply = { .tag = tag_with_bytes(tag_make(ST_OK), sizeof row) };
	uint64_t left = m->words[0];
	const struct child *found = NULL;

	for (unsigned i = 0; left > 0 && i < CHILDREN_MAX; i++) {
		if (children[i].record != NULL && !children[i].ended && --left == 0)
			found = &children[i];
	}
	if (m->words[0] != 0 && found == NULL) {
		answer(m->token, ST_NOT_FOUND, 0);
		return;
	}
	fill_row(&row, found);
	if (ipc_reply(m->token, &reply, &b) != ST_OK)
		answer(m->token, ST_TOO_BIG, 0);
}

static void serve(const struct message *m)
{
	switch (tag_op(m->tag)) {
	case SUPERVISOR_RUN:
		run(m);
		return;
	case SUPERVISOR_WAIT:
		wait_for(m);
		return;
	case SUPERVISOR_LIST:
		list(m);
		return;
	case SUPERVISOR_POWEROFF:
		process_exit(0);
	default:
		answer(m->token, ST_BAD_ARG, 0);
	}
}

static void hear_of_child(const struct message *m)
{
	struct child *c = &children[m->badge % CHILDREN_MAX];

	if (!(m->words[0] & CHILD_GONE) || c->record == NULL || c->ended)
		return;
	children_ended((unsigned)(m->badge % CHILDREN_MAX));
	if (c->waiter != 0) {
		answer(c->waiter, ST_OK, c->exit_status);
		c->record = NULL;
	}
}

int main(void)
{
	const struct description *d = (const struct description *)LAYOUT_START_BASE;
	struct ipc_buffers b = { .recv_bytes = (uaddr_t)(uintptr_t)arguments, .recv_capacity = sizeof arguments };
	struct message m = { 0 };

	if (d->magic != DESCRIPTION_MAGIC || d->version != DESCRIPTION_VERSION) {
		log_write("the system description is of another version");
		return 1;
	}
	children_init(d, &port);
	children_start_all();
	for (;;) {
		if (ipc_recv(port, &m, &b, DEADLINE_NEVER) != ST_OK)
			continue;
		if (tag_kind(m.tag) == MESSAGE_KIND_CALL)
			serve(&m);
		else if (tag_kind(m.tag) == MESSAGE_KIND_CHILD)
			hear_of_child(&m);
	}
}
