/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of the description and the jobs: the record of each, whether it
 * runs, when it is started again, the ports that outlive their servers.
 */
#pragma once
#include "libsys/ipc.h"
#include "servers/supervisor/restart.h"
#include <stdbool.h>

enum { JOBS_MAX = 96 };

enum child_state {
	CHILD_FREE = 0, /* a job's place that is nobody's */
	CHILD_RUNNING,
	CHILD_WAITING,  /* it ended, or could not be started, and will be started when it is due */
	CHILD_ENDED,    /* and stays so; of a job only the exit status is left */
	CHILD_GIVEN_UP, /* it failed too often */
	CHILD_ABSENT,   /* it is optional, and at boot its device or its server was not there */
};

enum child_wish { WISH_NONE, WISH_KILL, WISH_RESTART };

struct child {
	const struct description_process *record;
	const char *name;
	enum child_state state;
	enum child_wish wish; /* why it was stopped */
	handle_t process;     /* 0: this process itself, or none */
	struct restart_history history;
	uint32_t restarts;                   /* since the boot */
	uint32_t last_fault, last_exit_code; /* how the last instance ended; 0 if none has */
	uint32_t job;                        /* 0: of the description */
	uint32_t order;                      /* of a job: counts up */
	unsigned exit_status;                /* of a job that ended: a code, or 128 + fault */
	uint64_t waiter;                     /* token of the call that waits for a job, or 0 */
};

/* Takes the description; makes the supervisor's own port. */
enum status children_init(const struct description *description, handle_t *port);
/* Starts every process of the description, servers first. What is optional may be left out; that is said. */
void children_start_all(void);

/* ---- time ---- */

/* When children_start_due has something to do; DEADLINE_NEVER: nothing is due. */
uint64_t children_next_due(void);
void children_start_due(void);
/* News of the child that process_create was given this badge for. True: it is gone, and *child is of a job. */
bool children_ended(uint64_t badge, struct child **job);

/* ---- what people ask for ---- */

/* The n-th that is not FREE, or NULL; the supervisor is the first. */
const struct child *children_nth(uint64_t n);
struct child *children_find_job(uint64_t job);
void children_forget_job(struct child *job);
/* Starts a program of a kind; arguments: zero-terminated strings, the first its name. NOT_FOUND, BUSY, or why not. */
enum status children_run(const char *arguments, uint32_t bytes, uint32_t count, uint32_t *job);
/*
 * name: of a process of the description, of a program, or "%" and a job's number. NOT_FOUND: there is none. BUSY:
 * several jobs have the name. NOT_ALLOWED: it is the supervisor or the pager. PEER_GONE: it does not run.
 */
enum status children_kill(const char *name);
/* Stops it if it runs, then starts it as if it had never failed. NOT_ALLOWED: of a job, too. PEER_GONE: a server or device that it needs is not there. */
enum status children_restart(const char *name);
