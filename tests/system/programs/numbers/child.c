/* SPDX-License-Identifier: BSD-2-Clause */
/* See numbers.h. Owns the port that children call, and hears of their ends there. */
#include "channels.h"
#include "contracts/ping.h"
#include "tests/system/programs/numbers/numbers.h"
#include <stdio.h>
#include <string.h>

enum { NS_PER_MS = 1000000, WAIT_MS = 20, PATIENCE_MS = 10000 };

static enum status start(const char *image, const struct order *order, handle_t *process)
{
	static struct process_params p;
	enum status st = ST_OK;

	p = (struct process_params){ .rank = RANK_CHILD,
				     .watch_port = port(),
				     .start = (uint64_t)(uintptr_t)order,
				     .start_bytes = sizeof *order,
				     .priority_cap = 31 };
	strcpy(p.image, image);
	strcpy(p.name, image);
	if (strcmp(image, "loud") == 0) {
		p.handle_count = 1;
		st = channel_create(port(), 0, PING_CONTRACT, &p.handles[0], NULL);
	}
	if (st == ST_OK)
		st = process_create(&p, process);
	if (st != ST_OK && p.handles[0] != 0)
		(void)handle_close(p.handles[0]);
	return st;
}

/* Takes one message, if one comes before the deadline: calls get an empty answer. */
static void take_one(uint64_t deadline_ns)
{
	static char bytes[256];
	struct ipc_buffers b = { .recv_bytes = (uint64_t)(uintptr_t)bytes, .recv_capacity = sizeof bytes };
	struct message m = { 0 }, answer = { 0 };

	if (ipc_recv(port(), &m, &b, deadline_ns) == ST_OK && tag_kind(m.tag) == MESSAGE_KIND_CALL)
		(void)ipc_reply(m.token, &answer, NULL);
}

static bool is_gone(handle_t process, struct process_status *s)
{
	return process_status(process, s) == ST_OK && s->state == PROCESS_GONE;
}

static bool wait_end(handle_t process, unsigned ms, struct process_status *s)
{
	uint64_t until = clock_now() + (uint64_t)ms * NS_PER_MS;

	while (!is_gone(process, s)) {
		if (clock_now() >= until)
			return false;
		take_one(until);
	}
	return true;
}

bool child_run(const char *image, const struct order *order, bool may_wait, struct outcome *outcome)
{
	struct process_status s;
	handle_t process;
	enum status st = start(image, order, &process);
	bool ended;

	if (st != ST_OK) {
		printf("numbers: %s cannot be started: %s\n", image, status_text(st));
		return false;
	}
	ended = wait_end(process, may_wait ? WAIT_MS : PATIENCE_MS, &s);
	*outcome = (struct outcome){ .waited = !ended };
	if (!ended) {
		(void)process_stop(process);
		ended = wait_end(process, PATIENCE_MS, &s);
	}
	outcome->fault = s.fault;
	outcome->exit_code = s.exit_code;
	outcome->fault_call = s.fault_call;
	outcome->fault_address = s.fault_address;
	if (!ended)
		printf("numbers: %s was stopped and never ended\n", image);
	return handle_close(process) == ST_OK && ended;
}
