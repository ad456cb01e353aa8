/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor's contract: programs to run, and news of all processes. A reply's operation is an enum status. */
#pragma once
#include "kernel/abi/process.h"

enum supervisor_op {
	/*
	 * word 0: number of arguments; bytes: that many zero-terminated strings, the first the program; reply:
	 * word 0 = job. NOT_FOUND: no such program. BUSY: its maximum count runs already.
	 */
	SUPERVISOR_RUN = 1,
	/*
	 * word 0: job; reply when it has ended: word 0 = exit status, 128 + fault if it was ended; once per
	 * job
	 */
	SUPERVISOR_WAIT = 2,
	/* word 0: index from 0; reply: bytes = struct supervisor_row; NOT_FOUND: there are no more */
	SUPERVISOR_LIST = 3,
	SUPERVISOR_POWEROFF = 4, /* the machine stops; no reply */
};

struct supervisor_row {
	char name[IMAGE_NAME_BYTES];
	uint32_t job; /* 0: not started at run time */
	uint32_t rank;
	struct process_status status;
};

enum { SUPERVISOR_ARGUMENT_BYTES = 2048, SUPERVISOR_ARGUMENTS_MAX = 32 };
