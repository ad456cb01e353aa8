/* SPDX-License-Identifier: BSD-2-Clause */
/* See path.h. */
#include "servers/shell/path.h"
#include <string.h>

bool path_join(char path[PATH_BYTES], const char *directory, const char *name, size_t name_bytes)
{
	size_t n = name_bytes > 0 && name[0] == '/' ? 0 : strlen(directory);
	bool slash = n > 0 && directory[n - 1] != '/';

	if (name_bytes > FILES_PATH_MAX || n + slash + name_bytes > FILES_PATH_MAX)
		return false;
	memcpy(path, directory, n);
	if (slash)
		path[n++] = '/';
	memcpy(path + n, name, name_bytes);
	path[n + name_bytes] = 0;
	return true;
}

static bool is_name(const char *at, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(at, name, n) == 0;
}

void path_tidy(char *path)
{
	size_t out = 0, n;

	for (const char *at = path; *at != 0; at += n) {
		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 0 || is_name(at, n, "."))
			continue;
		if (is_name(at, n, "..")) {
			while (out > 0 && path[--out] != '/')
				;
			continue;
		}
		path[out++] = '/'; /* what is written never overtakes what is read: each name had a slash */
		memmove(path + out, at, n);
		out += n;
	}
	if (out == 0)
		path[out++] = '/';
	path[out] = 0;
}
