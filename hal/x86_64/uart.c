/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's output: COM1, a 16550 that boot.asm has set up, polled. A line feed becomes CR LF. */
#include "hal/console.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/instr.h"

enum { COM1_DATA = 0x3f8, COM1_STATUS = 0x3fd };
enum { STATUS_CAN_SEND = 0x20 };
enum { POLLS_MAX = 100000 }; /* about 0.1 s; a character takes 87 µs */

/* Where nobody is all bits are set, and what is written is lost. */
static void write_byte(uint8_t byte)
{
	for (unsigned polls = 0; polls < POLLS_MAX && !(port_in8(COM1_STATUS) & STATUS_CAN_SEND); polls++)
		;
	port_out8(COM1_DATA, byte);
}

void hal_console_write(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n')
			write_byte('\r');
		write_byte((uint8_t)text[i]);
	}
}

void console_line(const char *text)
{
	size_t bytes = 0;
	while (text[bytes])
		bytes++;
	hal_console_write(text, bytes);
	hal_console_write("\n", 1);
}
