/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own output: the first serial port, polled. Never blocks for longer than the line takes. */
#pragma once
#include <stddef.h>

void hal_console_write(const char *text, size_t bytes);
