/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's client side: libsys/contracts/console.h as functions. All may block. */
#pragma once
#include "libsys/contracts/console.h"
#include "libsys/system.h"

enum status console_write(handle_t console, enum console_stream stream, const void *data, size_t bytes);
/* At least one byte, at most `size`; *got says how many. size is at least CONSOLE_READ_MAX. */
enum status console_read(handle_t console, void *data, size_t size, size_t *got);
enum status console_mode(handle_t console, enum console_mode mode);
enum status console_status(handle_t console, unsigned exit_status);
