/* SPDX-License-Identifier: BSD-2-Clause */
/* See log.h. Owns the ring. Called with interrupts off only, so it needs no lock on one CPU. */
#include "kernel/core/log.h"
#include "hal/console.h"
#include "hal/timer.h"
#include "kernel/base/fmt.h"

char log_ring[LOG_RING_BYTES];
size_t log_written;

/* There is room for the newline. */
static void emit(char *text, size_t bytes)
{
	text[bytes++] = '\n';
	for (size_t i = 0; i < bytes; i++)
		log_ring[log_written++ % LOG_RING_BYTES] = text[i];
	hal_console_write(text, bytes);
}

static size_t stamp(char *line)
{
	unsigned long us = (unsigned long)(hal_clock_ns() / 1000);

	return fmt_print(line, LOG_LINE_BYTES, "[%4lu.%06lu] ", us / 1000000, us % 1000000);
}

void log_line(const char *format, ...)
{
	char line[LOG_LINE_BYTES + 1];
	size_t n = stamp(line);
	va_list args;

	va_start(args, format);
	n += fmt_vprint(line + n, LOG_LINE_BYTES - n, format, args);
	va_end(args);
	emit(line, n);
}

void log_process_line(const char *name, const char *text, size_t bytes)
{
	char line[LOG_LINE_BYTES + 1];
	size_t n = stamp(line);

	n += fmt_print(line + n, LOG_LINE_BYTES - n, "%s: ", name);
	for (size_t i = 0; i < bytes && n < LOG_LINE_BYTES; i++)
		line[n++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	emit(line, n);
}
