/* SPDX-License-Identifier: BSD-2-Clause */
/* See console.h. */
#include "libsys/console.h"
#include "libsys/ipc.h"

enum { PIECE_BYTES = 4096 };

static enum status write_piece(handle_t console, enum console_stream stream, const char *data, size_t bytes)
{
	struct ipc_buffers b = { .send_bytes = (uaddr_t)(uintptr_t)data };
	struct message m = { .words = { stream }, .tag = tag_with_bytes(tag_make(CONSOLE_WRITE), bytes) };
	enum status st = ipc_call(console, &m, &b, DEADLINE_NEVER);

	return st == ST_OK ? (enum status)tag_op(m.tag) : st;
}

enum status console_write(handle_t console, enum console_stream stream, const void *data, size_t bytes)
{
	enum status st = ST_OK;

	for (size_t done = 0, n; done < bytes && st == ST_OK; done += n) {
		n = bytes - done < PIECE_BYTES ? bytes - done : PIECE_BYTES;
		st = write_piece(console, stream, (const char *)data + done, n);
	}
	return st;
}

enum status console_read(handle_t console, void *data, size_t size, size_t *got)
{
	struct ipc_buffers b = { .recv_bytes = (uaddr_t)(uintptr_t)data, .recv_capacity = size };
	struct message m = { .tag = tag_make(CONSOLE_READ) };
	enum status st = ipc_call(console, &m, &b, DEADLINE_NEVER);

	*got = st == ST_OK ? tag_bytes(m.tag) : 0;
	return st == ST_OK ? (enum status)tag_op(m.tag) : st;
}

enum status console_mode(handle_t console, enum console_mode mode)
{
	struct message m = { .words = { mode }, .tag = tag_make(CONSOLE_MODE) };

	return ipc_call_words(console, &m);
}

enum status console_status(handle_t console, unsigned exit_status)
{
	struct message m = { .words = { exit_status }, .tag = tag_make(CONSOLE_STATUS) };

	return ipc_call_words(console, &m);
}
