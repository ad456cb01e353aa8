/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a host's tool gives commands: byte 0x01 at the beginning of a line, the
 * length in decimal, a line feed, then that many bytes of commands. The other
 * end of it is tools/signetkit/guest/frames.py.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_START = 0x01, SCRIPT_DIGITS_MAX = 9 };

struct script_header {
	char digits[SCRIPT_DIGITS_MAX];
	size_t count;
};

enum script_result {
	SCRIPT_MORE,
	SCRIPT_BEGINS, /* the commands follow */
	SCRIPT_NONE,   /* it was a person's Ctrl-A; the digits, if any, and this byte were typed */
};

/* A byte after SCRIPT_START. The header starts zeroed. */
enum script_result script_byte(struct script_header *h, uint8_t byte);
size_t script_bytes(const struct script_header *h);
