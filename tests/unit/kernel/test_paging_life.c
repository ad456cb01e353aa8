/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random lives of paging: programs that use their pages, policy that takes any, a pager that has several requests at once,
 * answers them in any order, late, or dies; in the dishonest lives it also fails, brings what is wrong, and lends frames
 * on to who keeps them. The model of paging (docs/model.md) visits every order of few such steps; this is the code itself.
 */
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"
#include "kernel/ipc/channel.h"
#include "kernel/paging/bounce.h"
#include "kernel/paging/page_out.h"
#include "kernel/paging/request.h"
#include "tests/unit/kernel/random_life.h"
#include "tests/unit/kernel/store_fixture.h"

enum { LIVES = 40, STEPS = 1000, PROGRAMS = 3, PAGES = 14, HELD_MAX = 4, CHECK_EACH = 12 };
#define S_NS 1000000000ull

static struct program {
	struct process *process;
	struct thread *threads[2];
	uint64_t heap, written[PAGES]; /* 0: never */
	bool unmapped[PAGES];
} programs[PROGRAMS];

/* A request that the pager has. */
static struct held {
	uint64_t token, slot, pages;
	bool used, out;
} held[HELD_MAX];

static uint64_t windows; /* of the pager: one for each that it may have */
static unsigned kept;    /* pages that the store has for ever */
static uint64_t last_written;
static bool is_honest;
static unsigned outs, ins, deaths_with_requests, lies, ended; /* how often, in all lives of a test */

/* ---- the pager ---- */

static void pager_begins(void)
{
	for (unsigned i = 0; i < HELD_MAX; i++) {
		deaths_with_requests += held[i].used;
		held[i].used = false;
	}
	windows = user_map(paging.server, MEM_LANDING, HELD_MAX * PAGER_RUN_MAX);
}

static void pager_dies(void)
{
	world_stop(paging.pager);
	paging_start_pager();
	pager_begins();
}

static uint64_t window_of(const struct held *h) { return windows + (uint64_t)(h - held) * PAGER_RUN_MAX * PAGE_BYTES; }

static void pager_takes(struct held *h)
{
	struct ipc_buffers b = { .landing = window_of(h), .landing_pages = PAGER_RUN_MAX };
	struct context *c = &paging.server->context;

	if (ask(paging.server, ipc_recv, INITIAL_HANDLE(0), 0, user_post(paging.server, b), 0) != ST_OK)
		return;
	if (tag_op(c->arg[1]) == PAGER_INFO) {
		c->word[0] = PAGING_SLOTS;
		assert_ok(ask(paging.server, ipc_reply, c->arg[2], 0, 0));
		return;
	}
	*h = (struct held){ c->arg[2], c->word[0], c->word[1], true, tag_op(c->arg[1]) == PAGER_OUT };
}

static void pager_answers(struct held *h, uint16_t op)
{
	h->used = false;
	(void)ask(paging.server, ipc_reply, h->token, op, 0);
}

static void pager_does(struct held *h)
{
	uint64_t slot = is_honest || life_any(6) != 0 ? h->slot : life_any(PAGING_SLOTS - PAGER_RUN_MAX);

	bool there = h->out ? user_read(paging.server, window_of(h), paging.store[slot], h->pages * PAGE_BYTES)
			    : user_write(paging.server, window_of(h), paging.store[slot], h->pages * PAGE_BYTES);

	assert_true(there || !is_honest); /* what it has lent on is not */
	if (!there)
		return;
	outs += h->out;
	ins += !h->out;
	lies += slot != h->slot;
	pager_answers(h, is_honest || life_any(6) != 0 ? 0 : ST_IO_ERROR);
}

static void pager_lends_on(const struct held *h)
{
	uint64_t from = life_any(h->pages);

	if (kept + PAGER_RUN_MAX > MESSAGE_PAGES_MAX)
		return;
	if (store_lend_from((window_of(h) - paging.window) / PAGE_BYTES + from, 1 + life_any(h->pages - from),
			    host_now_ns + 10) != ST_PARKED)
		return;
	if (store_takes(kept) == ST_OK)
		kept += PAGER_RUN_MAX;
	host_pass_ns(10);
	host_leave();
}

static void pager_acts(void)
{
	struct held *h = &held[life_any(HELD_MAX)];

	if (paging.pager->state != PROCESS_RUNNING || life_any(40) == 0)
		pager_dies();
	else if (!h->used)
		pager_takes(h);
	else if (!is_honest && life_any(8) == 0)
		pager_lends_on(h);
	else
		pager_does(h);
}

/* ---- programs ---- */

static void program_begins(struct program *p)
{
	*p = (struct program){ .process = world_spawn("app", 20) };
	p->threads[0] = first_thread(p->process);
	p->threads[1] = second_thread(p->process);
	p->heap = user_map(p->threads[0], MEM_HEAP, PAGES);
	p->process->aspace.frames_max = p->process->aspace.resident + p->process->aspace.tables + 4;
}

static void check_end(const struct program *p)
{
	if (is_honest || (p->process->fault != FAULT_PAGE_LOST && p->process->fault != FAULT_PAGE_IO &&
			  p->process->fault != FAULT_NO_MEMORY))
		fail_msg("a program ended with fault %u", p->process->fault);
}

static void program_uses(struct program *p, struct thread *t)
{
	unsigned i = (unsigned)life_any(PAGES);
	uint64_t at = p->heap + i * PAGE_BYTES, value;

	if (p->unmapped[i] || is_blocked(t))
		return;
	if (life_any(2) == 0 && user_put(t, at, last_written + 1))
		p->written[i] = ++last_written;
	else if (is_alive(t) && !is_blocked(t) && user_read(t, at, &value, sizeof value))
		assert_int_equal(value, p->written[i]);
}

static void program_unmaps(struct program *p)
{
	unsigned i = (unsigned)life_any(PAGES);

	if (p->unmapped[i] || is_blocked(p->threads[0]))
		return;
	assert_ok(ask(p->threads[0], mem_unmap, p->heap + i * PAGE_BYTES, 1));
	p->unmapped[i] = true;
}

static void program_acts(void)
{
	struct program *p = &programs[life_any(PROGRAMS)];

	if (p->process->state != PROCESS_RUNNING) {
		check_end(p);
		ended++;
		world_stop(p->process);
		program_begins(p);
	} else if (life_any(60) == 0) {
		world_stop(p->process);
		program_begins(p);
	} else if (life_any(40) == 0) {
		program_unmaps(p);
	} else {
		program_uses(p, p->threads[life_any(2)]);
	}
}

/* ---- lives ---- */

static void step(void)
{
	switch (life_any(8)) {
	case 0:
		(void)page_out(life_any(2) == 0 ? NULL : &programs[life_any(PROGRAMS)].process->aspace, 1);
		host_leave();
		break;
	case 1:
		host_pass_ns(life_any(8) == 0 ? 4 * S_NS : 1000);
		host_leave();
		break;
	case 2:
	case 3:
	case 4:
		pager_acts();
		break;
	default:
		program_acts();
	}
}

/* By a pager that is honest now. False: it has ended. */
static bool finds_what_it_wrote(const struct program *p, unsigned i)
{
	uint64_t value;

	for (unsigned tries = 0; tries < 100; tries++) {
		if (p->process->state != PROCESS_RUNNING)
			return false;
		if (!is_blocked(p->threads[0]) &&
		    user_read(p->threads[0], p->heap + i * PAGE_BYTES, &value, sizeof value)) {
			assert_int_equal(value, p->written[i]);
			return true;
		}
		paging_serve_all();
	}
	fail_msg("a page does not come");
	return false;
}

/* Everybody finds what it wrote or ends, and then nothing is left. */
static void end_with_an_honest_pager(void)
{
	pager_dies();
	paging_serve_all();
	for (struct program *p = programs; p < programs + PROGRAMS; p++) {
		for (unsigned i = 0; i < PAGES; i++)
			if (!p->unmapped[i] && !finds_what_it_wrote(p, i))
				break;
		if (p->process->state != PROCESS_RUNNING)
			check_end(p);
		world_stop(p->process);
	}
	world_stop(store.process);
	paging_serve_all();
	assert_int_equal(slot_used(), 0);
	assert_false(request_pending());
	assert_int_equal(frame_count(FRAME_BOUNCE), bounce_ready());
}

static void live(void **state, uint64_t seed, bool honest)
{
	(void)paging_start(state);
	life_any_state = seed * 0x9e3779b97f4a7c15ull;
	is_honest = true;
	kept = 0;
	last_written = 0;
	store_start(NULL);
	pager_begins();
	for (struct program *p = programs; p < programs + PROGRAMS; p++)
		program_begins(p);
	is_honest = honest;
	for (unsigned i = 0; i < STEPS; i++) {
		step();
		if (i % CHECK_EACH == 0)
			world_check();
	}
	end_with_an_honest_pager();
	world_check();
}

static void live_all(void **state, bool honest)
{
	outs = ins = deaths_with_requests = lies = ended = 0;
	for (uint64_t seed = 1; seed <= LIVES; seed++)
		live(state, seed + (honest ? 0 : LIVES), honest);
	assert_true(outs > LIVES && ins > LIVES && deaths_with_requests > LIVES); /* it was no idle life */
	assert_true((lies > LIVES) == !honest && (ended > LIVES) == !honest);
}

static void an_honest_pager_that_answers_in_any_order_and_dies_costs_nobody_anything(void **state)
{
	live_all(state, true);
}

static void whatever_a_pager_does_a_program_sees_what_it_wrote_or_ends_and_nothing_leaks(void **state)
{
	live_all(state, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_pager_that_answers_in_any_order_and_dies_costs_nobody_anything),
		cmocka_unit_test(whatever_a_pager_does_a_program_sees_what_it_wrote_or_ends_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
