/* SPDX-License-Identifier: BSD-2-Clause */
/* Which page goes: used ones later, some never. */
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "kernel/paging/pager.h"
#include "kernel/paging/victim.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

enum { SLOTS = 600 };

static struct process *pager;
static struct thread *server;
static uint64_t window;
static handle_t made_port;
static uint8_t store[SLOTS][PAGE_BYTES];
static uint16_t answer_with; /* the operation of every reply: 0, or a status */
static unsigned outs, ins;

static void start_pager(void)
{
	struct process_params p = world_params("pager", 1);

	p.handle_count = 1;
	p.handles[0] = made_port;
	pager = world_create(&p);
	assert_non_null(pager);
	server = first_thread(pager);
	window = user_map(server, MEM_LANDING, PAGER_RUN_MAX);
}

/* Takes one request. OK, or why not. */
static enum status take(void)
{
	uint64_t b = user_post(server, (struct ipc_buffers){ .landing = window, .landing_pages = PAGER_RUN_MAX });

	return ask(server, ipc_recv, INITIAL_HANDLE(0), 0, b, 0);
}

static enum status give_answer(uint64_t op) { return ask(server, ipc_reply, server->context.arg[2], op, 0); }

/* Does what an honest pager does with the request just taken. */
static void serve(void)
{
	uint64_t op = tag_op(server->context.arg[1]), slot = server->context.word[0];

	if (op == PAGER_INFO) {
		server->context.word[0] = SLOTS;
	} else if (op == PAGER_OUT) {
		outs++;
		assert_true(user_read(server, window, store[slot], PAGE_BYTES));
	} else {
		ins++;
		assert_int_equal(op, PAGER_IN);
		assert_true(user_write(server, window, store[slot], PAGE_BYTES));
	}
	assert_ok(give_answer(op == PAGER_INFO ? 0 : answer_with));
}

static void serve_all(void)
{
	while (server->state == THREAD_READY || server->state == THREAD_RUNNING) {
		if (take() != ST_OK)
			return;
		serve();
	}
}

static int start(void **state)
{
	struct thread *t;

	(void)state;
	world_prepare(3 << 20);
	assert_int_equal(world_boot(), HOST_RESUMED);
	t = first_thread(supervisor);
	assert_ok(ask(t, port_create, 1));
	made_port = (handle_t)t->context.arg[0];
	answer_with = 0;
	outs = ins = 0;
	start_pager();
	serve_all();
	assert_int_equal(slot_total(), SLOTS);
	assert_true(host_console_has("paging: on, 600 slots"));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	world_check();
	return 0;
}

/* A store that the pager serves while the thread waits. */
static bool put(struct thread *t, uint64_t va, uint64_t value)
{
	for (unsigned i = 0; i < 1000 && is_alive(t); i++) {
		if (!is_blocked(t) && user_put(t, va, value))
			return true;
		serve_all();
		if (is_alive(t) && is_blocked(t))
			host_leave();
	}
	return false;
}

/* ---- which page goes ---- */

static void a_used_page_gets_a_second_chance(void **state)
{
	struct process *p = world_spawn("app", 20);
	uint64_t at = user_map(first_thread(p), MEM_BUFFER, 3);
	struct frame *f;
	struct mmu_leaf leaf;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_true(put(first_thread(p), at + i * PAGE_BYTES, i));
	leaf = aspace_leaf_of(frame_record(aspace_entry(&p->aspace, at + PAGE_BYTES).frame));
	hal_mmu_clear_accessed(leaf);
	f = victim_choose(&p->aspace, false);
	assert_int_equal(aspace_address_of(f), at + PAGE_BYTES); /* the one that was not used */
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(victim_choose(&p->aspace, false)); /* the second time around nobody was */
}

static void what_is_pinned_busy_lent_or_without_quota_for_swap_does_not_go(void **state)
{
	struct process *p = world_spawn("app", 20);
	struct aspace *as = &p->aspace;
	struct frame *f = NULL;

	(void)state;
	assert_true(put(first_thread(p), PROGRAM_DATA, 1));
	as->pinned = true;
	assert_null(victim_choose(as, false));
	as->pinned = false;
	assert_null(victim_choose(as, true)); /* the store is full and none has a slot */
	as->swap_max = 0;
	assert_null(victim_choose(as, false));
	as->swap_max = 100;
	for (uint32_t n = 0; n < frame_limit(); n++) {
		f = frame_by_number(n);
		if (f->kind == FRAME_USER && f->owner == as)
			f->busy++;
	}
	assert_null(victim_choose(as, false));
	for (uint32_t n = 0; n < frame_limit(); n++)
		if (frame_by_number(n)->kind == FRAME_USER && frame_by_number(n)->owner == as)
			frame_by_number(n)->busy--;
	as->frames_min = as->resident;
	f = victim_choose(NULL, false);
	assert_true(f == NULL || f->owner != as);
	assert_non_null(victim_choose(as, false)); /* but for its own sake its own go */
	assert_true(host_safe_points > 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_used_page_gets_a_second_chance),
		STORY(what_is_pinned_busy_lent_or_without_quota_for_swap_does_not_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
