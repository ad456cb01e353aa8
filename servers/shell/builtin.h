/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that the shell does itself. Each gets its words, its name first, and returns its exit status. */
#pragma once
#include "servers/shell/shell.h"

struct builtin {
	const char *name, *usage, *text;
	unsigned (*run)(unsigned count, char *words[]);
};

/* NULL: there is none of the name. */
const struct builtin *builtin_find(const char *name);
/* Prints how the builtin is used, as an error. */
unsigned builtin_usage(const char *name);

unsigned builtin_ls(unsigned count, char *words[]);
unsigned builtin_cat(unsigned count, char *words[]);
unsigned builtin_stat(unsigned count, char *words[]);
unsigned builtin_sha256(unsigned count, char *words[]);
unsigned builtin_cd(unsigned count, char *words[]);
unsigned builtin_pwd(unsigned count, char *words[]);
unsigned builtin_echo(unsigned count, char *words[]);
unsigned builtin_time(unsigned count, char *words[]);
unsigned builtin_ps(unsigned count, char *words[]);
unsigned builtin_mem(unsigned count, char *words[]);
unsigned builtin_run(unsigned count, char *words[]);
unsigned builtin_wait(unsigned count, char *words[]);
unsigned builtin_kill(unsigned count, char *words[]);
unsigned builtin_restart(unsigned count, char *words[]);
unsigned builtin_history(unsigned count, char *words[]);
unsigned builtin_help(unsigned count, char *words[]);
unsigned builtin_exit(unsigned count, char *words[]);
unsigned builtin_poweroff(unsigned count, char *words[]);
