/* SPDX-License-Identifier: BSD-2-Clause */
/* See start.h. From _start to main and out again. */
#include "libsys/start.h"
#include "libsys/system.h"
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 32 };

int main(int argc, char *argv[]);
_Noreturn void libsys_start(const void *start);

static const struct start_info *info; /* NULL in the supervisor, which gets something else */

static handle_t find(const char *name, enum start_kind kind)
{
	for (uint32_t i = 0; info != NULL && i < info->handle_count; i++)
		if (info->handles[i].kind == kind && strcmp(info->handles[i].name, name) == 0)
			return info->handles[i].handle;
	return 0;
}

handle_t start_channel(const char *name) { return find(name, START_CHANNEL); }
handle_t start_device(const char *name) { return find(name, START_DEVICE); }
handle_t start_irq(const char *name) { return find(name, START_IRQ); }
handle_t start_port(void) { return find("port", START_PORT); }
const char *start_name(void) { return info == NULL ? "supervisor" : info->name; }

bool start_is_restricted(unsigned contract)
{
	return info != NULL && contract < START_SERVES_MAX && (info->restricted >> contract & 1);
}

bool start_may_call(unsigned contract, uint32_t program)
{
	if (!start_is_restricted(contract))
		return true;
	return program < START_PROGRAMS_MAX && (info->clients[contract][program / 64] >> program % 64 & 1);
}

const char *start_parameter(const char *key)
{
	const char *at = (const char *)info + (info == NULL ? 0 : info->parameters);
	size_t n = strlen(key);

	for (uint32_t i = 0; info != NULL && i < info->parameter_count; i++, at += strlen(at) + 1)
		if (strncmp(at, key, n) == 0 && at[n] == '=')
			return at + n + 1;
	return NULL;
}

_Noreturn void libsys_start(const void *start)
{
	static char *argv[ARGUMENTS_MAX + 1];
	int argc = 0;

	if (*(const uint64_t *)start == START_INFO_MAGIC) {
		const char *at = (const char *)start;

		info = start;
		at += info->arguments;
		for (; argc < (int)info->argument_count && argc < ARGUMENTS_MAX; argc++, at += strlen(at) + 1)
			argv[argc] = (char *)(uintptr_t)at; /* read-only, whatever main's type says */
	}
	exit(main(argc, argv));
}
