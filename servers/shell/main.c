/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell: reads lines from the console, typed by a person or sent by the
 * host's tool, and runs them. The other files know nothing of where lines come from.
 */
#include "channels.h"
#include "servers/shell/builtin.h"
#include "servers/shell/edit.h"
#include "servers/shell/jobs.h"
#include "servers/shell/out.h"
#include "servers/shell/parse.h"
#include "servers/shell/script.h"
#include <stdlib.h>
#include <string.h>

enum { SCRIPT_BYTES_MAX = 65536 };

struct shell shell = { .directory = "/" };

/* ---- input ---- */

/* A byte from the console; waits for it, with all output shown. Without a console nothing is left to do. */
static uint8_t next_byte(void)
{
	static uint8_t bytes[CONSOLE_READ_BYTES_MAX];
	static size_t got, taken;
	enum status st;

	while (taken == got) {
		out_flush();
		taken = got = 0;
		st = console_read(shell.console, bytes, sizeof bytes, &got);
		if (st != ST_OK && st != ST_INTERRUPTED)
			exit(STATUS_FAILED);
	}
	return bytes[taken++];
}

/* ---- running ---- */

unsigned shell_run_command(unsigned count, char *words[])
{
	const struct builtin *builtin = builtin_find(words[0]);

	return builtin != NULL ? builtin->run(count, words) : jobs_run(count, words, false);
}

static unsigned run_in_background(unsigned count, char *words[])
{
	if (strcmp(words[0], "run") == 0 && count > 1)
		return jobs_run(count - 1, words + 1, true);
	if (builtin_find(words[0]) == NULL)
		return jobs_run(count, words, true);
	out_error("%s: only programs run in the background, so this runs in the foreground", words[0]);
	return shell_run_command(count, words);
}

void shell_run_text(const char *text, size_t bytes)
{
	static struct command c;
	const char *end = text + bytes;
	enum parse_result result = parse_check(text, end, &c);

	if (result != PARSE_COMMAND) {
		out_error("shell: %s", parse_error_text(result));
		shell.status = STATUS_USAGE;
		return;
	}
	while (!shell.ends && parse_next(&text, end, shell.status, &c) == PARSE_COMMAND)
		shell.status = c.background ? run_in_background(c.count, c.words) : shell_run_command(c.count, c.words);
}

/* ---- the end ---- */

_Noreturn static void power_off(void)
{
	enum status st;

	out_flush();
	if (!out_is_interactive())
		(void)console_finish(shell.console, shell.status & STATUS_MAX);
	st = supervisor_poweroff(shell.supervisor);
	out_error("shell: the machine does not go off: %s", status_text(st));
	exit(STATUS_FAILED);
}

/* ---- scripts ---- */

/* The tool at the other end takes all that comes from here on for frames, then waits for the power to go off. */
_Noreturn static void run_script(size_t bytes)
{
	char *text = bytes <= SCRIPT_BYTES_MAX ? malloc(bytes + 1) : NULL;

	for (size_t i = 0; text != NULL && i < bytes; i++)
		text[i] = (char)next_byte();
	(void)console_frame(shell.console);
	out_set_interactive(false);
	if (text != NULL) {
		shell_run_text(text, bytes);
	} else {
		out_error("shell: %lu bytes of commands are too many, %d are the most", (unsigned long)bytes,
			  SCRIPT_BYTES_MAX);
		shell.status = STATUS_USAGE;
	}
	power_off();
}

/* ---- a person ---- */

static enum edit_result type(struct editor *e, uint8_t byte)
{
	enum edit_result result = edit_byte(e, byte);

	out_bytes(e->output, e->output_bytes);
	return result;
}

/* After 0x01 at the beginning of a line. What does not turn out to be a script was typed. */
static enum edit_result begin_script(struct editor *e)
{
	struct script_header header = { 0 };
	enum script_result result;
	uint8_t byte;

	do {
		byte = next_byte();
		result = script_byte(&header, byte);
	} while (result == SCRIPT_MORE);
	if (result == SCRIPT_BEGINS)
		run_script(script_bytes(&header));
	for (size_t i = 0; i < header.count; i++)
		(void)type(e, (uint8_t)header.digits[i]);
	return type(e, byte);
}

static enum edit_result read_line(struct editor *e)
{
	enum edit_result result;
	uint8_t byte;

	edit_begin(e);
	out_bytes(e->output, e->output_bytes);
	do {
		byte = next_byte();
		result = byte == SCRIPT_START && e->bytes == 0 ? begin_script(e) : type(e, byte);
	} while (result == EDIT_MORE);
	return result;
}

int main(void)
{
	static struct editor editor = { .prompt = "signet> ", .history = &shell.history };

	shell.console = channel_console();
	shell.supervisor = channel_supervisor();
	shell.files = channel_files();
	log_write("ready"); /* the time of this line is a figure of `signet bench` */
	while (!shell.ends) {
		if (read_line(&editor) == EDIT_LINE)
			shell_run_text(editor.line, editor.bytes);
		else
			shell.status = STATUS_CANCELLED;
	}
	power_off();
}
