/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the shell share: who it talks to, where it is, how the last command ended. */
#pragma once
#include "contracts/console.h"
#include "contracts/files.h"
#include "contracts/supervisor.h"
#include "servers/shell/history.h"
#include "servers/shell/path.h"
#include <stdbool.h>

struct shell {
	struct console_channel console;
	struct supervisor_channel supervisor;
	struct files_channel files; /* none: there is no disk */
	unsigned status;            /* $? */
	bool ends;                  /* poweroff or exit was given */
	char directory[PATH_BYTES];
	struct history history;
};
extern struct shell shell;

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_CANNOT_RUN = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_FAULT = 128, /* plus enum fault */
	STATUS_CANCELLED = 130,
	STATUS_MAX = 255,
};

/* A line that was typed, or a script: a mistake anywhere in it and none of its commands is run. */
void shell_run_text(const char *text, size_t bytes);
/* One command, builtin or program, in the foreground; its exit status. */
unsigned shell_run_command(unsigned count, char *words[]);
