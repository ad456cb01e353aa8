/* SPDX-License-Identifier: BSD-2-Clause */
/* See out.h. */
#include "servers/shell/out.h"
#include "servers/shell/shell.h"
#include "servers/shell/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char gathered[4096];
static size_t used;
static bool is_interactive = true;
static bool was_lost; /* output, since somebody was told so */

/* A write that a dead console held may be on the screen in part: it is not repeated. Without a console nothing is left to do. */
static void write_piece(enum console_stream stream, const char *bytes, size_t n)
{
	enum status st = console_write(shell.console, stream, bytes, n);

	if (st == ST_PEER_GONE)
		exit(STATUS_FAILED);
	if (st != ST_OK)
		was_lost = true;
}

static void write_all(enum console_stream stream, const char *bytes, size_t n)
{
	static const char lost[] = "shell: interrupted: the console died, and some output is lost\n";

	for (size_t done = 0, piece; done < n; done += piece) {
		piece = n - done < CONSOLE_WRITE_BYTES_MAX ? n - done : CONSOLE_WRITE_BYTES_MAX;
		write_piece(stream, bytes + done, piece);
	}
	if (!was_lost)
		return;
	was_lost = false;
	write_piece(CONSOLE_STREAM_ERR, lost, sizeof lost - 1);
}

void out_set_interactive(bool interactive) { is_interactive = interactive; }
bool out_is_interactive(void) { return is_interactive; }

void out_flush(void)
{
	if (used > 0)
		write_all(CONSOLE_STREAM_OUT, gathered, used);
	used = 0;
}

void out_bytes(const void *bytes, size_t n)
{
	if (n > sizeof gathered - used)
		out_flush();
	if (n > sizeof gathered) {
		write_all(CONSOLE_STREAM_OUT, bytes, n);
		return;
	}
	memcpy(gathered + used, bytes, n);
	used += n;
}

void out_text(const char *text) { out_bytes(text, strlen(text)); }

void out_name(const char *name, size_t n)
{
	char character[4];

	if (!is_interactive) {
		out_bytes(name, n);
		return;
	}
	for (size_t i = 0, bytes; i < n; i += bytes) {
		bytes = text_character(name + i, n - i);
		bytes = bytes == 0 ? 1 : bytes;
		out_bytes(character, text_show(character, name + i, bytes));
	}
}

void out_print(const char *format, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		out_bytes(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void out_error(const char *format, ...)
{
	static char text[OUT_ERROR_BYTES];
	va_list args;
	size_t n;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(text, sizeof text - 1, format, args);
	va_end(args);
	n = wanted < 0 ? 0 : (size_t)wanted < sizeof text - 1 ? (size_t)wanted : sizeof text - 2;
	if (is_interactive)
		n = text_show(text, text, n);
	text[n++] = '\n';
	out_flush();
	write_all(CONSOLE_STREAM_ERR, text, n);
}
