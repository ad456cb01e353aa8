/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system log: a ring in memory, copied to the first serial port as it is
 * written. Lines begin with the time since boot.
 */
#pragma once
#include <stddef.h>

enum { LOG_RING_BYTES = 16384, LOG_LINE_BYTES = 400 };

/* One line, without its newline. Long lines are cut. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* A line that a process wrote: under its name, unprintable bytes shown as '?'. */
void log_process_line(const char *name, const char *text, size_t bytes);

/* The ring, for the debugger and the crash record: total bytes ever written; byte i is at i % LOG_RING_BYTES. */
extern char log_ring[LOG_RING_BYTES];
extern size_t log_written;
