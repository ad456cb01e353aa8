/* SPDX-License-Identifier: BSD-2-Clause */
/* What the builtins about files share. */
#pragma once
#include "contracts/files.h"
#include <stdbool.h>

/* Says "COMMAND: NAME: what happened" as an error; returns STATUS_FAILED. */
unsigned files_fail(const char *command, const char *name, enum status st);
/* False, and says so: there is no disk. */
bool files_are_there(const char *command);
/* The absolute path of a name that the user gave, valid until the next call. NULL: there can be none. */
const char *files_path(const char *name);
/* `open` hands out a channel, so a file system that dies over it leaves it undone; to ask once more does no harm. */
enum status files_open_retrying(const char *path, struct files_channel *opened, uint64_t *size_bytes,
				enum files_type *type);
