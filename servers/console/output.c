/* SPDX-License-Identifier: BSD-2-Clause */
/* See output.h. */
#include "servers/console/output.h"

enum { FRAME_START = 0x01, FRAME_HEADER_BYTES = 6, STATUS_FRAME_BYTES = 5 };
_Static_assert(RING_BYTES <= 0xffff, "a frame's length has four hexadecimal digits");

static size_t wire_bytes(bool framed, const uint8_t *data, size_t bytes)
{
	size_t total = bytes;

	if (framed)
		return bytes + (bytes > 0 ? FRAME_HEADER_BYTES : 0);
	for (size_t i = 0; i < bytes; i++)
		total += data[i] == '\n';
	return total;
}

static void put_number(struct ring *out, size_t value, unsigned digits, unsigned base)
{
	size_t unit = 1;

	while (--digits > 0)
		unit *= base;
	for (; unit > 0; unit /= base)
		ring_put(out, (uint8_t) "0123456789abcdef"[value / unit % base]);
}

static void put_frame(struct ring *out, bool is_error, const uint8_t *data, size_t bytes)
{
	ring_put(out, FRAME_START);
	ring_put(out, is_error ? 'e' : 'o');
	put_number(out, bytes, 4, 16);
	for (size_t i = 0; i < bytes; i++)
		ring_put(out, data[i]);
}

static void put_text(struct ring *out, const uint8_t *data, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (data[i] == '\n')
			ring_put(out, '\r');
		ring_put(out, data[i]);
	}
}

bool output_write(struct ring *out, bool framed, bool is_error, const uint8_t *data, size_t bytes)
{
	if (wire_bytes(framed, data, bytes) > ring_room(out))
		return false;
	if (!framed)
		put_text(out, data, bytes);
	else if (bytes > 0)
		put_frame(out, is_error, data, bytes);
	return true;
}

bool output_status(struct ring *out, unsigned status)
{
	if (ring_room(out) < STATUS_FRAME_BYTES)
		return false;
	ring_put(out, FRAME_START);
	ring_put(out, 'x');
	put_number(out, status, 3, 10);
	return true;
}
