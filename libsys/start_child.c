/* SPDX-License-Identifier: BSD-2-Clause */
/* See start_child.h. */
#include "libsys/start_child.h"
#include "libsys/ipc.h"
#include <string.h>

/* ---- start information ---- */

/* Where n more bytes of it are; NULL if they do not fit. */
static void *append(struct start_child *c, uint32_t bytes)
{
	uint32_t at = c->start.info.bytes;

	if (bytes > START_CHILD_BYTES - at) {
		c->too_big = true;
		return NULL;
	}
	c->start.info.bytes += bytes;
	return c->start.bytes + at;
}

void start_child_begin(struct start_child *c, const char *image, const char *name)
{
	memset(c, 0, sizeof *c);
	strncpy(c->params.image, image, IMAGE_NAME_BYTES - 1);
	strncpy(c->params.name, name, IMAGE_NAME_BYTES - 1);
	c->params.rank = RANK_BELOW;
	c->params.priority_cap = UINT32_MAX;
	c->start.info.magic = START_INFO_MAGIC;
	c->start.info.bytes = sizeof c->start.info;
	memcpy(c->start.info.name, c->params.name, IMAGE_NAME_BYTES);
}

/* place: of the handle among the child's first ones. */
static void add_handle(struct start_child *c, const char *name, enum start_kind kind, uint32_t place)
{
	struct start_handle *h = append(c, sizeof *h);

	if (h == NULL)
		return;
	strncpy(h->name, name, START_NAME_BYTES - 1);
	h->handle = INITIAL_HANDLE(place);
	h->kind = kind;
	c->start.info.handle_count++;
}

/* The place of one more handle. process_create refuses a child with too many. */
static uint32_t next_place(struct start_child *c, handle_t handle)
{
	uint32_t place = c->params.handle_count++;

	if (place < PROCESS_HANDLES_MAX)
		c->params.handles[place] = handle;
	return place;
}

void start_child_port(struct start_child *c, handle_t port)
{
	c->serves = true;
	add_handle(c, "port", START_PORT, next_place(c, port));
}

void start_child_use(struct start_child *c, const char *name, handle_t channel)
{
	uint32_t place = next_place(c, channel);

	if (channel != 0)
		add_handle(c, name, START_CHANNEL, place);
}

void start_child_device(struct start_child *c, const char *name, const struct device_claim *claim)
{
	uint32_t n = c->params.claim_count++;
	uint32_t place = c->params.handle_count + 2 * n;

	if (n < PROCESS_CLAIMS_MAX)
		c->params.claims[n] = *claim;
	add_handle(c, name, START_DEVICE, place);
	add_handle(c, name, START_IRQ, place + 1);
}

void start_child_clients(struct start_child *c, unsigned contract, const uint64_t clients[2])
{
	memcpy(c->start.info.clients[contract], clients, sizeof c->start.info.clients[contract]);
	if (~clients[0] != 0 || ~clients[1] != 0)
		c->start.info.restricted |= 1u << contract;
}

/* Where the text is, from the start of the information. */
static uint32_t add_text(struct start_child *c, const char *text, uint32_t bytes)
{
	uint32_t at = c->start.info.bytes;
	char *to = append(c, bytes);

	if (to != NULL)
		memcpy(to, text, bytes);
	return at;
}

void start_child_arguments(struct start_child *c, const char *arguments, uint32_t bytes, uint32_t count)
{
	c->start.info.argument_count = count;
	c->start.info.arguments = add_text(c, arguments, bytes);
}

void start_child_parameters(struct start_child *c, const char *parameters, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		c->start.info.parameter_count += parameters[i] == 0;
	c->start.info.parameters = add_text(c, parameters, bytes);
}

/* ---- the process ---- */

void start_child_drop(struct start_child *c)
{
	for (uint32_t i = c->serves ? 1 : 0; i < c->params.handle_count && i < PROCESS_HANDLES_MAX; i++)
		if (c->params.handles[i] != 0)
			(void)handle_close(c->params.handles[i]);
	c->params.handle_count = 0;
}

enum status start_child_create(struct start_child *c, handle_t *process)
{
	enum status st = ST_TOO_BIG;

	*process = 0;
	c->params.start = (uaddr_t)(uintptr_t)&c->start;
	c->params.start_bytes = c->start.info.bytes;
	if (!c->too_big)
		st = process_create(&c->params, process);
	if (st != ST_OK)
		start_child_drop(c);
	return st;
}

/* ---- a child that serves its maker ---- */

enum status child_server_prepare(struct child_server *s, struct start_child *c, uint64_t contract)
{
	handle_t port;
	enum status st = port_create(RANK_BELOW, &port);

	*s = (struct child_server){ 0 };
	if (st != ST_OK)
		return st;
	st = channel_create(port, 0, contract, &s->channel, NULL);
	if (st == ST_OK)
		start_child_port(c, port);
	else
		(void)handle_close(port);
	return st;
}

enum status child_server_create(struct child_server *s, struct start_child *c)
{
	enum status st = start_child_create(c, &s->process);

	(void)handle_close(c->params.handles[0]);
	if (st == ST_OK)
		return st;
	(void)handle_close(s->channel);
	*s = (struct child_server){ 0 };
	return st;
}

static enum status wait_gone(handle_t process, handle_t news, struct process_status *how)
{
	struct message m;

	for (;;) {
		enum status st = process_status(process, how);

		if (st != ST_OK || how->state == PROCESS_GONE)
			return st;
		st = ipc_recv(news, &m, NULL, DEADLINE_NEVER);
		if (st != ST_OK)
			return st;
	}
}

enum status child_server_end(struct child_server *s, handle_t news, struct process_status *how)
{
	enum status st = process_stop(s->process);

	if (st == ST_OK)
		st = wait_gone(s->process, news, how);
	(void)handle_close(s->process);
	(void)handle_close(s->channel);
	*s = (struct child_server){ 0 };
	return st;
}
