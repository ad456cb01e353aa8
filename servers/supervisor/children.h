/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting processes from the system description: their ports and channels,
 * their start information, their record while they live.
 */
#pragma once
#include "libsys/ipc.h"
#include "servers/supervisor/description.h"
#include <stdbool.h>

enum { CHILDREN_MAX = 96 };

struct child {
	const struct description_process *record; /* NULL: the place is free */
	handle_t process;
	uint32_t job;         /* 0: started with the system */
	uint32_t started;     /* counts up; for jobs that are gone it is their order */
	bool ended;           /* gone; only the exit status is left */
	unsigned exit_status; /* once ended: a code, or 128 + fault */
	uint64_t waiter;      /* token of the SUPERVISOR_WAIT for it, or 0 */
};

extern struct child children[CHILDREN_MAX];

/* Takes the description; makes the supervisor's own port. */
void children_init(const struct description *description, handle_t *port);
/*
 * Starts every process of the description, servers first; what is optional and lacks its device is left out, and
 * said so.
 */
void children_start_all(void);
/* Starts a program of a kind; arguments: zero-terminated strings, the first its name. NOT_FOUND, BUSY, or why not. */
enum status children_run(const char *arguments, uint32_t bytes, uint32_t count, uint32_t *job);
/* News of child i: it is gone. Its handle is closed, its exit status kept. */
void children_ended(unsigned i);
