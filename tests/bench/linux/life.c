/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and processes from their creation to their end, which is waited for. */
#define _GNU_SOURCE
#include "bench.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char tiny[] = "/tiny"; /* tiny.c: the smallest program */
static char *const words[] = { tiny, NULL };

static void *nothing(void *argument) { return argument; }

void measure_thread(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		join_other(start_other(false, nothing, NULL));
	report(self, ticks() - begun);
}

void measure_fork(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		join_other(start_other(true, nothing, NULL));
	report(self, ticks() - begun);
}

static void *become_tiny(void *argument)
{
	execv(tiny, words);
	_exit(EXIT_FAILURE);
	return argument;
}

void measure_fork_exec(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		join_other(start_other(true, become_tiny, NULL));
	report(self, ticks() - begun);
}

void measure_vfork_exec(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++) {
		struct other other = { .process = vfork() };
		if (other.process == 0) {
			execv(tiny, words);
			_exit(EXIT_FAILURE);
		}
		join_other(other);
	}
	report(self, ticks() - begun);
}

void measure_spawn(const struct bench *self)
{
	char *const no_environment[] = { NULL };
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++) {
		struct other other = { 0 };
		need(posix_spawn(&other.process, tiny, NULL, NULL, words, no_environment) == 0, "posix_spawn");
		join_other(other);
	}
	report(self, ticks() - begun);
}
