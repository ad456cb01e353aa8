/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of docs/bench-format.md. No library is needed: the isolated build has none. */
#pragma once
#include <stdint.h>

/* Given by whoever links this: one line, without its end, to the first serial port. */
void report_line(const char *line, uint64_t bytes);

void report_begin(const char *system, const char *version, uint64_t hz);
void report_row(const char *name, uint64_t ops, uint64_t ticks, uint64_t bytes);
void report_note(const char *text);
void report_error(const char *text, const char *more);
void report_end(void);
