/* SPDX-License-Identifier: BSD-2-Clause */
/* See children.h. The supervisor calls nobody, so nothing here blocks. */
#include "servers/supervisor/children.h"
#include "libsys/contracts/supervisor.h"
#include "libsys/start_info.h"
#include <string.h>

enum { START_BYTES = 8192 };

struct child children[CHILDREN_MAX];

static const struct description *system_description;
static handle_t ports[64]; /* by process index: the port it serves, as its maker holds it */
static handle_t own_port;
static uint32_t next_job, starts;

/* The start information of one child, while it is being put together. */
static union {
	struct start_info info;
	char bytes[START_BYTES];
} start;
static uint32_t start_end;

void children_init(const struct description *description, handle_t *port)
{
	system_description = description;
	if (port_create(PORT_RANK_OWN, &own_port) != ST_OK)
		process_exit(1);
	ports[0] = own_port;
	*port = own_port;
}

/* ---- start information ---- */

static void start_begin(const struct description_process *record)
{
	memset(&start, 0, sizeof start);
	start.info.magic = START_INFO_MAGIC;
	memcpy(start.info.name, record->name, IMAGE_NAME_BYTES);
	start_end = sizeof start.info;
}

static void start_add_handle(const char *name, enum start_kind kind)
{
	struct start_handle *h = &start.info.handles[start.info.handle_count];

	if (start_end + sizeof *h > START_BYTES)
		return;
	strncpy(h->name, name, START_NAME_BYTES - 1);
	h->handle = INITIAL_HANDLE(start.info.handle_count);
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

static void start_finish(const struct description_process *record, const char *arguments, uint32_t bytes,
			 uint32_t count)
{
	const char *parameters = (const char *)system_description + record->parameters;

	start.info.argument_count = count;
	start.info.arguments = start_add_text(arguments, bytes);
	for (uint32_t i = 0; i < record->parameter_bytes; i++)
		start.info.parameter_count += parameters[i] == 0;
	start.info.parameters = start_add_text(parameters, record->parameter_bytes);
	start.info.bytes = start_end;
}

/* ---- making one ---- */

static void drop_handles(const struct process_params *p)
{
	for (uint32_t i = 0; i < p->handle_count; i++)
		if (p->handles[i] != own_port)
			(void)handle_close(p->handles[i]);
}

static enum status add_port(const struct description_process *record, uint32_t index, struct process_params *p)
{
	handle_t port;
	enum status st;

	if (record->serve_count == 0)
		return ST_OK;
	st = port_create(record->rank, &port);
	if (st != ST_OK)
		return st;
	ports[index] = port;
	p->handles[p->handle_count++] = port;
	start_add_handle("port", START_PORT);
	return ST_OK;
}

static enum status add_channels(const struct description_process *record, struct process_params *p)
{
	for (uint32_t i = 0; i < record->channel_count; i++) {
		const struct description_channel *c = &record->channels[i];
		enum status st;

		if (ports[c->server] == 0) {
			if (c->optional)
				continue;
			return ST_PEER_GONE;
		}
		st = channel_create(ports[c->server], 0, c->contract, &p->handles[p->handle_count], NULL);
		if (st != ST_OK)
			return st;
		p->handle_count++;
		start_add_handle(c->name, START_CHANNEL);
	}
	return ST_OK;
}

static void add_devices(const struct description_process *record, struct process_params *p)
{
	for (uint32_t i = 0; i < record->claim_count; i++) {
		p->claims[p->claim_count++] = record->claims[i].claim;
		start_add_handle(record->claims[i].name, START_DEVICE);
		start_add_handle(record->claims[i].name, START_IRQ);
	}
}

static struct child *free_place(unsigned *index)
{
	for (*index = 0; *index < CHILDREN_MAX; ++*index)
		if (children[*index].record == NULL)
			return &children[*index];
	return NULL;
}

/* Makes a process of a record. index: where its port goes. Nothing is left behind on error. */
static enum status make(const struct description_process *record, uint32_t index, const char *arguments, uint32_t bytes,
			uint32_t count, struct child **made)
{
	static struct process_params p;
	unsigned place;
	struct child *c = free_place(&place);
	enum status st;

	if (c == NULL)
		return ST_NO_MEMORY;
	memset(&p, 0, sizeof p);
	memcpy(p.image, record->image, IMAGE_NAME_BYTES);
	memcpy(p.name, record->name, IMAGE_NAME_BYTES);
	p.rank = record->rank;
	p.priority_cap = record->priority_cap;
	p.watch_port = own_port;
	p.watch_badge = place;
	start_begin(record);
	st = add_port(record, index, &p);
	if (st == ST_OK)
		st = add_channels(record, &p);
	add_devices(record, &p);
	start_finish(record, arguments, bytes, count);
	p.start = (uaddr_t)(uintptr_t)&start;
	p.start_bytes = start.info.bytes;
	if (st == ST_OK)
		st = process_create(&p, &c->process);
	if (st != ST_OK) {
		drop_handles(&p);
		if (record->serve_count != 0)
			ports[index] = 0;
		return st;
	}
	*c = (struct child){ .record = record, .process = c->process, .started = ++starts };
	*made = c;
	return ST_OK;
}

void children_start_all(void)
{
	for (uint32_t i = 1; i < system_description->process_count; i++) {
		const struct description_process *r = &system_description->processes[i];
		struct child *c;
		enum status st = make(r, i, r->name, (uint32_t)strlen(r->name) + 1, 1, &c);

		if (st == ST_NOT_FOUND)
			log_write("%s: not started: its device is not there", r->name);
		else if (st == ST_PEER_GONE)
			log_write("%s: not started: a server that it needs is not there", r->name);
		else if (st != ST_OK)
			log_write("%s: not started: %s", r->name, status_text(st));
	}
}

/* ---- run time ---- */

static const struct description_process *kind_of(const char *name)
{
	for (uint32_t i = 0; i < system_description->kind_count; i++) {
		const struct description_process *r = &system_description
							       ->processes[system_description->process_count + i];

		if (strncmp(r->name, name, IMAGE_NAME_BYTES) == 0)
			return r;
	}
	return NULL;
}

/* A job that ended and that nobody waited for makes room when it must. */
static void forget_oldest(void)
{
	struct child *oldest = NULL;

	for (unsigned i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &children[i];

		if (c->record == NULL)
			return;
		if (c->ended && c->job != 0 && (oldest == NULL || c->started < oldest->started))
			oldest = c;
	}
	if (oldest != NULL)
		oldest->record = NULL;
}

enum status children_run(const char *arguments, uint32_t bytes, uint32_t count, uint32_t *job)
{
	const struct description_process *kind = kind_of(arguments);
	uint32_t running = 0;
	struct child *c;
	enum status st;

	if (kind == NULL)
		return ST_NOT_FOUND;
	for (unsigned i = 0; i < CHILDREN_MAX; i++)
		running += children[i].record == kind && !children[i].ended;
	if (running >= kind->max_count)
		return ST_BUSY;
	forget_oldest();
	st = make(kind, 0, arguments, bytes, count, &c);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_PEER_GONE : st;
	c->job = ++next_job;
	*job = c->job;
	return ST_OK;
}

void children_ended(unsigned i)
{
	struct child *c = &children[i];
	struct process_status s;

	if (process_status(c->process, &s) != ST_OK)
		s = (struct process_status){ .fault = 1 };
	c->exit_status = s.fault != 0 ? 128 + s.fault : s.exit_code;
	(void)handle_close(c->process);
	c->process = 0;
	c->ended = true;
	if (c->job != 0)
		return;
	if (s.fault != 0)
		log_write("%s ended: %s", c->record->name, fault_text(s.fault));
	else
		log_write("%s exited with code %u", c->record->name, (unsigned)s.exit_code);
}
