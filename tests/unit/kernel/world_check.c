/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The invariants, checked over the whole world: the page tables are read raw, the
 * frame table record by record, and every counter is counted again.
 */
#include "hal/x86_64/pte.h"
#include "kernel/device/device.h"
#include "kernel/ipc/transfer.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

/* What walking the tables of one space found. */
struct found {
	struct aspace *as;
	uint32_t tables, swapped, lent, in_use, present;
	uint64_t in_landings;                         /* pages promised by themselves or by a whole table */
	unsigned table_present, table_swapped, fixed; /* of one leaf table */
};

/* Is the page promised by itself? */
static bool is_counted_landing(struct aspace *as, uint64_t va, paddr_t table)
{
	const struct region *r = aspace_region_at(as, va);

	assert_non_null(r); /* nothing is mapped outside of regions */
	return r->kind == REGION_LANDING && !(frame_record(table)->flags & FRAME_WHOLE);
}

static void check_present(struct found *f, uint64_t pte, uint64_t va, paddr_t table, unsigned index)
{
	const struct frame *frame;
	bool singly = is_counted_landing(f->as, va, table);

	assert_true((pte & PTE_USER) && !((pte & PTE_WRITE) && !(pte & PTE_NX))); /* I-CODE */
	if (aspace_region_at(f->as, va)->kind == REGION_DEVICE) {
		assert_true((pte & PTE_UNCACHED) && !host_is_ram((paddr_t){ pte & PTE_ADDRESS }));
		f->fixed++;
		return;
	}
	frame = frame_record((paddr_t){ pte & PTE_ADDRESS });
	assert_true(frame->kind == FRAME_USER || frame->kind == FRAME_BOUNCE);
	assert_int_equal(frame->table, table.v >> PAGE_SHIFT); /* I-STATE */
	assert_int_equal(frame->index, index);
	assert_int_equal(aspace_address_of(frame), va);
	assert_ptr_equal(aspace_mapper_of(frame), f->as);
	if (frame->flags & FRAME_LENT) {
		assert_ptr_not_equal(frame->owner, f->as);
		assert_int_equal(aspace_region_at(f->as, va)->kind, REGION_LANDING);
		f->fixed++;
	} else {
		assert_null(frame->owner);
		assert_int_equal(frame->flags, 0);
		f->present++;
		f->table_present++;
		f->in_landings += singly;
	}
	f->fixed += (frame->busy != 0 ? 1u : 0u) + (frame->dma != 0 ? 1u : 0u);
	f->in_use += frame->busy + frame->dma;
}

static void check_not_present(struct found *f, uint64_t pte, uint64_t va, paddr_t table, unsigned index)
{
	struct mmu_entry e = pte_decode(pte);

	assert_false(host_is_ram((paddr_t){ pte & PTE_ADDRESS })); /* L1TF */
	if (e.kind == MMU_SWAPPED) {
		f->swapped++;
		f->table_swapped++;
		f->in_landings += is_counted_landing(f->as, va, table);
		assert_int_not_equal(slot_at(e.slot)->state, SLOT_FREE);
		assert_false(slot_at(e.slot)->doomed);
		assert_int_equal(slot_at(e.slot)->table, table.v >> PAGE_SHIFT);
		assert_int_equal(slot_at(e.slot)->index, index);
	} else {
		assert_int_equal(e.kind, MMU_LENT);
		f->lent++;
		f->fixed++;
	}
}

/* What a table counts is what is in it, and one that came whole is in a landing window, whole. */
static void check_leaf(struct found *f, paddr_t table, uint64_t va)
{
	const struct frame *record = frame_record(table);

	assert_int_equal(record->present, f->table_present);
	assert_int_equal(record->swapped, f->table_swapped);
	assert_int_equal(record->fixed, f->fixed);
	assert_int_equal(record->region, va / TABLE_BYTES);
	if (record->flags & FRAME_WHOLE) {
		const struct region *r = aspace_region_at(f->as, va);

		assert_non_null(r);
		assert_int_equal(r->kind, REGION_LANDING);
		assert_true(r->start <= va && va + TABLE_BYTES <= r->end);
		f->in_landings += MMU_ENTRIES;
	}
	f->table_present = f->table_swapped = f->fixed = 0;
}

static void check_higher(const struct frame *record, unsigned i, unsigned *children)
{
	assert_true(record->first <= i);
	++*children;
}

static void walk(struct found *f, paddr_t table, unsigned level, uint64_t va)
{
	const uint64_t *pte = hal_frame_ptr(table);
	const struct frame *record = frame_record(table);
	unsigned children = 0;

	assert_int_equal(record->kind, FRAME_TABLE);
	assert_ptr_equal(record->owner, f->as);
	f->tables++;
	for (unsigned i = 0; i < (level == MMU_LEVELS - 1 ? MMU_ENTRIES / 2 : MMU_ENTRIES); i++) {
		uint64_t at = va | (uint64_t)i << (PAGE_SHIFT + 9 * level);

		if (pte[i] == 0)
			continue;
		if (level > 0) {
			check_higher(record, i, &children);
			walk(f, (paddr_t){ pte[i] & PTE_ADDRESS }, level - 1, at);
		} else if (pte[i] & PTE_PRESENT) {
			check_present(f, pte[i], at, table, i);
		} else {
			check_not_present(f, pte[i], at, table, i);
		}
	}
	if (level == 0)
		check_leaf(f, table, va);
	else
		assert_int_equal(record->children, children);
}

/* Regions ascend, do not overlap, leave the guards free, and promise what the space says. */
static void check_regions(struct aspace *as, uint64_t in_landings)
{
	uint64_t committed = in_landings, end = 0;
	uint32_t count = 0;
	bool below_is_stack = false;

	list_for_each(node, &as->regions) {
		const struct region *r = container_of(node, struct region, link);

		/* Below a stack is its guard, or what is left of a stack that was unmapped in part. */
		if (r->kind == REGION_STACK && !below_is_stack)
			assert_true(end <= r->start - LAYOUT_GUARD_BYTES);
		assert_true(end <= r->start && r->start < r->end);
		end = r->end;
		count++;
		below_is_stack = r->kind == REGION_STACK;
		if (r->kind != REGION_LANDING && r->kind != REGION_DEVICE)
			committed += (r->end - r->start) / PAGE_BYTES;
	}
	assert_int_equal(as->region_count, count);
	/* Pages that were given, lent on and forfeited are still promised, and not in any table. */
	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *f = frame_by_number(n);

		committed += f->kind == FRAME_USER && f->owner == as && (f->flags & FRAME_GIVEN) &&
			     (f->flags & FRAME_LENT);
	}
	assert_int_equal(as->committed, committed);
}

void world_check_space(struct aspace *as)
{
	struct found f = { .as = as };
	uint32_t resident = 0, away = 0;

	if (paddr_is_none(as->root))
		return;
	walk(&f, as->root, MMU_LEVELS - 1, 0);
	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *frame = frame_by_number(n);

		if (frame->kind != FRAME_USER || aspace_owner_of(frame) != as)
			continue;
		resident++;
		away += (frame->flags & FRAME_LENT) != 0;
	}
	assert_int_equal(as->tables, f.tables);
	assert_int_equal(as->swapped, f.swapped);
	assert_int_equal(as->resident, resident);
	assert_int_equal(as->resident, f.present + as->away);
	assert_int_equal(as->away, away);
	assert_int_equal(as->busy, f.in_use);
	check_regions(as, f.in_landings);
}

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
		assert_true(c->deaths == 0 || (c->deaths < CALL_DEATHS_MAX && (c->message.tag & TAG_IDEMPOTENT)));
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
			c->message.landing_pages != 0 || c->message.accept != 0 || t->state == THREAD_ORPHANED;

	if (is_blocked(t) && t->state != THREAD_PAGING && t->state != THREAD_STARVED &&
	    !(t->special & THREAD_HAS_PARTS))
		assert_false(in_parts || list_is_linked(&t->deadline.link));
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
