/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The invariants, checked over the whole world: the page tables are read raw, the
 * frame table record by record, and every counter is counted again.
 */
#include "kernel/device/device.h"
#include "kernel/ipc/transfer.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

/* Who is given this frame next takes it as it is. */
static void check_zero(const struct frame *f)
{
	static const uint8_t zeros[PAGE_BYTES];

	assert_int_equal(f->kind, FRAME_NONE);
	assert_memory_equal(hal_frame_ptr(frame_address(f)), zeros, PAGE_BYTES);
}

/* Every frame is free or of a kind, and every user frame is mapped where it says. */
static void check_frames(void)
{
	uint64_t kinds[FRAME_KINDS] = { 0 }, sum = frame_free_count();

	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *f = frame_by_number(n);

		kinds[f->kind]++;
		if (f->flags & FRAME_ZERO)
			check_zero(f);
		if (f->kind == FRAME_USER) {
			assert_int_not_equal(f->table, 0);
			assert_int_equal(hal_mmu_read(aspace_leaf_of(f)).frame.v, frame_address(f).v);
		}
	}
	for (unsigned k = FRAME_NONE + 1; k < FRAME_KINDS; k++) {
		assert_int_equal(kinds[k], frame_count((enum frame_kind)k));
		sum += kinds[k];
	}
	assert_int_equal(sum, frame_total());
}

/* What a process must have paid, counted from what it has. */
static uint32_t cost_of(const struct process *p)
{
	uint32_t bytes = 0;

	list_for_each(node, &p->threads) {
		const struct thread *t = container_of(node, struct thread, of_process);

		bytes += thread_bytes() + (t->call.loan != NULL ? loan_bytes() : 0);
	}
	for (unsigned i = 1; p->handles.entries != NULL && i < HANDLE_COUNT; i++) {
		const struct handle_entry *e = &p->handles.entries[i];

		assert_true(e->type == HANDLE_NONE ? i >= p->handles.lowest : i < p->handles.top);
		if (e->type == HANDLE_PORT && ((const struct port *)e->object)->payer == p)
			bytes += port_bytes();
		if (e->type == HANDLE_CHANNEL) {
			assert_ptr_equal(((const struct channel *)e->object)->client, p);
			bytes += channel_bytes();
		}
		if (e->type == HANDLE_PROCESS)
			bytes += process_bytes();
	}
	list_for_each(port, &p->ports) /* closed ends that it has not been told of */
		list_for_each(channel, &container_of(port, struct port, of_server)->channels)
			if (container_of(channel, struct channel, of_port)->heir == p)
				bytes += channel_bytes();
	return bytes;
}

static uint32_t count_handles_to(const struct port *port)
{
	uint32_t count = 0;

	list_for_each(node, process_all()) {
		const struct process *p = container_of(node, struct process, link);

		for (unsigned i = 1; p->handles.entries != NULL && i < HANDLE_COUNT; i++)
			count += p->handles.entries[i].object == port;
	}
	return count;
}

/* Who waits alone is named by the port, and then no list has anything. */
static void check_waiter(const struct port *p)
{
	if (p->waiter == PORT_BUSY)
		return;
	assert_true(list_is_empty(&p->callers) && list_is_empty(&p->receivers) && list_is_empty(&p->signals));
	if (port_waiter_is_thread(p->waiter)) {
		assert_int_equal(p->waiter->state, THREAD_RECEIVING);
		assert_ptr_equal(p->waiter->port, p);
	}
}

/* A port lives by its handles: nobody waits, and no channel leads, where none is left. */
static void check_ports(const struct process *p)
{
	list_for_each(node, &p->threads) {
		const struct thread *t = container_of(node, struct thread, of_process);

		if (t->state == THREAD_QUEUED)
			assert_int_not_equal(t->call.channel->port->handles, 0);
	}
	for (unsigned i = 1; p->handles.entries != NULL && i < HANDLE_COUNT; i++) {
		const struct handle_entry *e = &p->handles.entries[i];
		const struct channel *c = e->object;

		if (e->type == HANDLE_PORT)
			check_waiter(e->object);
		if (e->type == HANDLE_PORT)
			assert_int_equal(((const struct port *)e->object)->handles, count_handles_to(e->object));
		if (e->type == HANDLE_CHANNEL)
			assert_true(c->port == port_nowhere() || c->port->handles != 0);
	}
}

/* The most urgent first; what waits once more may do so, and is before what is as urgent and has not been taken yet. */
static void check_callers(const struct port *p)
{
	const struct call *last = NULL;

	list_for_each(node, &p->callers) {
		const struct call *c = container_of(node, const struct call, link);

		assert_int_equal(c->state, CALL_QUEUED);
		assert_ptr_equal(c->channel->port, p);
		assert_true(c->deaths == 0 || (c->message.tag & TAG_IDEMPOTENT));
		assert_true(c->deaths < CALL_DEATHS_MAX || c->thread == NULL); /* the kernel never gives up */
		if (last != NULL && last->priority == c->priority)
			assert_true(c->deaths == 0 || (last->deaths != 0 && last->order < c->order));
		assert_true(last == NULL || last->priority >= c->priority);
		last = c;
	}
}

/* Whoever can call is ranked above whoever receives, or is it: so calls between processes form no circle (I-TALK). */
static void check_ranks(const struct process *p)
{
	list_for_each(node, &p->ports)
		assert_true(p->rank <= container_of(node, struct port, of_server)->rank);
	for (unsigned i = 1; p->handles.entries != NULL && i < HANDLE_COUNT; i++) {
		const struct handle_entry *e = &p->handles.entries[i];
		const struct port *port = e->type == HANDLE_CHANNEL ? ((const struct channel *)e->object)->port : NULL;

		if (e->type == HANDLE_PORT)
			check_callers(e->object);
		if (port != NULL && (e->rights & RIGHT_CALL))
			assert_true(p->rank > port->rank || (port->server == p && port->payer == p));
	}
}

static bool may_wait_in_a_list(enum thread_state s)
{
	return s == THREAD_READY || s == THREAD_RECEIVING || s == THREAD_PAGING || s == THREAD_STARVED;
}

static bool waits_alone(const struct thread *t) { return t->state == THREAD_RECEIVING && t->port->waiter == t; }

/* What the fast path does not ask for separately. */
static void check_special(const struct thread *t)
{
	const struct call *c = &t->call;
	const struct cpu *cpu = hal_cpu_local();
	bool in_parts = c->loan != NULL || c->message.send.held || c->message.recv.held || c->message.pages.held ||
			c->message.landing_pages != 0 || c->message.accept != 0;
	bool in_time = list_is_linked(&t->deadline.link) || t->state == THREAD_ORPHANED;

	if (is_blocked(t) && t->state != THREAD_PAGING && t->state != THREAD_STARVED) {
		assert_true(!in_parts || (t->special & THREAD_HAS_PARTS));
		assert_true(!in_time || (t->special & THREAD_HAS_LIMIT));
	}
	assert_int_equal(c->state == CALL_HELD, c->server != NULL);
	assert_int_equal((t->special & THREAD_HAS_VECTORS) != 0,
			 t->vector_turns > 0 || (cpu->vectors_open && cpu->vector_owner == t));
	assert_int_equal(t->fast_resumes, t->special ? 0 : 2ull << t->priority);
	assert_int_equal(cpu->vectors_open, !host_vector_traps);
	if (cpu->running == t && t->state == THREAD_RUNNING)
		assert_true(!cpu->vectors_open || cpu->vector_owner == t);
}

static void check_threads(const struct process *p)
{
	uint32_t count = 0;

	list_for_each(node, &p->threads) {
		const struct thread *t = container_of(node, struct thread, of_process);

		count++;
		assert_ptr_equal(t->process, p);
		assert_int_equal(list_is_linked(&t->link), may_wait_in_a_list(t->state) && !waits_alone(t));
		check_special(t);
		assert_int_equal(t->call.state == CALL_QUEUED, t->state == THREAD_QUEUED);
		assert_int_equal(t->call.state == CALL_HELD, t->state == THREAD_SERVED || t->state == THREAD_ORPHANED);
		assert_int_equal(t->priority, process_priority(p));
	}
	assert_int_equal(p->thread_count, count);
}

void world_check(void)
{
	uint64_t promised = 0;

	check_frames();
	list_for_each(node, process_all()) {
		struct process *p = container_of(node, struct process, link);

		world_check_space(&p->aspace);
		check_threads(p);
		check_ports(p);
		check_ranks(p);
		if (list_is_empty(&p->devices))
			assert_int_equal(p->quota.used_bytes, cost_of(p));
		promised += p->aspace.committed;
	}
	assert_int_equal(aspace_promised(), promised);
}

struct balance world_balance(void)
{
	struct balance b = { .free = frame_free_count(), .promised = aspace_promised(), .slots_used = slot_used() };

	for (unsigned k = 0; k < FRAME_KINDS; k++)
		b.kinds[k] = frame_count((enum frame_kind)k);
	list_for_each(node, process_all())
		b.processes++;
	if (supervisor != NULL)
		b.supervisor_bytes = supervisor->quota.used_bytes;
	return b;
}

void assert_balanced(struct balance before, struct balance after)
{
	assert_int_equal(before.free, after.free);
	for (unsigned k = FRAME_NONE + 1; k < FRAME_KINDS; k++)
		assert_int_equal(before.kinds[k], after.kinds[k]);
	assert_int_equal(before.promised, after.promised);
	assert_int_equal(before.slots_used, after.slots_used);
	assert_int_equal(before.processes, after.processes);
	assert_int_equal(before.supervisor_bytes, after.supervisor_bytes);
}
