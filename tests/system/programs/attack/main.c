/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attack NAME [N]: one attack. It says `NAME: survived`, or what went wrong and exits with 1. attack list: their
 * names.
 */
#include "libsys/raw.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct attack *const tables[] = { call_attacks, memory_attacks, many_attacks, talk_attacks,
					       leaving_attacks };

enum { TABLES = sizeof tables / sizeof *tables };

bool check(bool condition, const char *text, int line)
{
	if (!condition)
		printf("attack: line %d: not so: %s\n", line, text);
	return condition;
}

uint64_t address_of(const volatile void *p) { return (uint64_t)(uintptr_t)p; }

uint64_t raw_call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t args[6] = { a, b, c, d };

	return system_call(nr, args);
}

uint64_t free_pages(void)
{
	struct process_status s;

	return process_status(0, &s) == ST_OK ? s.free_pages : 0;
}

static int play(const char *role, unsigned long n)
{
	int code = call_role(role, n);

	if (code < 0)
		code = memory_role(role, n);
	if (code < 0)
		code = leaving_role(role, n);
	return code >= 0 ? code : talk_role(role, n);
}

static const struct attack *find(const char *name, bool list)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (const struct attack *a = tables[t]; a->name != NULL; a++) {
			if (list)
				printf("%s\n", a->name);
			else if (strcmp(a->name, name) == 0)
				return a;
		}
	return NULL;
}

int main(int argc, char *argv[])
{
	const struct attack *a;

	if (argc == 3 && party_is_child())
		return play(argv[1], strtoul(argv[2], NULL, 0));
	a = argc > 1 ? find(argv[1], strcmp(argv[1], "list") == 0) : NULL;
	if (a == NULL)
		return argc > 1 && strcmp(argv[1], "list") == 0 ? 0 : 2;
	if (!a->run(argc > 2 ? strtoul(argv[2], NULL, 0) : a->n))
		return 1;
	printf("%s: survived\n", a->name);
	return 0;
}
