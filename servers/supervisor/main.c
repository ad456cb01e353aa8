/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor: the first process. It starts the others from the system
 * description, starts again what ends, runs programs for the shell, tells what
 * runs, and powers off. It calls nobody, so nobody can hold it up; a wait is a
 * call that it answers later.
 */
#include "contracts/supervisor_server.h"
#include "kernel/abi/layout.h"
#include "servers/supervisor/children.h"
#include <string.h>

enum { CHILD_GONE = 1u << PROCESS_GONE };

static const struct description *const description = (const struct description *)LAYOUT_START_BASE;
static _Alignas(8) char bytes[SUPERVISOR_SERVER_BYTES];
static struct serving serving = { .contracts = { &supervisor_server }, .bytes = bytes, .bytes_size = sizeof bytes };

/* ---- jobs ---- */

/* True if the bytes are `count` zero-terminated strings. */
static bool are_strings(const char *text, size_t size, uint32_t count)
{
	uint32_t zeros = 0;

	for (size_t i = 0; i < size; i++)
		zeros += text[i] == 0;
	return text[size - 1] == 0 && zeros == count && count <= SUPERVISOR_ARGUMENTS_MAX;
}

enum status supervisor_serve_run(struct serving *s, const struct supervisor_run_request *request,
				 struct supervisor_run_reply *reply)
{
	(void)s;
	if (!are_strings(request->arguments, request->arguments_bytes, request->count))
		return ST_BAD_ARG;
	return children_run(request->arguments, (uint32_t)request->arguments_bytes, request->count, &reply->job);
}

enum status supervisor_serve_wait(struct serving *s, const struct supervisor_wait_request *request,
				  struct supervisor_wait_reply *reply)
{
	struct child *c = children_find_job(request->job);

	if (c == NULL)
		return ST_NOT_FOUND;
	if (c->state == CHILD_ENDED) {
		reply->exit_status = c->exit_status;
		children_forget_job(c);
		return ST_OK;
	}
	if (c->waiter != 0)
		return ST_BUSY;
	c->waiter = s->in.token;
	return ST_LATER;
}

static void hear(struct serving *s)
{
	struct supervisor_wait_reply reply;
	struct child *job;

	if (tag_kind(s->in.tag) != MESSAGE_KIND_CHILD || !(s->in.words[0] & CHILD_GONE) ||
	    !children_ended(s->in.badge, &job) || job->waiter == 0)
		return;
	reply.exit_status = job->exit_status;
	(void)supervisor_answer_wait(job->waiter, ST_OK, &reply);
	children_forget_job(job);
}

/* ---- what runs ---- */

static enum supervisor_process_state state_of(const struct child *c, const struct process_status *status)
{
	static const enum supervisor_process_state states[] = {
		[CHILD_FREE] = SUPERVISOR_PROCESS_STATE_ENDED,
		[CHILD_RUNNING] = SUPERVISOR_PROCESS_STATE_RUNNING,
		[CHILD_WAITING] = SUPERVISOR_PROCESS_STATE_WAITING,
		[CHILD_ENDED] = SUPERVISOR_PROCESS_STATE_ENDED,
		[CHILD_GIVEN_UP] = SUPERVISOR_PROCESS_STATE_GIVEN_UP,
		[CHILD_ABSENT] = SUPERVISOR_PROCESS_STATE_ABSENT,
	};

	return status->state != PROCESS_RUNNING ? SUPERVISOR_PROCESS_STATE_ENDING : states[c->state];
}

enum status supervisor_serve_list(struct serving *s, const struct supervisor_list_request *request,
				  struct supervisor_list_reply *reply)
{
	const struct child *c = children_nth(request->index);
	struct supervisor_row *row = reply->row;
	struct process_status status = { 0 };

	(void)s;
	if (c == NULL)
		return ST_NOT_FOUND;
	if (c->state == CHILD_RUNNING)
		(void)process_status(c->process, &status);
	*row = (struct supervisor_row){
		.job = c->job,
		.rank = c->record->rank,
		.state = state_of(c, &status),
		.restarts = c->restarts,
		.activity = (enum supervisor_activity)status.activity,
		.priority = status.priority,
		.fault = c->last_fault,
		.exit_code = c->last_exit_code,
		.resident_pages = status.resident_pages,
		.swapped_pages = status.swapped_pages,
		.pinned_pages = status.pinned_pages,
		.table_pages = status.table_pages,
		.kernel_bytes = status.kernel_bytes,
		.pages_in = status.pages_in,
		.pages_out = status.pages_out,
		.threads = status.threads,
		.stored_pages = status.stored_pages,
		.minor_faults = status.minor_faults,
		.major_faults = status.major_faults,
		.pages_ahead = status.pages_ahead,
	};
	strncpy(row->name, c->name, sizeof row->name - 1);
	strncpy(row->program, description_text(description, c->record->image), sizeof row->program - 1);
	return ST_OK;
}

enum status supervisor_serve_memory(struct serving *s, struct supervisor_memory_reply *reply)
{
	struct process_status status;
	enum status st = process_status(0, &status);

	(void)s;
	if (st == ST_OK)
		*reply->machine = (struct supervisor_machine){
			.ram_pages = status.ram_pages,
			.free_pages = status.free_pages,
			.swap_pages = status.swap_pages,
			.swap_used_pages = status.swap_used_pages,
			.low_mark_pages = status.low_mark_pages,
			.high_mark_pages = status.high_mark_pages,
			.pages_in = status.all_in,
			.pages_out = status.all_out,
			.dropped_pages = status.all_dropped,
			.pages_ahead = status.all_ahead,
			.ahead_used_pages = status.all_ahead_used,
			.unopened_pages = status.all_unopened,
		};
	return st;
}

/* ---- what people ask for ---- */

enum status supervisor_serve_kill(struct serving *s, const struct supervisor_kill_request *request)
{
	(void)s;
	return children_kill(request->name);
}

enum status supervisor_serve_restart(struct serving *s, const struct supervisor_restart_request *request)
{
	(void)s;
	return children_restart(request->name);
}

enum status supervisor_serve_poweroff(struct serving *s)
{
	(void)s;
	process_exit(0);
}

/* ---- serving ---- */

/* What the library does for others by their start information. */
static bool may_call(uint32_t program)
{
	const struct description_process *self = description_entry(description, 0);

	return program < DESCRIPTION_PROGRAM_WORDS * 64 && self->serve_count == 1 &&
	       (self->serves[0].clients[program / 64] >> program % 64 & 1) != 0;
}

static void take(void)
{
	if (tag_kind(serving.in.tag) == MESSAGE_KIND_CALL && !may_call(serving.in.peer))
		(void)serve_answer_status(serving.in.token, ST_NOT_ALLOWED);
	else
		serve_take(&serving);
}

int main(void)
{
	enum status st;

	if (description->magic != DESCRIPTION_MAGIC || description->version != DESCRIPTION_VERSION) {
		log_write("the system description is of another version");
		return 1;
	}
	st = children_init(description, &serving.port);
	serving.hear = hear;
	if (st == ST_OK)
		children_start_all();
	while (st == ST_OK || st == ST_TIMED_OUT) {
		children_start_due();
		st = serve_next(&serving, children_next_due());
		if (st == ST_OK)
			take();
	}
	log_write("cannot go on: %s", status_text(st));
	return 1;
}
