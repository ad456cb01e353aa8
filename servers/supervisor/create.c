/* SPDX-License-Identifier: BSD-2-Clause */
/* See create.h. A channel begins in its contract's first state, which is 0. */
#include "servers/supervisor/create.h"
#include "libsys/serve.h"
#include "libsys/start_info.h"
#include <string.h>

/* All that a process can be given fits: DESCRIPTION_PARAMETER_BYTES_MAX, SUPERVISOR_ARGUMENT_BYTES. */
enum { START_BYTES = 8192 };

/* The start information of one child, while it is being put together. */
static union {
	struct start_info info;
	char bytes[START_BYTES];
} start;
static uint32_t start_end;

_Static_assert(DESCRIPTION_PROGRAM_WORDS * 64 == (int)START_PROGRAMS_MAX, "the masks are the same");

/* ---- start information ---- */

static void start_begin(const char *name)
{
	memset(&start, 0, sizeof start);
	start.info.magic = START_INFO_MAGIC;
	strncpy(start.info.name, name, IMAGE_NAME_BYTES - 1);
	start_end = sizeof start.info;
}

/* Which programs may call each contract that the process serves. */
static void start_add_clients(const struct description_process *record)
{
	for (uint32_t i = 0; i < record->serve_count; i++)
		for (uint32_t word = 0; word < DESCRIPTION_PROGRAM_WORDS; word++) {
			start.info.clients[i][word] = record->serves[i].clients[word];
			if (~record->serves[i].clients[word] != 0)
				start.info.restricted |= 1u << i;
		}
}

/* place: of the handle among the process's first ones; an empty place has no start_handle, but counts. */
static void start_add_handle(const char *name, enum start_kind kind, uint32_t place)
{
	struct start_handle *h = &start.info.handles[start.info.handle_count];

	if (start_end + sizeof *h > START_BYTES)
		return;
	strncpy(h->name, name, START_NAME_BYTES - 1);
	h->handle = INITIAL_HANDLE(place);
	h->kind = kind;
	start.info.handle_count++;
	start_end += (uint32_t)sizeof *h;
}

static uint32_t start_add_text(const char *text, uint32_t bytes)
{
	uint32_t at = start_end;

	if (at + bytes > START_BYTES)
		return at;
	memcpy(start.bytes + at, text, bytes);
	start_end += bytes;
	return at;
}

static void start_finish(const struct creation *c)
{
	const char *parameters = description_text(c->description, c->record->parameters);

	start.info.argument_count = c->argument_count;
	start.info.arguments = start_add_text(c->arguments, c->argument_bytes);
	for (uint32_t i = 0; i < c->record->parameter_bytes; i++)
		start.info.parameter_count += parameters[i] == 0;
	start.info.parameters = start_add_text(parameters, c->record->parameter_bytes);
	start.info.bytes = start_end;
}

/* ---- handles ---- */

static void drop_channels(const struct process_params *p, handle_t port)
{
	for (uint32_t i = 0; i < p->handle_count; i++)
		if (p->handles[i] != port && p->handles[i] != 0)
			(void)handle_close(p->handles[i]);
}

static void add_port(const struct creation *c, struct process_params *p)
{
	if (c->record->serve_count == 0)
		return;
	start_add_handle("port", START_PORT, p->handle_count);
	p->handles[p->handle_count++] = c->port;
}

static enum status add_channels(const struct creation *c, struct process_params *p)
{
	const struct description_channel *use = description_channels(c->record);

	for (uint32_t i = 0; i < c->record->channel_count; i++, use++) {
		handle_t port = use->server == DESCRIPTION_NOBODY ? 0 : c->ports[use->server];
		uint32_t place = p->handle_count++;
		enum status st;

		if (port == 0 && use->optional)
			continue; /* its place stays empty */
		if (port == 0)
			return ST_PEER_GONE;
		st = channel_create(port, (uint64_t)use->serve << BADGE_STATE_BITS, use->contract, &p->handles[place],
				    NULL);
		if (st != ST_OK)
			return st;
		start_add_handle(description_text(c->description, use->name), START_CHANNEL, place);
	}
	return ST_OK;
}

static void add_devices(const struct creation *c, struct process_params *p)
{
	const struct description_claim *claim = description_claims(c->record);

	for (uint32_t i = 0; i < c->record->claim_count; i++, claim++) {
		const char *name = description_text(c->description, claim->name);
		uint32_t place = p->handle_count + 2 * i;

		p->claims[p->claim_count++] = claim->claim;
		start_add_handle(name, START_DEVICE, place);
		start_add_handle(name, START_IRQ, place + 1);
	}
}

enum status create_process(const struct creation *c, handle_t *process)
{
	static struct process_params p;
	const char *name = description_text(c->description, c->record->name);
	enum status st;

	memset(&p, 0, sizeof p);
	strncpy(p.image, description_text(c->description, c->record->image), IMAGE_NAME_BYTES - 1);
	strncpy(p.name, name, IMAGE_NAME_BYTES - 1);
	p.rank = c->record->rank;
	p.priority_cap = c->record->priority_cap;
	p.watch_port = c->watch_port;
	p.watch_badge = c->watch_badge;
	start_begin(name);
	start_add_clients(c->record);
	add_port(c, &p);
	st = add_channels(c, &p);
	add_devices(c, &p);
	start_finish(c);
	p.start = (uaddr_t)(uintptr_t)&start;
	p.start_bytes = start.info.bytes;
	if (st == ST_OK)
		st = process_create(&p, process);
	if (st != ST_OK)
		drop_channels(&p, c->port);
	return st;
}
