/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the Linux peer share: a program that is the only process of a Linux under QEMU, measures it and
 * prints the lines of docs/bench-format.md. One CPU, so a round trip is two switches.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PAGE_BYTES = 4096, WARM_UP = 16 };

/* One row: measure does `ops` operations, after WARM_UP unmeasured ones where the first differ, and calls report once. */
struct bench {
	const char *name;
	void (*measure)(const struct bench *self);
	unsigned ops;
	size_t bytes;   /* payload of an operation, where there is one */
	bool elsewhere; /* the other side is another process, not a thread: where there are both */
};

static inline uint64_t ticks(void) { return __builtin_ia32_rdtsc(); }

/* Prints a row. */
void report(const struct bench *self, uint64_t ticks);
/* Prints errno's reason and ends the run if `good` does not hold. */
void need(bool good, const char *what);

/* Ends this process; the first one takes the machine with it. */
_Noreturn void end(int status);

/* The other side: runs body(argument) in a process or a thread; join waits for it, and ends the run if it failed. */
struct other {
	pid_t process; /* 0: a thread */
	pthread_t thread;
};
struct other start_other(bool process, void *(*body)(void *), void *argument);
void join_other(struct other other);

/* Fresh memory, read and writable, every page of it present if `touched`. */
void *fresh(size_t bytes, bool touched);
void give_back(void *memory, size_t bytes);

void write_all(int fd, const void *data, size_t bytes);
void read_all(int fd, void *data, size_t bytes);

/* ipc.c */
void measure_getpid(const struct bench *self);
void measure_pipe(const struct bench *self);
void measure_unix(const struct bench *self);
void measure_eventfd(const struct bench *self);
void measure_futex(const struct bench *self);
void measure_mq(const struct bench *self);
/* bulk.c */
void measure_bulk_pipe(const struct bench *self);
void measure_readv(const struct bench *self);
void measure_memfd(const struct bench *self);
/* memory.c */
void measure_map_unmap(const struct bench *self);
void measure_map_touch_unmap(const struct bench *self);
void measure_minor_fault(const struct bench *self);
void measure_userfaultfd(const struct bench *self);
void measure_tmpfs_read(const struct bench *self);
void measure_tmpfs_create(const struct bench *self);
/* life.c */
void measure_thread(const struct bench *self);
void measure_fork(const struct bench *self);
void measure_fork_exec(const struct bench *self);
void measure_vfork_exec(const struct bench *self);
void measure_spawn(const struct bench *self);
