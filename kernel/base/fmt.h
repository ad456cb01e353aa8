/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text formatting for the kernel log: a subset of printf, so that compilers
 * check the calls. %s %c %d %u %x %lu %ld %lx %% with an optional width and 0 flag.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* Writes at most size - 1 characters and a zero; returns how many it wrote. Pre: size > 0. */
size_t fmt_vprint(char *to, size_t size, const char *format, va_list args);
__attribute__((format(printf, 3, 4))) size_t fmt_print(char *to, size_t size, const char *format, ...);

/* Compares two zero-terminated names of at most size bytes each. */
int fmt_name_equal(const char *a, const char *b, size_t size);
/* Copies a name, cut to size - 1 characters and always terminated; the rest is zero. */
void fmt_name_copy(char *to, const char *from, size_t size);
