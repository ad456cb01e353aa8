/* SPDX-License-Identifier: BSD-2-Clause */
/* Lives of threads and of processes, and the calls that begin and end them. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "libsys/stubs.h"
#include "tests/bench/signet/bench/bench.h"
#include "tests/bench/signet/bench/child.h"
#include "tests/bench/signet/benchchild/orders.h"

enum { STACK_PAGES = 1, STACKS = 2, EXIT_SPIN_DIVISOR = 20000, THREADS = 8, FILLED_PAGES = 4096 };

/* ---- threads ---- */

static uint64_t stack_tops[THREADS];
static volatile uint64_t threads_left, exit_ticks, exit_before;
static uint64_t wake_port;
static uint32_t wake_channel;

static void have_stacks(void)
{
	static uint64_t made[2];

	if (wake_port != 0)
		return;
	for (unsigned i = 0; i < THREADS; i++) {
		uint64_t base;

		must_be_ok(sys_mem_map(MEM_STACK, STACK_PAGES, &base), "no stack");
		stack_tops[i] = base + STACK_PAGES * ABI_PAGE_BYTES - sizeof(uint64_t); /* as after a CALL */
		*(volatile uint64_t *)(uintptr_t)stack_tops[i] = 0;
	}
	must_be_ok(sys_port_create(PORT_RANK_OWN, &wake_port), "no port");
	must_be_ok(sys_channel_create((handle_t)wake_port, 0, BENCH_CONTRACT, made), "no channel");
	wake_channel = (uint32_t)made[1];
}

/* The client of this channel is this process: it hears of it where it hears of everything. */
static void wake_main(void) { must_be_ok(sys_ipc_notify((handle_t)wake_port, wake_channel, 1, NULL), "no wake-up"); }

static void wait_for_threads(void)
{
	struct message m;

	do
		must_be_ok(ipc_recv(port(), &m, NULL, DEADLINE_NEVER), "no wake-up");
	while (tag_kind(m.tag) != MESSAGE_KIND_NOTIFY || !(m.words[0] & 1));
}

static void start(void (*entry)(uint64_t), uint64_t argument, unsigned stack)
{
	uint64_t thread;

	must_be_ok(sys_thread_create((uint64_t)(uintptr_t)entry, stack_tops[stack], argument, 0, &thread), "no thread");
}

/* Each makes the next, on the other stack, and exits: nobody waits in between. */
static void live(uint64_t stack)
{
	if (threads_left-- > 0)
		start(live, (stack + 1) % STACKS, (unsigned)(stack + 1) % STACKS);
	else
		wake_main();
	thread_exit();
}

static uint64_t run_thread_life(const struct row *row, uint64_t ops)
{
	uint64_t t;

	(void)row;
	have_stacks();
	threads_left = ops - 1;
	t = measure_begin();
	start(live, 0, 0);
	wait_for_threads();
	return measure_end(t);
}

/* From one's exit to the next one's first instruction: they wait in a row. */
static void exit_at_once(uint64_t is_last)
{
	uint64_t now = ticks();

	if (exit_before != 0)
		exit_ticks += now - exit_before;
	if (is_last)
		wake_main();
	exit_before = is_last ? 0 : ticks();
	thread_exit();
}

/* thread_create, or what the threads that it made add up: `size` tells. One more than are counted. */
static uint64_t run_thread_calls(const struct row *row, uint64_t ops)
{
	uint64_t sum = 0;

	have_stacks();
	rows_is_part = row->size == SYS_thread_exit;
	exit_ticks = 0;
	for (uint64_t left = ops, n; left > 0; left -= n) {
		uint64_t t;

		n = left < THREADS - 1 ? left : THREADS - 1;
		t = row->size == SYS_thread_create ? measure_begin() : 0;
		for (unsigned i = 0; i < n; i++)
			start(exit_at_once, 0, i);
		if (row->size == SYS_thread_create)
			sum += measure_end(t);
		start(exit_at_once, 1, (unsigned)n);
		t = row->size == SYS_thread_exit ? measure_begin() : 0;
		wait_for_threads();
		if (row->size == SYS_thread_exit)
			(void)measure_end(t);
	}
	return row->size == SYS_thread_create ? sum : exit_ticks;
}

/* ---- processes ---- */

static uint64_t run_process_life(const struct row *row, uint64_t ops)
{
	struct message m;
	uint64_t t = measure_begin();

	(void)row;
	for (uint64_t i = 0; i < ops; i++) {
		handle_t child = child_create(NULL);

		child_hear(&m);
		child_end(child, m.token);
	}
	return measure_end(t);
}

static uint64_t run_process_create(const struct row *row, uint64_t ops)
{
	uint64_t sum = 0;
	struct message m;

	(void)row;
	for (uint64_t i = 0; i < ops; i++) {
		handle_t child = child_create(&sum);

		child_hear(&m);
		child_end(child, m.token);
	}
	return sum;
}

/* The end is the kernel's before it leaves: nothing of the child is left after it. First it fills `size` pages. */
static uint64_t run_process_stop(const struct row *row, uint64_t ops)
{
	static const struct message call_again = { .words = { ORDER_CALL } };
	const struct message fill = { .words = { ORDER_FILL, row->size } };
	uint64_t sum = 0, t;
	struct message m;

	for (uint64_t i = 0; i < ops; i++) {
		handle_t child = child_create(NULL);

		child_hear(&m);
		if (row->size != 0) {
			must_be_ok(ipc_reply(m.token, &fill, NULL), "no answer");
			child_hear(&m);
		}
		must_be_ok(ipc_reply(m.token, &call_again, NULL), "no answer");
		t = measure_begin();
		must_be_ok(process_stop(child), "the child cannot be stopped");
		sum += measure_end(t);
		child_wait_gone(child);
	}
	return sum;
}

/* From the child's process_exit, at a moment that it was told, to our return from the receive that tells of it. */
static uint64_t run_process_exit(const struct row *row, uint64_t ops)
{
	uint64_t sum = 0, t;
	struct message m;

	(void)row;
	rows_is_part = true;
	for (uint64_t i = 0; i < ops; i++) {
		handle_t child = child_create(NULL);
		struct message order = { .words = { ORDER_EXIT } };

		child_hear(&m);
		t = measure_begin();
		order.words[1] = ticks() + bench_hz / EXIT_SPIN_DIVISOR;
		must_be_ok(ipc_reply(m.token, &order, NULL), "no answer");
		do
			must_be_ok(ipc_recv(port(), &m, NULL, DEADLINE_NEVER), "no news of the child");
		while (tag_kind(m.tag) != MESSAGE_KIND_CHILD);
		(void)measure_end(t);
		sum += ticks() - order.words[1];
		if (!(m.words[0] >> PROCESS_GONE & 1))
			child_wait_gone(child);
		else
			must_be_ok(handle_close(child), "the child's record cannot be closed");
	}
	return sum;
}

static const struct row rows[] = {
	{ "thread_life", run_thread_life, 0, 200, 0 },
	{ "call_thread_create", run_thread_calls, SYS_thread_create, 70, 0 },
	{ "call_thread_exit", run_thread_calls, SYS_thread_exit, 70, 0 },
	{ "process_life", run_process_life, 0, 16, 0 },
	{ "call_process_create", run_process_create, 0, 16, 0 },
	{ "call_process_stop", run_process_stop, 0, 16, 0 },
	{ "process_stop_16m", run_process_stop, FILLED_PAGES, 4, 0 },
	{ "call_process_exit", run_process_exit, 0, 16, 0 },
};

struct row_list life_rows(void) { return ROW_LIST(rows); }
