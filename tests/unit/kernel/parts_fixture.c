/* SPDX-License-Identifier: BSD-2-Clause */
/* See parts_fixture.h. */
#include "tests/unit/kernel/parts_fixture.h"
#include <string.h>

struct ipc_buffers usual;
static const uint64_t *written_down;

enum status client_calls(uint64_t tag, struct ipc_buffers b)
{
	uint64_t at = user_post(w.c, b);

	written_down = &w.c->call.message.tag;
	w.c->call.message.tag = 0;
	return ask(w.c, ipc_call, w.channel, tag, at, NEVER);
}

enum status server_answers(uint64_t tag, struct ipc_buffers b)
{
	uint64_t at = user_post(w.s, b);

	written_down = &w.s->call.message.tag;
	w.s->call.message.tag = 0;
	return ask(w.s, ipc_reply_recv, call_token(&w.c->call), tag, at, NEVER, w.port);
}

void converse(struct ipc_buffers client, struct ipc_buffers server)
{
	assert_status(client_calls(WITH_TEXT, client), PARKED);
	assert_status(server_answers(WITH_TEXT, server), PARKED);
}

bool was_known(void) { return *written_down == 0; }

bool has(struct thread *t, const char *text)
{
	char got[BYTES_CAPACITY] = { 0 };

	assert_true(user_read(t, usual.recv_bytes, got, strlen(text) + 1));
	return strcmp(got, text) == 0;
}

int start_parts(void **state)
{
	usual = (struct ipc_buffers){ .send_bytes = TEXT_AT,
				      .recv_bytes = PROGRAM_DATA + 0x200,
				      .recv_capacity = BYTES_CAPACITY };
	(void)start(state);
	assert_true(user_write(w.c, TEXT_AT, "hello", sizeof "hello"));
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	assert_true(user_write(w.s, TEXT_AT, "world", sizeof "world"));
	assert_status(server_answers(2, usual), PARKED);
	converse(usual, usual);
	return 0;
}
