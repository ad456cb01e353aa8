/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of the trace points, as tools/signetkit/trace/trace.py reads them. */
#include "tests/unit/kernel/pair_fixture.h"
#include <stdio.h>
#include <string.h>

static char c_name[64], s_name[64], over[64]; /* client, server, "CHANNEL CONTRACT" in records */

static struct channel *channel(void)
{
	struct handle_entry *e;

	assert_ok(handle_get(&pair.client->handles, pair.channel, HANDLE_CHANNEL, 0, &e));
	return e->object;
}

static int start(void **state)
{
	(void)pair_start(state);
	snprintf(c_name, sizeof c_name, "%s:%x", pair.client->name, pair.client->index);
	snprintf(s_name, sizeof s_name, "%s:%x", pair.server->name, pair.server->index);
	snprintf(over, sizeof over, "%x 1", channel()->id);
	host_console_clear();
	trace_begin("some words trace=ipc,fault,sched,page,call more");
	assert_string_equal(strchr(host_console_text(), 'b'), "begin 1f\n");
	host_console_clear();
	return 0;
}

/* The one record since the last time, without its number and time. */
static const char *said(void)
{
	static char line[512];
	unsigned sequence, us;
	int at = 0;

	snprintf(line, sizeof line, "%s", host_console_text());
	host_console_clear();
	assert_int_equal(sscanf(line, "~%x %x %n", &sequence, &us, &at), 2);
	assert_int_equal(line[strlen(line) - 1], '\n');
	line[strlen(line) - 1] = 0;
	assert_null(strchr(line, '\n'));
	return line + at;
}

__attribute__((format(printf, 1, 2))) static void assert_said(const char *format, ...)
{
	char expected[512];
	va_list args;

	va_start(args, format);
	vsnprintf(expected, sizeof expected, format, args);
	va_end(args);
	assert_string_equal(said(), expected);
}

static void a_call_is_told_with_both_sides_channel_contract_badge_and_tags(void **state)
{
	struct call *c = &pair.c->call;

	(void)state;
	assert_status(pair_call(5), PARKED);
	c->message.tag = 77; /* of an earlier call: the fast path does not write it */
	trace_call(c);
	assert_said("call %s %s %s badbe 5 0", c_name, s_name, over);
	trace_queued(c);
	assert_said("queued %s %s %s badbe 5 0", c_name, s_name, over);
	assert_ok(pair_receive());
	trace_taken(c);
	assert_said("taken %s %s %s badbe 5 0", c_name, s_name, over);
	trace_reply(c, tag_with_bytes(2, 3));
	assert_said("reply %s %s %s badbe 5 300000002", c_name, s_name, over);
	c->message.tag = 5;
	trace_ended(c, ST_TIMED_OUT);
	assert_said("ended %s %s %s badbe 5 7", c_name, s_name, over);
}

static void the_kernels_own_call_and_a_port_without_a_server_have_a_dash(void **state)
{
	struct call c = { .channel = channel(), .message.tag = 3 };
	struct process *server = c.channel->port->server;

	(void)state;
	c.channel->port->server = NULL;
	trace_call(&c);
	c.channel->port->server = server;
	assert_said("call - - %s badbe 3 0", over);
}

static void news_is_told_by_its_kind_and_direction(void **state)
{
	struct channel *c = channel();
	struct port port = { .server = pair.client };
	struct signal irq = { .port = c->port, .kind = MESSAGE_KIND_IRQ, .badge = 0x44 };

	(void)state;
	trace_notify(&c->to_server, 9);
	assert_said("notify %s %s %s 1 9", c_name, s_name, over);
	c->to_client.port = &port;
	trace_notify(&c->to_client, NOTIFY_CLOSED);
	c->to_client.port = NULL;
	assert_said("notify %s %s %s 0 8000000000000000", s_name, c_name, over);
	trace_notify(&irq, 1);
	assert_said("irq %s 44", s_name);
	trace_notify(&pair.client->watch, 4);
	assert_said("child %s - 4", c_name);
	trace_notify(&c->to_server, 0);
	assert_string_equal(host_console_text(), "");
}

static void an_end_that_moves_is_told_with_its_server(void **state)
{
	(void)state;
	trace_move(channel(), pair.server);
	assert_said("move %s %s %s %s badbe", c_name, s_name, s_name, over);
}

static void faults_and_ends_are_told(void **state)
{
	struct trap_info info = { FAULT_WRITE, 0x1234 };
	uint32_t slot = SLOT_NONE;

	(void)state;
	trace_fault(pair.c, &info, TOUCH_OK, &slot);
	assert_said("fault %s.1 1234 write made ffffffff", c_name);
	info.fault = FAULT_READ;
	slot = 7;
	trace_fault(pair.c, &info, TOUCH_SWAPPED, &slot);
	assert_said("fault %s.1 1234 read swapped 7", c_name);
	info.fault = FAULT_EXECUTE;
	trace_fault(pair.c, &info, TOUCH_DENIED, &slot);
	assert_said("fault %s.1 1234 execute denied 7", c_name);
	pair.client->exit_code = 3;
	trace_condemn(pair.client, FAULT_READ, 0x99);
	assert_said("end %s 2 99 3", c_name);
}

static void a_switch_says_why_the_other_stopped(void **state)
{
	enum thread_state before = pair.c->state;

	(void)state;
	pair.c->state = THREAD_PAGING;
	trace_switch(pair.c, pair.s);
	assert_said("switch %s.1 paging %s.1", c_name, s_name);
	pair.c->state = THREAD_DEAD; /* its record may be another's at any time */
	trace_switch(pair.c, NULL);
	pair.c->state = before;
	assert_said("switch - dead -");
	trace_switch(NULL, pair.s);
	assert_said("switch - - %s.1", s_name);
	trace_switch(NULL, NULL);
	assert_string_equal(host_console_text(), "");
}

static void pages_are_told_with_owner_address_and_slot(void **state)
{
	struct aspace *as = &pair.client->aspace;
	const struct call answered = { .message.tag = tag_make(ST_IO_ERROR) };
	uint64_t heap = user_map(pair.c, MEM_HEAP, 1);

	(void)state;
	assert_true(user_put(pair.c, heap, 1));
	trace_evict(frame_record(aspace_entry(as, heap).frame), 8);
	assert_said("evict %s %lx 8", c_name, (unsigned long)heap);
	trace_page_out(frame_record(aspace_entry(as, heap).frame), 9);
	assert_said("out %s %lx 9", c_name, (unsigned long)heap);
	trace_page_in(as, 0x5000, 10);
	assert_said("in %s 5000 a", c_name);
	trace_paged(&answered, 10, true, ST_OK);
	assert_said("paged a 1 11");
	trace_paged(&answered, 10, false, ST_PEER_GONE);
	assert_said("paged a 0 8");
}

static void system_calls_are_told_and_the_end_of_waiting_in_one(void **state)
{
	enum thread_state before = pair.c->state;

	(void)state;
	trace_syscall(pair.client, SYS_mem_map, ST_NO_MEMORY);
	assert_said("did %s 8 4", c_name);
	pair.c->state = THREAD_SERVED;
	pair.c->context.nr = ST_INTERRUPTED;
	trace_state(pair.c, THREAD_ORPHANED);
	assert_string_equal(host_console_text(), "");
	trace_state(pair.c, THREAD_READY);
	assert_said("back %s.1 served 9", c_name);
	pair.c->state = THREAD_PAGING;
	trace_state(pair.c, THREAD_READY);
	pair.c->state = before;
	assert_string_equal(host_console_text(), "");
}

static void a_name_cannot_break_a_record(void **state)
{
	char before[IMAGE_NAME_BYTES];

	(void)state;
	memcpy(before, pair.client->name, sizeof before);
	strcpy(pair.client->name, "a b\n~\x80:1");
	trace_syscall(pair.client, 1, ST_OK);
	assert_said("did a?b?~?:1:%x 1 0", pair.client->index);
	memset(pair.client->name, 'x', sizeof before - 1);
	trace_switch(pair.c, pair.c == pair.s ? NULL : pair.s);
	memcpy(pair.client->name, before, sizeof before);
	assert_said("switch xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:%x.1 %s %s.1", pair.client->index,
		    thread_state_name(pair.c->state), s_name);
}

static void tell_one_of_each(void)
{
	trace_move(channel(), pair.server);
	trace_condemn(pair.client, FAULT_READ, 0);
	trace_switch(NULL, pair.s);
	trace_paged(&pair.c->call, 1, false, ST_OK);
	trace_syscall(pair.client, 1, ST_OK);
}

static void only_what_was_asked_for_is_told(void **state)
{
	static const struct {
		const char *cmdline;
		unsigned wanted;
	} cases[] = { { "trace=ipc", 1 }, { "trace=fault", 2 }, { "x trace=sched,call", 20 }, { "trace=page, ipc", 8 },
		      { "", 0 },          { "trace=", 0 },      { "trace=nothing,ip", 0 },    { "ipc,call", 0 },
		      { "trace", 0 } };
	static const char *const words[] = { " move ", " end ", " switch ", " paged ", " did " };

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		trace_begin(cases[i].cmdline);
		host_console_clear();
		tell_one_of_each();
		for (unsigned k = 0; k < 5; k++)
			assert_int_equal(host_console_has(words[k]), cases[i].wanted >> k & 1);
	}
}

static void records_are_numbered_without_a_gap(void **state)
{
	unsigned number;

	(void)state;
	trace_begin("trace=call");
	for (unsigned i = 1; i < 40; i++) {
		trace_move(channel(), pair.server); /* not wanted, not counted */
		host_console_clear();
		trace_syscall(pair.client, i, ST_OK);
		assert_int_equal(sscanf(host_console_text(), "~%x ", &number), 1);
		assert_int_equal(number, i);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_told_with_both_sides_channel_contract_badge_and_tags),
		TEST(the_kernels_own_call_and_a_port_without_a_server_have_a_dash),
		TEST(news_is_told_by_its_kind_and_direction),
		TEST(an_end_that_moves_is_told_with_its_server),
		TEST(faults_and_ends_are_told),
		TEST(a_switch_says_why_the_other_stopped),
		TEST(pages_are_told_with_owner_address_and_slot),
		TEST(system_calls_are_told_and_the_end_of_waiting_in_one),
		TEST(a_name_cannot_break_a_record),
		TEST(only_what_was_asked_for_is_told),
		TEST(records_are_numbered_without_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
