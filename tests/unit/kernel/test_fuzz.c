/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Properties: random calls by four processes with deaths in between, every
 * argument at times absurd; after each step all invariants hold, and when all are
 * dead everything is back. Fixed seeds, so that a failure comes again.
 */
#include "kernel/abi/message.h"
#include "tests/unit/kernel/world.h"
#include <stdlib.h>

enum { PROCESSES = 4, RANKS_APART = 10, STEPS = 1500, CHECK_EVERY = 5, ROOM_PAGES = MMU_ENTRIES + 4 };

static handle_t ports[PROCESSES];
static struct process *processes[PROCESSES];
static unsigned lives;       /* of how many chances to die one is taken */
static bool whole_tables;    /* they have 2 MiB each, and lend them */
static unsigned tables_lent; /* as often as a check found one lent by its table */

static uint64_t any(uint64_t n) { return (uint64_t)rand() % n; }

/* 2 MiB and a little more to lend, and as much to land in: as far as they are to be had. */
static void give_room(struct process *p)
{
	p->aspace.frames_max = p->aspace.swap_max = 2 * ROOM_PAGES;
	(void)ask(first_thread(p), mem_map, MEM_BUFFER, ROOM_PAGES);
	(void)ask(first_thread(p), mem_map, MEM_LANDING, ROOM_PAGES);
}

/* A process serves port i and holds channels to all below. */
static void spawn(unsigned i)
{
	struct thread *s = first_thread(supervisor);
	struct process_params p = world_params("app", RANKS_APART * (i + 1));

	p.handles[p.handle_count++] = ports[i];
	for (unsigned k = 0; k < i; k++) {
		assert_ok(ask(s, channel_create, ports[k], i, 1));
		p.handles[p.handle_count++] = (handle_t)s->context.arg[0];
	}
	processes[i] = world_create(&p);
	if (processes[i] != NULL && whole_tables)
		give_room(processes[i]);
	if (processes[i] != NULL)
		return;
	for (unsigned k = 1; k < p.handle_count; k++)
		assert_ok(ask(s, handle_close, p.handles[k]));
}

/* A thread of the process that can run; NULL: none. */
static struct thread *thread_of(struct process *p)
{
	struct thread *found = NULL;

	list_for_each(node, &p->threads) {
		struct thread *t = container_of(node, struct thread, of_process);

		if (!is_blocked(t) && (found == NULL || any(2)))
			found = t;
	}
	return found;
}

static uint64_t address(const struct process *p)
{
	uint64_t n = any(12);

	if (n == 0)
		return any(2) ? UINT64_MAX - any(9000) : any(1 << 20);
	if (n < 4)
		return PROGRAM_DATA + any(PROGRAM_DATA_PAGES) * PAGE_BYTES;
	list_for_each(node, &p->aspace.regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->start >= LAYOUT_HEAP_BASE && any(2))
			return r->start + any((r->end - r->start) / PAGE_BYTES) * PAGE_BYTES;
	}
	return PROGRAM_DATA + any(PAGE_BYTES);
}

/* A landing window of the process, or 0. */
static uint64_t landing(const struct process *p, uint64_t *pages)
{
	list_for_each(node, &p->aspace.regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->kind == REGION_LANDING && any(whole_tables ? 8 : 2)) {
			*pages = whole_tables && any(4) ? r->pages : 1 + any(r->pages);
			return r->start;
		}
	}
	*pages = 0;
	return 0;
}

/* A region of 2 MiB and more, its own or a window; NULL: the process has none. */
static const struct region *large_region(const struct process *p)
{
	const struct region *found = NULL;

	list_for_each(node, &p->aspace.regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->pages >= MMU_ENTRIES && (found == NULL || any(4) == 0))
			found = r;
	}
	return found;
}

static uint64_t deadline(void) { return any(3) == 0 ? host_now_ns + any(2000) : DEADLINE_NEVER; }

/* Buffers and a tag that fits them more often than not. 0: they could not even be written. */
static uint64_t buffers(struct thread *t, uint64_t *tag)
{
	struct process *p = t->process;
	const struct region *large = large_region(p);
	struct ipc_buffers b = { .send_bytes = address(p),
				 .send_pages = address(p) & ~0xfffull,
				 .recv_bytes = address(p),
				 .recv_capacity = any(3) == 0 ? any(9000) : 0 };
	enum message_pages kind = (enum message_pages)any(4);

	b.landing = landing(p, &b.landing_pages);
	for (unsigned i = 0; i < MESSAGE_HANDLES_MAX; i++)
		b.send_handles[i] = handle_at(&p->handles, 1 + (unsigned)any(8));
	*tag = tag_make((uint16_t)any(100)) | (any(2) ? TAG_SET_BADGE : 0) | (any(2) ? TAG_IDEMPOTENT : 0);
	if (any(3) == 0)
		*tag = tag_with_bytes(*tag, any(8000));
	if (any(6) == 0)
		*tag = tag_with_handles(*tag, (unsigned)any(3));
	if (kind != MESSAGE_PAGES_NONE)
		*tag = tag_with_pages(*tag, kind, 1 + any(3));
	if (whole_tables && large != NULL && any(4)) {
		b.send_pages = large->start;
		*tag = tag_with_pages(tag_make(3) | (any(2) ? TAG_IDEMPOTENT : 0),
				      any(2) ? MESSAGE_PAGES_LENT_WRITE : MESSAGE_PAGES_LENT_READ,
				      MMU_ENTRIES + (any(4) ? 0 : (unsigned)any(4)));
	}
	if (any(40) == 0)
		*tag ^= 1ull << any(64);
	return user_write(t, PROGRAM_DATA + 0xf00, &b, sizeof b) ? PROGRAM_DATA + 0xf00 : 0;
}

/* The token of some call that the process holds; or of one that it does not. */
static uint64_t token(const struct process *p)
{
	uint32_t cursor = 0;

	for (const struct call *c; (c = call_next_held(p, &cursor)) != NULL;)
		if (any(2))
			return call_token(c);
	list_for_each(node, &p->forfeits)
		if (any(2))
			return container_of(node, struct loan, link)->token;
	return any(1000) << 32 | any(10);
}

/* With those that it may call, or that call it. */
static void lend_or_borrow(struct thread *t)
{
	uint64_t tag, b = buffers(t, &tag);

	if (!is_alive(t) || is_blocked(t))
		return;
	if (any(3) == 0)
		(void)ask(t, ipc_reply, token(t->process), 4, 0, 0, 0, 7);
	else if (any(2))
		(void)ask(t, ipc_call, INITIAL_HANDLE(1 + any(PROCESSES - 1)), tag, b, deadline());
	else
		(void)ask(t, ipc_recv, INITIAL_HANDLE(0), 0, b, any(2) ? 0 : deadline());
}

static void call_something(struct thread *t)
{
	const struct process *p = t->process;
	handle_t h = handle_at(&p->handles, 1 + (unsigned)any(10));
	uint64_t tag = any(2) ? TAG_IDEMPOTENT : 0, b = 0;

	if (any(2)) {
		b = buffers(t, &tag);
		if (!is_alive(t) || is_blocked(t))
			return;
	}
	switch (any(16)) {
	case 0:
	case 1:
	case 2:
		(void)ask(t, ipc_call, h, tag, b, deadline());
		return;
	case 3:
	case 4:
	case 5:
		(void)ask(t, ipc_recv, INITIAL_HANDLE(0), 0, b, any(2) ? 0 : deadline());
		return;
	case 6:
	case 7:
		(void)ask(t, ipc_reply, token(p), tag, b, 0, 0, 7);
		return;
	case 8:
		(void)ask(t, ipc_reply_recv, token(p), tag, b, any(2) ? 0 : deadline(), INITIAL_HANDLE(0), 7);
		return;
	case 9:
		(void)ask(t, ipc_notify, h, 0, any(256));
		return;
	case 10:
	case 11:
		(void)ask(t, mem_map, any(4), 1 + any(6));
		return;
	case 12:
		(void)ask(t, mem_unmap, address(p) & ~0xfffull, 1 + any(3));
		return;
	case 13:
		if (p->thread_count < 5)
			(void)ask(t, thread_create, PROGRAM_TEXT, PROGRAM_DATA);
		return;
	case 14:
		(void)ask(t, channel_create, INITIAL_HANDLE(0), any(100), 1);
		return;
	default:
		(void)ask(t, handle_close, h);
		return;
	}
}

static void touch_something(struct thread *t)
{
	uint64_t at = address(t->process);

	if (at >= LAYOUT_USER_END || aspace_region_at(&t->process->aspace, at) == NULL)
		return;
	(void)user_put(t, at & ~7ull, any(1000));
}

static void replace(unsigned i)
{
	if (processes[i] == NULL) {
		spawn(i);
		return;
	}
	if (processes[i]->state == PROCESS_RUNNING && any(lives) != 0)
		return;
	world_stop(processes[i]);
	processes[i] = NULL;
}

/* Calls that wait for a server once more. */
static unsigned count_waiting_again(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PROCESSES; i++)
		if (processes[i] != NULL)
			list_for_each(node, &processes[i]->threads) {
				const struct call *c = &container_of(node, struct thread, of_process)->call;

				count += c->state == CALL_QUEUED && c->deaths != 0;
			}
	return count;
}

static unsigned count_tables_lent(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PROCESSES; i++)
		if (processes[i] != NULL)
			count += aspace_table_is_lent(&processes[i]->aspace,
						      LAYOUT_AREA_BASE); /* the first of give_room */
	return count;
}

static void step(void)
{
	unsigned i = (unsigned)any(PROCESSES);
	struct thread *t = processes[i] == NULL || processes[i]->state != PROCESS_RUNNING ? NULL
											  : thread_of(processes[i]);

	if (t == NULL || any(30) == 0) {
		replace(i);
	} else if (any(4) == 0) {
		touch_something(t);
	} else if (whole_tables && any(2)) {
		lend_or_borrow(t);
	} else {
		call_something(t);
	}
	if (any(10) == 0) {
		host_pass_ns(any(3000));
		host_leave();
	}
}

static void start_world(void)
{
	struct thread *s;

	world_start();
	supervisor->base_priority = 0; /* so that calls among the others may be fast */
	process_set_boost(supervisor, 0);
	s = first_thread(supervisor);
	for (unsigned i = 0; i < PROCESSES; i++) {
		assert_ok(ask(s, port_create, RANKS_APART * (i + 1)));
		ports[i] = (handle_t)s->context.arg[0];
		processes[i] = NULL;
	}
}

static void end_all(void)
{
	for (unsigned i = 0; i < PROCESSES; i++)
		if (processes[i] != NULL)
			world_stop(processes[i]);
	for (unsigned i = 0; i < PROCESSES; i++)
		processes[i] = NULL;
}

/* How often a check found calls that waited once more. */
static unsigned random_life(unsigned seed)
{
	unsigned again = 0;
	struct balance before, after;

	start_world();
	srand(seed);
	before = world_balance();
	for (unsigned n = 0; n < STEPS; n++) {
		step();
		if (n % CHECK_EVERY == 0) {
			world_check();
			again += count_waiting_again();
			tables_lent += count_tables_lent();
		}
	}
	end_all();
	world_check();
	after = world_balance();
	assert_int_equal(after.kinds[FRAME_USER], before.kinds[FRAME_USER]);
	assert_int_equal(after.kinds[FRAME_TABLE], before.kinds[FRAME_TABLE]);
	assert_int_equal(after.promised, before.promised);
	assert_int_equal(after.processes, before.processes);
	assert_int_equal(after.supervisor_bytes, before.supervisor_bytes);
	return again;
}

static void whatever_programs_do_the_invariants_hold_and_everything_comes_back(void **state)
{
	(void)state;
	lives = 20;
	for (unsigned seed = 1; seed <= 12; seed++)
		(void)random_life(seed);
}

static void whoever_dies_with_calls_in_its_hands_they_wait_in_order_and_end_once(void **state)
{
	unsigned again = 0;

	(void)state;
	lives = 2;
	for (unsigned seed = 21; seed <= 84; seed++)
		again += random_life(seed);
	assert_true(again > 20); /* it was worth while */
}

/* Lent out, lent on, returned, forfeited, home between two servers; and touched by whoever has them. */
static void whatever_becomes_of_whole_tables_they_come_back(void **state)
{
	(void)state;
	whole_tables = true;
	tables_lent = 0;
	lives = 20;
	for (unsigned seed = 201; seed <= 212; seed++)
		(void)random_life(seed);
	whole_tables = false;
	print_message("%u times a table was out on loan\n", tables_lent);
	assert_true(tables_lent > 50);
}

static void the_same_story_twice_leaves_the_same_memory(void **state)
{
	uint64_t kernel[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		(void)random_life(99);
		kernel[i] = frame_count(FRAME_KERNEL);
	}
	assert_int_equal(kernel[0], kernel[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_programs_do_the_invariants_hold_and_everything_comes_back),
		cmocka_unit_test(whoever_dies_with_calls_in_its_hands_they_wait_in_order_and_end_once),
		cmocka_unit_test(whatever_becomes_of_whole_tables_they_come_back),
		cmocka_unit_test(the_same_story_twice_leaves_the_same_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
