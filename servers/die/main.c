/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * die KIND: ends, or survives, by one of the tables of kinds. `die list` prints
 * NAME STATUS TEXT a line; STATUS is the exit status to expect on this CPU: 128 + the
 * number of kernel/abi/fault.h, or 0 for what must do no harm.
 */
#include "servers/die/kinds.h"
#include "libsys/system.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS = 256, EXIT_DEFAULT = 42 };

static void run_exit(void) { process_exit(EXIT_DEFAULT); }
static void run_abort(void) { abort(); }
static void run_thread_exit(void) { thread_exit(); }

static void run_spin(void)
{
	for (;;)
		__asm__ volatile("pause");
}

static const struct kind end_kinds[] = {
	KIND("exit", EXIT_DEFAULT, run_exit, "exits with 42, or with a code: die exit CODE"),
	KIND("abort", ENDS(ILLEGAL), run_abort, "calls abort()"),
	KIND("thread-exit", 0, run_thread_exit, "ends its last thread"),
	KIND("spin", 124, run_spin, "runs for ever, so that only a time-out ends it"),
	{ 0 },
};

static const struct kind *const tables[] = {
	memory_kinds, instruction_kinds, state_kinds, call_kinds, end_kinds,
};

enum { TABLES = sizeof tables / sizeof *tables };

static void list(void)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (const struct kind *k = tables[t]; k->name != NULL; k++)
			printf("%s %d %s\n", k->name, feature_is_here(k->feature) ? k->status : k->otherwise, k->text);
}

static const struct kind *find(const char *name)
{
	for (unsigned t = 0; t < TABLES; t++)
		for (const struct kind *k = tables[t]; k->name != NULL; k++)
			if (strcmp(k->name, name) == 0)
				return k;
	return NULL;
}

static bool parse(const char *text, unsigned long limit, unsigned long *value)
{
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*value = strtoul(text, &end, 0);
	return *end == 0 && *value < limit;
}

static int usage(const char *kind)
{
	if (kind != NULL)
		fprintf(stderr, "die: there is no kind \"%s\"\n", kind);
	fprintf(stderr, "usage: die KIND | exit CODE | int VECTOR | list\n");
	return 2;
}

int main(int argc, char *argv[])
{
	const struct kind *kind = argc > 1 ? find(argv[1]) : NULL;
	unsigned long number;

	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		list();
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "exit") == 0 && parse(argv[2], SYSCALL_EXIT_CODE_MAX + 1, &number))
		return (int)number;
	if (argc == 3 && strcmp(argv[1], "int") == 0 && parse(argv[2], VECTORS, &number)) {
		instruction_interrupt((unsigned)number);
	} else if (argc == 2 && kind != NULL) {
		kind->run();
	} else {
		return usage(argv[1]);
	}
	printf("survived\n");
	return 0;
}
