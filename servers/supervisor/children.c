/* SPDX-License-Identifier: BSD-2-Clause */
/* See children.h. The supervisor calls nobody, so nothing here blocks. */
#include "servers/supervisor/children.h"
#include "kernel/abi/fault.h"
#include "servers/supervisor/create.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 64, FAULT_STATUS = 128, REASON_BYTES = 96 };

static const struct description *description;
static struct child *children; /* the processes of the description, by their index there; then JOBS_MAX places */
static handle_t *ports;        /* of the processes of the description; ports[0] is the supervisor's own */
static uint32_t services, places;
static uint32_t next_job;

enum status children_init(const struct description *d, handle_t *port)
{
	description = d;
	services = d->process_count;
	places = services + JOBS_MAX;
	children = calloc(places, sizeof *children);
	ports = calloc(services, sizeof *ports);
	if (children == NULL || ports == NULL)
		return ST_NO_MEMORY;
	for (uint32_t i = 0; i < services; i++) {
		children[i].record = description_entry(d, i);
		children[i].name = description_text(d, children[i].record->name);
		children[i].state = CHILD_ENDED;
	}
	children[0].state = CHILD_RUNNING;
	*port = 0;
	if (port_create(PORT_RANK_OWN, port) != ST_OK)
		return ST_NO_MEMORY;
	ports[0] = *port;
	return ST_OK;
}

static uint32_t index_of(const struct child *c) { return (uint32_t)(c - children); }

/* ---- starting ---- */

static enum status create(struct child *c, handle_t port, const char *arguments, uint32_t bytes, uint32_t count)
{
	const struct creation how = {
		.description = description,
		.record = c->record,
		.ports = ports,
		.port = port,
		.watch_port = ports[0],
		.watch_badge = index_of(c),
		.arguments = arguments,
		.argument_bytes = bytes,
		.argument_count = count,
	};
	enum status st = create_process(&how, &c->process);

	if (st != ST_OK)
		return st;
	c->state = CHILD_RUNNING;
	c->wish = WISH_NONE;
	c->history.started_ns = clock_now();
	return ST_OK;
}

/* The port of a server stays from one instance to the next, and calls wait at it. */
static enum status start(struct child *c)
{
	handle_t *port = &ports[index_of(c)];
	enum status st = ST_OK;

	if (c->record->serve_count != 0 && *port == 0)
		st = port_create(c->record->rank, port);
	return st == ST_OK ? create(c, *port, c->name, (uint32_t)strlen(c->name) + 1, 1) : st;
}

/* Nobody follows it: its clients are told, and what they call ends. */
static void close_port(const struct child *c)
{
	handle_t *port = &ports[index_of(c)];

	if (*port != 0)
		(void)handle_close(*port);
	*port = 0;
}

/* ---- starting again ---- */

static void decide(struct child *c, enum restart_end end, const char *reason)
{
	uint64_t now = clock_now();

	switch (restart_decide(&c->record->restart, &c->history, end, now)) {
	case RESTART_LATER:
		c->state = CHILD_WAITING;
		log_write("%s: %s; it is started again in %lu ms", c->name, reason,
			  (unsigned long)((c->history.due_ns - now) / 1000000));
		return;
	case RESTART_GIVE_UP:
		c->state = CHILD_GIVEN_UP;
		log_write("%s: %s; given up after %u failures in a row", c->name, reason,
			  (unsigned)c->history.failures);
		break;
	default:
		c->state = CHILD_ENDED;
		log_write("%s: %s", c->name, reason);
		break;
	}
	close_port(c);
}

static const char *why_not(enum status st)
{
	switch (st) {
	case ST_NOT_FOUND:
		return "not started: its device is not there";
	case ST_PEER_GONE:
		return "not started: a server that it needs is not there";
	case ST_NO_MEMORY:
		return "not started: there is not enough memory";
	default:
		return status_text(st);
	}
}

static enum status start_again(struct child *c)
{
	enum status st = start(c);

	if (st != ST_OK) {
		decide(c, st == ST_NO_MEMORY ? RESTART_NO_MEMORY : RESTART_NOT_STARTED, why_not(st));
		return st;
	}
	c->restarts++;
	log_write("%s: started again", c->name);
	return ST_OK;
}

void children_start_all(void)
{
	for (uint32_t i = 1; i < services; i++) {
		struct child *c = &children[i];
		enum status st = start(c);

		if ((st == ST_NOT_FOUND || st == ST_PEER_GONE) && (c->record->flags & DESCRIPTION_OPTIONAL)) {
			log_write("%s: %s", c->name, why_not(st));
			c->state = CHILD_ABSENT;
			close_port(c);
		} else if (st != ST_OK) {
			decide(c, RESTART_NOT_STARTED, why_not(st));
		}
	}
}

uint64_t children_next_due(void)
{
	uint64_t next = DEADLINE_NEVER;

	for (uint32_t i = 1; i < services; i++)
		if (children[i].state == CHILD_WAITING && children[i].history.due_ns < next)
			next = children[i].history.due_ns;
	return next;
}

void children_start_due(void)
{
	for (uint32_t i = 1; i < services; i++)
		if (children[i].state == CHILD_WAITING && children[i].history.due_ns <= clock_now())
			(void)start_again(&children[i]);
}

/* ---- ends ---- */

static void service_ended(struct child *c, const struct process_status *s)
{
	enum restart_end end = s->fault == 0 && s->exit_code == 0 ? RESTART_EXITED : RESTART_FAILED;
	char reason[REASON_BYTES];

	if (c->wish == WISH_RESTART) {
		(void)start_again(c);
		return;
	}
	if (s->fault != 0)
		snprintf(reason, sizeof reason, "ended: %s", fault_text(s->fault));
	else
		snprintf(reason, sizeof reason, "exited with code %u", (unsigned)s->exit_code);
	decide(c, c->wish == WISH_KILL ? RESTART_KILLED : end, reason);
}

bool children_ended(uint64_t badge, struct child **job)
{
	struct child *c = &children[badge % places];
	struct process_status s;

	if (c->state != CHILD_RUNNING || c->process == 0)
		return false;
	if (process_status(c->process, &s) != ST_OK)
		s = (struct process_status){ .fault = FAULT_STOPPED };
	(void)handle_close(c->process);
	c->process = 0;
	c->last_fault = s.fault;
	c->last_exit_code = s.exit_code;
	if (c->job == 0) {
		service_ended(c, &s);
		return false;
	}
	c->exit_status = s.fault != 0 ? FAULT_STATUS + s.fault : s.exit_code;
	c->state = CHILD_ENDED;
	*job = c;
	return true;
}

/* ---- finding ---- */

const struct child *children_nth(uint64_t n)
{
	for (uint32_t i = 0; i < places; i++) {
		bool listed = i < services || children[i].state == CHILD_RUNNING;

		if (listed && n-- == 0)
			return &children[i];
	}
	return NULL;
}

struct child *children_find_job(uint64_t job)
{
	for (uint32_t i = services; i < places; i++)
		if (children[i].state != CHILD_FREE && children[i].job == job)
			return &children[i];
	return NULL;
}

void children_forget_job(struct child *job) { *job = (struct child){ .state = CHILD_FREE }; }

/* What runs under a name: a process of the description, or a job. */
static enum status find(const char *name, struct child **found)
{
	unsigned count = 0;
	char *end;

	if (name[0] == '%') {
		*found = children_find_job(strtoul(name + 1, &end, 10));
		return *found == NULL || *end != 0 || end == name + 1 ? ST_NOT_FOUND : ST_OK;
	}
	for (uint32_t i = 0; i < places; i++) {
		struct child *c = &children[i];
		bool there = i < services || c->state == CHILD_RUNNING;

		if (!there || strcmp(c->name, name) != 0)
			continue;
		*found = c;
		count++;
	}
	return count == 0 ? ST_NOT_FOUND : count == 1 ? ST_OK : ST_BUSY;
}

/* ---- jobs ---- */

static const struct description_process *kind_of(const char *name)
{
	for (uint32_t i = 0; i < description->kind_count; i++) {
		const struct description_process *r = description_entry(description, services + i);

		if (strcmp(description_text(description, r->name), name) == 0)
			return r;
	}
	return NULL;
}

/* A free place; a job that ended and that nobody waited for makes room when it must. */
static struct child *job_place(void)
{
	struct child *oldest = NULL;

	for (uint32_t i = services; i < places; i++) {
		struct child *c = &children[i];

		if (c->state == CHILD_FREE)
			return c;
		if (c->state == CHILD_ENDED && (oldest == NULL || c->order < oldest->order))
			oldest = c;
	}
	if (oldest != NULL)
		children_forget_job(oldest);
	return oldest;
}

/* A job's port is its own: when it ends, its clients are told. */
static enum status create_job(struct child *c, const char *arguments, uint32_t bytes, uint32_t count)
{
	handle_t port = 0;
	enum status st = ST_OK;

	if (c->record->serve_count != 0)
		st = port_create(c->record->rank, &port);
	if (st == ST_OK)
		st = create(c, port, arguments, bytes, count);
	if (port != 0)
		(void)handle_close(port);
	return st;
}

enum status children_run(const char *arguments, uint32_t bytes, uint32_t count, uint32_t *job)
{
	const struct description_process *kind = kind_of(arguments);
	uint32_t running = 0;
	struct child *c;
	enum status st;

	if (kind == NULL)
		return ST_NOT_FOUND;
	for (uint32_t i = services; i < places; i++)
		running += children[i].record == kind && children[i].state == CHILD_RUNNING;
	if (running >= kind->max_count)
		return ST_BUSY;
	c = job_place();
	if (c == NULL)
		return ST_NO_MEMORY;
	*c = (struct child){ .record = kind, .name = description_text(description, kind->name) };
	st = create_job(c, arguments, bytes, count);
	if (st != ST_OK) {
		children_forget_job(c);
		return st == ST_NOT_FOUND ? ST_PEER_GONE : st;
	}
	c->job = c->order = ++next_job;
	*job = c->job;
	return ST_OK;
}

/* ---- kill and restart ---- */

static bool is_protected(const struct child *c) { return (c->record->flags & DESCRIPTION_SUPERVISOR) != 0; }

static enum status stop(struct child *c, enum child_wish wish)
{
	c->wish = wish;
	return process_stop(c->process);
}

enum status children_kill(const char *name)
{
	struct child *c;
	enum status st = find(name, &c);

	if (st != ST_OK)
		return st;
	if (is_protected(c))
		return ST_NOT_ALLOWED;
	return c->state == CHILD_RUNNING ? stop(c, WISH_KILL) : ST_PEER_GONE;
}

enum status children_restart(const char *name)
{
	struct child *c;
	enum status st = find(name, &c);

	if (st != ST_OK)
		return st;
	if (is_protected(c) || c->job != 0)
		return ST_NOT_ALLOWED;
	c->history.failures = 0;
	if (c->state == CHILD_RUNNING)
		return stop(c, WISH_RESTART);
	st = start_again(c);
	return st == ST_NOT_FOUND ? ST_PEER_GONE : st; /* it is the device that was not found */
}
