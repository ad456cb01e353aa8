/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether and when what ended is started again: a pure function of the rules of
 * its manifest, what happened before, how it ended, and the time.
 */
#pragma once
#include "servers/supervisor/description.h"

enum restart_end {
	RESTART_EXITED,      /* by itself, with code 0 */
	RESTART_FAILED,      /* by a fault, or with another code */
	RESTART_KILLED,      /* somebody asked for it: no failure */
	RESTART_NOT_STARTED, /* it was due, and could not be started */
	RESTART_NO_MEMORY,   /* nor for want of memory, which is no failure of its own: it is tried on */
};

enum restart_decision {
	RESTART_NO,      /* its policy has it stay ended */
	RESTART_LATER,   /* when due_ns has come */
	RESTART_GIVE_UP, /* it failed too often in a row */
};

struct restart_history {
	uint64_t started_ns; /* the last instance; kept by the caller */
	uint64_t due_ns;     /* of RESTART_LATER: when */
	uint32_t failures;   /* in a row: none of these instances lived for healthy_ms */
};

/* The history is changed to what holds after the decision. Times are those of clock_now. */
enum restart_decision restart_decide(const struct description_restart *rules, struct restart_history *h,
				     enum restart_end end, uint64_t now_ns);
