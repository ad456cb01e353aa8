/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of builtins, and the small ones. */
#include "servers/shell/builtin.h"
#include "servers/shell/out.h"
#include <stdlib.h>
#include <string.h>

static const struct builtin builtins[] = {
	{ "cat", "cat FILE...", "write files to the output", builtin_cat },
	{ "cd", "cd [DIRECTORY]", "change the current directory", builtin_cd },
	{ "echo", "echo [-n] [WORD...]", "write words; -n: without a line feed", builtin_echo },
	{ "exit", "exit [STATUS]", "end the commands and switch the machine off", builtin_exit },
	{ "help", "help [COMMAND]", "list the commands, or explain one", builtin_help },
	{ "history", "history", "list the last lines entered", builtin_history },
	{ "kill", "kill NAME|%JOB...", "end processes; the supervisor restarts what is to be restarted", builtin_kill },
	{ "ls", "ls [-l] [PATH...]", "list directories; -l: with all that is known", builtin_ls },
	{ "mem", "mem", "show how much memory and swap there is and is used", builtin_mem },
	{ "poweroff", "poweroff", "switch the machine off", builtin_poweroff },
	{ "ps", "ps [-m]", "list the processes; -m: more about their memory", builtin_ps },
	{ "pwd", "pwd", "show the current directory", builtin_pwd },
	{ "restart", "restart NAME...", "end processes and start them again, also what was given up", builtin_restart },
	{ "run", "run PROGRAM [WORD...]", "run a program, even if a builtin has its name", builtin_run },
	{ "sha256", "sha256 FILE...", "show the SHA-256 hash of files", builtin_sha256 },
	{ "stat", "stat PATH...", "show all that is known of files", builtin_stat },
	{ "time", "time COMMAND [WORD...]", "run a command and tell how long it took", builtin_time },
	{ "wait", "wait [JOB]", "wait for one job in the background, or for all", builtin_wait },
};
enum { BUILTINS = sizeof builtins / sizeof builtins[0] };

const struct builtin *builtin_find(const char *name)
{
	for (unsigned i = 0; i < BUILTINS; i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

unsigned builtin_usage(const char *name)
{
	out_error("usage: %s", builtin_find(name)->usage);
	return STATUS_USAGE;
}

unsigned builtin_help(unsigned count, char *words[])
{
	const struct builtin *one = count == 2 ? builtin_find(words[1]) : NULL;

	if (count > 2)
		return builtin_usage(words[0]);
	if (count == 2 && one == NULL) {
		out_error("help: %s: no builtin command; programs explain themselves", words[1]);
		return STATUS_FAILED;
	}
	for (unsigned i = 0; i < BUILTINS; i++)
		if (one == NULL || one == &builtins[i])
			out_print("%-24s %s\n", builtins[i].usage, builtins[i].text);
	if (one == NULL)
		out_text("Other words run the program of that name; `&` after it: in the background.\n");
	return 0;
}

unsigned builtin_echo(unsigned count, char *words[])
{
	bool line = !(count > 1 && strcmp(words[1], "-n") == 0);

	for (unsigned first = line ? 1 : 2, i = first; i < count; i++) {
		if (i > first)
			out_text(" ");
		out_text(words[i]);
	}
	if (line)
		out_text("\n");
	return 0;
}

unsigned builtin_time(unsigned count, char *words[])
{
	uint64_t began = clock_now(), ms;
	unsigned status;

	if (count < 2)
		return builtin_usage(words[0]);
	status = shell_run_command(count - 1, words + 1);
	ms = (clock_now() - began) / 1000000;
	out_error("real %lu.%03lu s", (unsigned long)(ms / 1000), (unsigned long)(ms % 1000));
	return status;
}

unsigned builtin_history(unsigned count, char *words[])
{
	(void)words;
	if (count > 1)
		return builtin_usage(words[0]);
	for (unsigned back = HISTORY_LINES; back > 0; back--) {
		const char *line = history_line(&shell.history, back);

		if (line == NULL)
			continue;
		out_print("%4u  ", shell.history.added - back + 1);
		out_name(line, strlen(line));
		out_text("\n");
	}
	return 0;
}

unsigned builtin_exit(unsigned count, char *words[])
{
	char *end = NULL;
	unsigned long status = count > 1 ? strtoul(words[1], &end, 10) : shell.status;

	if (count > 2 || (end != NULL && (*end != 0 || end == words[1] || status > STATUS_MAX)))
		return builtin_usage(words[0]);
	shell.ends = true;
	return (unsigned)status;
}

unsigned builtin_poweroff(unsigned count, char *words[])
{
	if (count > 1)
		return builtin_usage(words[0]);
	shell.ends = true;
	return 0;
}
