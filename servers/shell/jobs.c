/* SPDX-License-Identifier: BSD-2-Clause */
/* See jobs.h. Owns the list of jobs in the background; the builtins run and wait. */
#include "servers/shell/jobs.h"
#include "kernel/abi/fault.h"
#include "kernel/abi/image.h"
#include "servers/shell/builtin.h"
#include "servers/shell/out.h"
#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 32 };

struct job {
	uint32_t number;
	char name[IMAGE_NAME_BYTES];
};
static struct job jobs[JOBS_MAX]; /* in the background, not yet waited for, the oldest first */
static unsigned job_count;

/* The words one after the other, each with its zero. TOO_BIG: they are more than a program can be given. */
static enum status pack(unsigned count, char *words[], char *to, size_t *bytes)
{
	*bytes = 0;
	if (count > SUPERVISOR_ARGUMENTS_MAX)
		return ST_TOO_BIG;
	for (unsigned i = 0; i < count; i++) {
		size_t n = strlen(words[i]) + 1;

		if (n > SUPERVISOR_ARGUMENT_BYTES - *bytes)
			return ST_TOO_BIG;
		memcpy(to + *bytes, words[i], n);
		*bytes += n;
	}
	return ST_OK;
}

static enum status start(unsigned count, char *words[], struct job *job)
{
	static char arguments[SUPERVISOR_ARGUMENT_BYTES];
	size_t bytes;
	enum status st = pack(count, words, arguments, &bytes);

	if (st != ST_OK)
		return st;
	*job = (struct job){ 0 };
	strncpy(job->name, words[0], sizeof job->name - 1);
	return supervisor_run(shell.supervisor, count, arguments, bytes, &job->number);
}

static unsigned say_not_started(const char *name, enum status st)
{
	switch (st) {
	case ST_NOT_FOUND:
	case ST_BAD_ARG: /* no program can have such a name */
		out_error("%s: command not found", name);
		return STATUS_NOT_FOUND;
	case ST_BUSY:
		out_error("%s: as many of it run already as may run at once", name);
		break;
	case ST_TOO_BIG:
		out_error("%s: a program takes at most %d words of %d bytes together", name, SUPERVISOR_ARGUMENTS_MAX,
			  SUPERVISOR_ARGUMENT_BYTES);
		break;
	case ST_NO_MEMORY:
		out_error("%s: there is not enough memory to start it", name);
		break;
	default:
		out_error("%s: cannot be started: %s", name, status_text(st));
	}
	return STATUS_CANNOT_RUN;
}

static unsigned await(const struct job *job)
{
	uint32_t status = 0;
	enum status st = supervisor_wait(shell.supervisor, job->number, &status);

	if (st != ST_OK) {
		out_error("%s: cannot be waited for: %s", job->name, status_text(st));
		return STATUS_FAILED;
	}
	if (status > STATUS_FAULT)
		out_error("%s: ended: %s", job->name, fault_text(status - STATUS_FAULT));
	return status;
}

static unsigned put_in_background(const struct job *job)
{
	jobs[job_count++] = *job;
	out_error("[%u]", (unsigned)job->number);
	return 0;
}

unsigned jobs_run(unsigned count, char *words[], bool background)
{
	struct job job;
	enum status st;

	if (background && job_count == JOBS_MAX) {
		out_error("%s: %d jobs are in the background; `wait` for them first", words[0], JOBS_MAX);
		return STATUS_CANNOT_RUN;
	}
	out_flush();
	st = start(count, words, &job);
	if (st != ST_OK)
		return say_not_started(words[0], st);
	return background ? put_in_background(&job) : await(&job);
}

unsigned builtin_run(unsigned count, char *words[])
{
	return count < 2 ? builtin_usage(words[0]) : jobs_run(count - 1, words + 1, false);
}

static unsigned await_nth(unsigned i)
{
	struct job job = jobs[i];

	job_count--;
	memmove(jobs + i, jobs + i + 1, (job_count - i) * sizeof jobs[0]);
	return await(&job);
}

unsigned builtin_wait(unsigned count, char *words[])
{
	unsigned status = 0;
	char *end;

	if (count > 2)
		return builtin_usage(words[0]);
	out_flush();
	if (count == 2) {
		unsigned long number = strtoul(words[1], &end, 10);

		for (unsigned i = 0; i < job_count && *end == 0; i++)
			if (jobs[i].number == number)
				return await_nth(i);
		out_error("wait: %s: no such job in the background", words[1]);
		return STATUS_NOT_FOUND;
	}
	while (job_count > 0)
		status = await_nth(0);
	return status;
}
