/* SPDX-License-Identifier: BSD-2-Clause */
/* The other side of a measurement, memory, and whole reads and writes. */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct other start_other(bool process, void *(*body)(void *), void *argument)
{
	struct other other = { 0 };
	if (!process) {
		need(pthread_create(&other.thread, NULL, body, argument) == 0, "pthread_create");
		return other;
	}
	fflush(stdout); /* or both would write what is still in the buffer */
	other.process = fork();
	need(other.process >= 0, "fork");
	if (other.process == 0) {
		body(argument);
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	return other;
}

void join_other(struct other other)
{
	int status = 0;
	if (!other.process) {
		need(pthread_join(other.thread, NULL) == 0, "pthread_join");
		return;
	}
	need(waitpid(other.process, &status, 0) == other.process, "waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS)
		end(EXIT_FAILURE); /* it has said why */
	errno = ECANCELED;
	need(WIFEXITED(status), "a process was killed");
}

void *fresh(size_t bytes, bool touched)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(memory != MAP_FAILED, "mmap");
	if (touched)
		memset(memory, 1, bytes);
	return memory;
}

void give_back(void *memory, size_t bytes) { need(munmap(memory, bytes) == 0, "munmap"); }

void write_all(int fd, const void *data, size_t bytes)
{
	for (const char *at = data; bytes;) {
		ssize_t done = write(fd, at, bytes);
		need(done > 0, "write");
		at += done;
		bytes -= (size_t)done;
	}
}

void read_all(int fd, void *data, size_t bytes)
{
	for (char *at = data; bytes;) {
		ssize_t done = read(fd, at, bytes);
		need(done > 0, "read");
		at += done;
		bytes -= (size_t)done;
	}
}
