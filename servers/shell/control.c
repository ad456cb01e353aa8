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

/* Asks the supervisor for each name. gone: what PEER_GONE means then. */
static unsigned ask_for_each(unsigned count, char *words[], enum status (*ask)(struct supervisor_channel, const char *),
			     const char *gone)
{
	unsigned status = 0;

	if (count < 2)
		return builtin_usage(words[0]);
	out_flush();
	for (unsigned i = 1; i < count; i++) {
		enum status st = ask(shell.supervisor, words[i]);

		if (st != ST_OK)
			status = fail(words, i, st == ST_PEER_GONE ? gone : error_text(st));
	}
	return status;
}

unsigned builtin_kill(unsigned count, char *words[])
{
	return ask_for_each(count, words, supervisor_kill, "it does not run");
}

unsigned builtin_restart(unsigned count, char *words[])
{
	return ask_for_each(count, words, supervisor_restart, "a server or device that it needs is not there");
}
