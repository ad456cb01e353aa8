/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a process ends. It is the one operation that involves every layer:
 *   1. condemned (process.h): for any reason, at any moment; nothing happens yet.
 *   2. ENDING: its threads stop, its ports refuse, its devices are quiet, its
 *      handles close, the parent is told. Threads whose call a server still holds remain, orphaned.
 *   3. GONE, once every call it made has been let go and every page it lent is back or
 *      freed: only now are the calls that it held given to its successor, or end (INTERRUPTED), so no two instances of a
 *      server ever act at once.
 */
#pragma once
#include "kernel/task/process.h"

/* Ends or looks again at every process that was condemned. */
void ending_run(void);
/* Closes one handle. BAD_HANDLE. */
enum status ending_close_handle(struct process *p, handle_t handle);
/* Takes apart a process that never ran. */
void ending_abort(struct process *p);
