/* SPDX-License-Identifier: BSD-2-Clause */
/* See create.h. A channel begins in its contract's first state, which is 0. */
#include "servers/supervisor/create.h"
#include "libsys/serve.h"
#include "libsys/start_child.h"

_Static_assert(DESCRIPTION_PROGRAM_WORDS * 64 == (int)START_PROGRAMS_MAX, "the masks are the same");

/* Which programs may call each contract that the process serves. */
static void add_clients(struct start_child *child, const struct description_process *record)
{
	for (uint32_t i = 0; i < record->serve_count; i++)
		start_child_clients(child, i, record->serves[i].clients);
}

static enum status add_channels(struct start_child *child, const struct creation *c)
{
	const struct description_channel *use = description_channels(c->record);

	for (uint32_t i = 0; i < c->record->channel_count; i++, use++) {
		handle_t port = use->server == DESCRIPTION_NOBODY ? 0 : c->ports[use->server];
		handle_t channel = 0;
		enum status st = ST_OK;

		if (port != 0)
			st = channel_create(port, (uint64_t)use->serve << BADGE_STATE_BITS, use->contract, &channel,
					    NULL);
		else if (!use->optional)
			st = ST_PEER_GONE;
		if (st != ST_OK)
			return st;
		start_child_use(child, description_text(c->description, use->name), channel);
	}
	return ST_OK;
}

static void add_devices(struct start_child *child, const struct creation *c)
{
	const struct description_claim *claim = description_claims(c->record);

	for (uint32_t i = 0; i < c->record->claim_count; i++, claim++)
		start_child_device(child, description_text(c->description, claim->name), &claim->claim);
}

static void add_texts(struct start_child *child, const struct creation *c)
{
	const char *parameters = description_text(c->description, c->record->parameters);

	start_child_arguments(child, c->arguments, c->argument_bytes, c->argument_count);
	start_child_parameters(child, parameters, c->record->parameter_bytes);
}

enum status create_process(const struct creation *c, handle_t *process)
{
	static struct start_child child;
	enum status st;

	start_child_begin(&child, description_text(c->description, c->record->image),
			  description_text(c->description, c->record->name));
	child.params.rank = c->record->rank;
	child.params.priority_cap = c->record->priority_cap;
	child.params.watch_port = c->watch_port;
	child.params.watch_badge = c->watch_badge;
	add_clients(&child, c->record);
	if (c->record->serve_count != 0)
		start_child_port(&child, c->port);
	st = add_channels(&child, c);
	if (st != ST_OK) {
		start_child_drop(&child);
		return st;
	}
	add_devices(&child, c);
	add_texts(&child, c);
	return start_child_create(&child, process);
}
