/* SPDX-License-Identifier: BSD-2-Clause */
/* See paging_fixture.h. */
#include "tests/unit/kernel/paging_fixture.h"
#include "kernel/abi/message.h"
#include "kernel/abi/pager.h"

struct paging_fixture paging;

void paging_start_pager(void)
{
	struct process_params p = world_params("pager", PAGING_RANK);

	p.handle_count = 1;
	p.handles[0] = paging.port;
	if (paging.below != 0)
		p.handles[p.handle_count++] = paging.below;
	paging.below = 0;
	paging.pager = world_create(&p);
	assert_non_null(paging.pager);
	paging.server = first_thread(paging.pager);
	paging.window = user_map(paging.server, MEM_LANDING, PAGER_RUN_MAX);
}

enum status paging_take(void)
{
	struct ipc_buffers b = { .landing = paging.window, .landing_pages = PAGER_RUN_MAX };

	return ask(paging.server, ipc_recv, INITIAL_HANDLE(0), 0, user_post(paging.server, b), 0);
}

enum status paging_answer(uint64_t op) { return ask(paging.server, ipc_reply, paging.server->context.arg[2], op, 0); }

void paging_fill(void)
{
	uint64_t slot = paging.server->context.word[0], pages = paging.server->context.word[1];

	paging.ins += (unsigned)pages;
	assert_true(user_write(paging.server, paging.window, paging.store[slot], pages * PAGE_BYTES));
}

/* Does what an honest pager does with the request just taken. */
static void serve(void)
{
	struct context *request = &paging.server->context;
	uint64_t op = tag_op(request->arg[1]), slot = request->word[0], pages = request->word[1];

	if (op == PAGER_INFO) {
		request->word[0] = PAGING_SLOTS;
	} else if (op == PAGER_OUT) {
		paging.outs += (unsigned)pages;
		assert_true(user_read(paging.server, paging.window, paging.store[slot], pages * PAGE_BYTES));
	} else {
		assert_int_equal(op, PAGER_IN);
		paging_fill();
	}
	assert_ok(paging_answer(op == PAGER_INFO ? 0 : paging.answer_with));
}

void paging_serve_all(void)
{
	while (paging.server->state == THREAD_READY || paging.server->state == THREAD_RUNNING) {
		if (paging_take() != ST_OK)
			return;
		serve();
	}
}

int paging_start(void **state)
{
	(void)state;
	world_prepare(3 << 20);
	assert_int_equal(world_boot(), HOST_RESUMED);
	assert_ok(ask(sup, port_create, PAGING_RANK));
	paging.port = (handle_t)sup->context.arg[0];
	supervisor->base_priority = 0; /* it only waits for the others */
	process_set_boost(supervisor, 0);
	paging.answer_with = 0;
	paging.outs = paging.ins = 0;
	paging.below = 0;
	paging_start_pager();
	paging_serve_all();
	assert_int_equal(slot_total(), PAGING_SLOTS);
	assert_true(host_console_has("paging: on, 600 slots"));
	return 0;
}

bool paging_put(struct thread *t, uint64_t va, uint64_t value)
{
	for (unsigned i = 0; i < 1000 && is_alive(t); i++) {
		if (!is_blocked(t) && user_put(t, va, value))
			return true;
		paging_serve_all();
		if (is_alive(t) && is_blocked(t))
			host_leave();
	}
	return false;
}

uint64_t paging_get(struct thread *t, uint64_t va)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 1000; i++) {
		if (!is_blocked(t) && user_read(t, va, &value, sizeof value))
			return value;
		paging_serve_all();
	}
	fail_msg("a page does not come");
	return 0;
}

struct thread *paging_make_small(unsigned frames, uint64_t *heap)
{
	struct process *p = world_spawn("app", 20);

	*heap = user_map(first_thread(p), MEM_HEAP, 40);
	assert_true(paging_put(first_thread(p), *heap, 1000));
	p->aspace.frames_max = p->aspace.resident + p->aspace.tables + frames;
	for (uint64_t i = 1; i < 40; i++)
		assert_true(paging_put(first_thread(p), *heap + i * PAGE_BYTES, 1000 + i));
	paging_serve_all();
	return first_thread(p);
}

unsigned paging_count_out(struct aspace *as, uint64_t from, unsigned pages)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pages; i++)
		n += aspace_entry(as, from + i * PAGE_BYTES).kind == MMU_SWAPPED;
	return n;
}

uint64_t paging_page_outside(struct thread *t, uint64_t heap)
{
	while (aspace_entry(&t->process->aspace, heap).kind != MMU_SWAPPED)
		heap += PAGE_BYTES;
	return heap;
}

uint64_t paging_fault_in(struct thread *t, uint64_t heap)
{
	uint64_t at = paging_page_outside(t, heap);

	t->process->aspace.frames_max += 5;
	assert_false(user_read(t, at, &(uint64_t){ 0 }, 8));
	assert_int_equal(t->state, THREAD_PAGING);
	assert_ok(paging_take());
	assert_int_equal(tag_op(paging.server->context.arg[1]), PAGER_IN);
	return at;
}
