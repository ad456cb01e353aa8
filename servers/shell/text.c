/* SPDX-License-Identifier: BSD-2-Clause */
/* See text.h. UTF-8: RFC 3629, "4. Syntax of UTF-8 Byte Sequences". */
#include "servers/shell/text.h"
#include <stdint.h>

enum { CODE_LAST_CONTROL = 0x9f, CODE_MAX = 0x10ffff, CODE_SURROGATES = 0xd800, CODE_SURROGATES_END = 0xe000 };

/* What the first byte promises. */
static size_t sequence_bytes(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0 || first >= 0xf8)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t text_character(const char *text, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t bytes = n == 0 ? 0 : sequence_bytes((uint8_t)text[0]);
	uint32_t code;

	if (bytes == 0 || bytes > n)
		return 0;
	if (bytes == 1)
		return text[0] >= ' ' && text[0] <= '~' ? 1 : 0;
	code = (uint8_t)text[0] & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	}
	if (code < least[bytes] || code > CODE_MAX || code <= CODE_LAST_CONTROL ||
	    (code >= CODE_SURROGATES && code < CODE_SURROGATES_END))
		return 0;
	return bytes;
}

size_t text_show(char *to, const char *from, size_t n)
{
	size_t out = 0, bytes;

	for (size_t i = 0; i < n; i += bytes) {
		bytes = text_character(from + i, n - i);
		if (bytes == 0) {
			to[out++] = '?';
			bytes = 1;
			continue;
		}
		for (size_t j = 0; j < bytes; j++)
			to[out++] = from[i + j];
	}
	return out;
}

size_t text_columns(const char *text, size_t n)
{
	size_t columns = 0, bytes;

	for (size_t i = 0; i < n; i += bytes, columns++) {
		bytes = text_character(text + i, n - i);
		bytes = bytes == 0 ? 1 : bytes;
	}
	return columns;
}
