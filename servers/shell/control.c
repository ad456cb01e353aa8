/* SPDX-License-Identifier: BSD-2-Clause */
/* kill and restart: what the supervisor does to processes when it is asked. */
#include "servers/shell/builtin.h"
#include "servers/shell/out.h"

static const char *error_text(enum status st)
{
	switch (st) {
	case ST_NOT_FOUND:
	case ST_BAD_ARG: /* nothing can have such a name */
		return "nothing has this name";
	case ST_BUSY:
		return "several jobs have this name: say which, as %NUMBER";
	case ST_NOT_ALLOWED:
		return "this is not to be ended";
	default:
		return status_text(st);
	}
}

static unsigned fail(char *words[], unsigned i, const char *why)
{
	out_error("%s: %s: %s", words[0], words[i], why);
	return STATUS_FAILED;
}

unsigned builtin_kill(unsigned count, char *words[])
{
	unsigned status = 0;

	if (count < 2)
		return builtin_usage(words[0]);
	out_flush();
	for (unsigned i = 1; i < count; i++) {
		enum status st = supervisor_kill(shell.supervisor, words[i]);

		if (st != ST_OK)
			status = fail(words, i, st == ST_PEER_GONE ? "it does not run" : error_text(st));
	}
	return status;
}

unsigned builtin_restart(unsigned count, char *words[])
{
	unsigned status = 0;

	if (count < 2)
		return builtin_usage(words[0]);
	out_flush();
	for (unsigned i = 1; i < count; i++) {
		enum status st = supervisor_restart(shell.supervisor, words[i]);

		if (st == ST_PEER_GONE)
			status = fail(words, i, "a server or device that it needs is not there");
		else if (st != ST_OK)
			status = fail(words, i, error_text(st));
	}
	return status;
}
