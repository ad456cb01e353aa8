/* SPDX-License-Identifier: BSD-2-Clause */
/* See bytes_fixture.h. */
#include "tests/unit/kernel/bytes_fixture.h"
#include <string.h>

struct side client, server;
bool across;
static unsigned safe_points; /* until the last call or answer */

uint64_t place(const struct side *s, unsigned page)
{
	return s->at + page * PAGE_BYTES + (across ? PAGE_BYTES - 4 : OFFSET);
}

void say(struct side *s) { assert_true(user_write(s->other, s->at, &s->b, sizeof s->b)); }

void put(const struct side *s, uint64_t at, char value)
{
	char bytes[ROOM];

	memset(bytes, value, sizeof bytes);
	assert_true(user_write(s->other, at, bytes, sizeof bytes));
}

void assert_holds(const struct side *s, uint64_t at, char value, unsigned n, char behind)
{
	char bytes[ROOM];

	assert_true(user_read(s->other, at, bytes, sizeof bytes));
	for (unsigned i = 0; i < sizeof bytes; i++)
		assert_int_equal(bytes[i], i < n ? value : behind);
}

void settle(struct side *s, struct thread *t, struct thread *other)
{
	*s = (struct side){ .t = t, .other = other };
	s->at = user_map(other, MEM_BUFFER, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(user_put(other, s->at + i * PAGE_BYTES, 0));
	s->b = (struct ipc_buffers){ .send_bytes = place(s, SENDS),
				     .recv_bytes = place(s, TAKES),
				     .recv_capacity = ROOM };
	say(s);
}

void renew(struct side *s, unsigned page, unsigned pages)
{
	uint64_t at = s->at + page * PAGE_BYTES;

	assert_ok(ask(s->other, mem_unmap, at, pages));
	machine_leave_frames(200, FRAME_FOR_USER); /* those that were just freed are not had again */
	assert_int_equal(user_map(s->other, MEM_BUFFER, pages), at);
	for (unsigned i = 0; i < pages; i++)
		assert_true(user_put(s->other, at + i * PAGE_BYTES, 0));
	machine_relent();
}

enum status call(unsigned bytes)
{
	safe_points = host_safe_points;
	return ask(w.c, ipc_call, w.channel, tag_with_bytes(3, bytes), client.at, NEVER);
}

enum status answer_token(uint64_t token, unsigned bytes)
{
	safe_points = host_safe_points;
	return ask(w.s, ipc_reply_recv, token, tag_with_bytes(4, bytes), server.at, NEVER, w.port);
}

enum status answer(unsigned bytes) { return answer_token(call_token(&w.c->call), bytes); }

/* It went straight over; the way of known pages looks at none, and is too short
 * for safe points. */
void assert_straight(const struct thread *to)
{
	assert_true(went_straight_to(to));
	if (!across)
		assert_int_equal(host_work + host_safe_points - safe_points, 0);
}

void talk(char out, char back)
{
	put(&client, client.b.send_bytes, out);
	put(&server, server.b.send_bytes, back);
	assert_status(call(BYTES), PARKED);
	assert_holds(&server, server.b.recv_bytes, out, BYTES, 0);
	assert_status(answer(BYTES), PARKED);
	assert_holds(&client, client.b.recv_bytes, back, BYTES, 0);
}

static void begin_with_bytes(bool fast, bool lie_across)
{
	across = lie_across;
	begin(fast);
	settle(&client, w.c, c2);
	settle(&server, w.s, s2);
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, NEVER), PARKED);
	assert_status(answer(0), PARKED);
	talk(1, 2); /* after this all is known */
	talk(1, 2);
}

int start_known(void **state)
{
	(void)state;
	begin_with_bytes(true, false);
	return 0;
}

int start_across(void **state)
{
	(void)state;
	begin_with_bytes(true, true);
	return 0;
}
