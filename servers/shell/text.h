/* SPDX-License-Identifier: BSD-2-Clause */
/* What a terminal may be shown of any bytes: printable ASCII and well-formed UTF-8, `?` for the rest. */
#pragma once
#include <stddef.h>

/* Bytes of the printable character that begins here, n of them are there; 0: there is none. */
size_t text_character(const char *text, size_t n);
/* Writes n bytes at most; returns how many. `to` may be `from`. */
size_t text_show(char *to, const char *from, size_t n);
/* How many columns the text takes once it is shown; every character is taken to be one wide. */
size_t text_columns(const char *text, size_t n);
