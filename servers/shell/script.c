/* SPDX-License-Identifier: BSD-2-Clause */
/* See script.h. */
#include "servers/shell/script.h"

enum script_result script_byte(struct script_header *h, uint8_t byte)
{
	if (byte == '\n' && h->count > 0)
		return SCRIPT_BEGINS;
	if (byte < '0' || byte > '9' || h->count == SCRIPT_DIGITS_MAX)
		return SCRIPT_NONE;
	h->digits[h->count++] = (char)byte;
	return SCRIPT_MORE;
}

size_t script_bytes(const struct script_header *h)
{
	size_t bytes = 0;

	for (size_t i = 0; i < h->count; i++)
		bytes = bytes * 10 + (size_t)(h->digits[i] - '0');
	return bytes;
}
