/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of the shell, which has a current directory; the file system has none. */
#pragma once
#include "contracts/files.h"
#include <stdbool.h>
#include <stddef.h>

enum { PATH_BYTES = FILES_PATH_MAX + 1 };

/* directory/name, or name alone if it begins with a slash. False: too long. */
bool path_join(char path[PATH_BYTES], const char *directory, const char *name, size_t name_bytes);
/* Resolves `.`, `..` and double slashes of an absolute path by its text alone, as `cd` does. */
void path_tidy(char *path);
