/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shell writes. Output is gathered and goes to the console in large
 * pieces; errors go at once, after what was written before them. Bytes that a
 * terminal should not see are shown as `?` when a person is there, and only then.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* A person is at the terminal (from the start), or a script reads. */
void out_set_interactive(bool interactive);
bool out_is_interactive(void);

void out_bytes(const void *bytes, size_t n); /* as they are */
void out_text(const char *text);             /* as it is */
void out_name(const char *name, size_t n);   /* may hold anything */
/* At most 255 bytes. */
__attribute__((format(printf, 1, 2))) void out_print(const char *format, ...);
void out_flush(void);
/* A line, at most OUT_ERROR_BYTES, on the stream for errors. */
__attribute__((format(printf, 1, 2))) void out_error(const char *format, ...);

enum { OUT_ERROR_BYTES = 4608 };
