/* SPDX-License-Identifier: BSD-2-Clause */
/* See loud.h. */
#include "contracts/ping.h"
#include "tests/system/programs/loud/loud.h"
#include <string.h>

enum { MEMORY_PAGES = 4 };

struct stage stage;

/* A call that has to succeed. */
static uint64_t want(uint64_t nr, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t result = 0;

	if (make_call(nr, (const uint64_t[]){ a, b, c, 0 }, &result) != ST_OK)
		leave(EXIT_SETUP + nr);
	return result;
}

/* Another process of this program, which calls this one and waits; it ends when this one's port does. */
static void start_caller(void)
{
	static struct order order = { .role = ROLE_CALLER };
	static struct process_params p = { .image = "loud",
					   .name = "caller",
					   .rank = RANK_GRANDCHILD,
					   .handle_count = 1,
					   .start_bytes = sizeof order,
					   .priority_cap = 31 };

	p.handles[0] = (handle_t)want(SYS_channel_create, stage.port, 0, PING_CONTRACT);
	p.start = address_of(&order);
	stage.process = (handle_t)want(SYS_process_create, address_of(&p), 0, 0);
}

static void take_call(void)
{
	struct registers r = { .nr = SYS_ipc_recv, .args = { stage.port, 0, 0, DEADLINE_NEVER } };

	hostile_call(&r);
	if (r.nr != ST_OK)
		leave(EXIT_SETUP + SYS_ipc_recv);
	stage.token = r.args[2];
}

/* The process that process_create makes: it makes a call which does not exist, and so ends at once. */
static void describe_child(void)
{
	stage.child = (struct order){ .role = ROLE_RAW, .registers.nr = SYS_COUNT };
	stage.params = (struct process_params){ .image = "mute",
						.name = "mute",
						.rank = RANK_GRANDCHILD,
						.priority_cap = 31,
						.start_bytes = sizeof stage.child,
						.start = address_of(&stage.child) };
}

static bool takes_token(uint64_t nr) { return nr == SYS_ipc_reply || nr == SYS_ipc_reply_recv || nr == SYS_ipc_peer; }

static bool takes_process(uint64_t nr)
{
	return nr == SYS_process_create || nr == SYS_process_stop || nr == SYS_process_status || nr == SYS_handle_close;
}

static handle_t make_channel(handle_t port, uint64_t *id)
{
	struct registers channel = { .nr = SYS_channel_create, .args = { port, 0, PING_CONTRACT } };

	hostile_call(&channel);
	if (channel.nr != ST_OK)
		leave(EXIT_SETUP + SYS_channel_create);
	*id = channel.args[1];
	return (handle_t)channel.args[0];
}

void stage_set(uint64_t nr)
{
	uint64_t far_id;

	stage.parent = INITIAL_HANDLE(0);
	stage.port = (handle_t)want(SYS_port_create, PORT_RANK_OWN, 0, 0);
	stage.far_port = (handle_t)want(SYS_port_create, RANK_GRANDCHILD, 0, 0);
	stage.own_channel = make_channel(stage.port, &stage.channel_id);
	stage.far_channel = make_channel(stage.far_port, &far_id);
	stage.closed = (handle_t)want(SYS_port_create, PORT_RANK_OWN, 0, 0);
	(void)want(SYS_handle_close, stage.closed, 0, 0);
	stage.memory = want(SYS_mem_map, MEM_BUFFER, MEMORY_PAGES, 0);
	*(volatile uint64_t *)stage.memory = 1; /* what was never touched may not be sent by pages */
	stage.landing = want(SYS_mem_map, MEM_LANDING, 1, 0);
	describe_child();
	if (takes_token(nr) || takes_process(nr))
		start_caller();
	if (takes_token(nr))
		take_call();
}

void stage_fill_table(void)
{
	uint64_t channel;

	while (make_call(SYS_channel_create, (const uint64_t[]){ stage.port, 0, 0, 0 }, &channel) == ST_OK)
		;
}
