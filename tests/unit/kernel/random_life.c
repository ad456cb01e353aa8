/* SPDX-License-Identifier: BSD-2-Clause */
/* See random_life.h. What processes do, and what happens to them. */
#include "tests/unit/kernel/random_life.h"
#include "kernel/paging/policy.h"
#include <stdio.h>

#define NEVER DEADLINE_NEVER
enum { RANKS_APART = 10, THREADS_MAX = 4 };

static const enum sysno with_fast_ways[] = { SYS_ipc_call, SYS_ipc_reply_recv, SYS_clock_now };
struct process *life_processes[LIFE_PROCESSES];
char life_what[LIFE_WHAT_BYTES];
unsigned life_calls, life_known, life_across;
static handle_t ports[LIFE_PROCESSES], voices[LIFE_PROCESSES]; /* the supervisor's; a voice is a channel to a port */
static handle_t home, home_channel;                            /* where its own threads meet */

/* The kernel was left for the thread that it says runs, and for all of it. */
static void check_cpu(void)
{
	const struct cpu *cpu = this_cpu();
	const struct thread *t = cpu->running;

	if (t == NULL || t->state != THREAD_RUNNING)
		return;
	assert_ptr_equal(host_resumed, &t->context);
	assert_int_equal(host_tls, t->context.tls);
	assert_ptr_equal(cpu->active, t->process);
	assert_int_equal(host_active_root.v, t->process->aspace.root.v);
	assert_true(host_vector_traps || cpu->vector_owner == t);
	assert_false(sched_would_preempt(t->priority));
}

static enum status play(struct thread *t, uint64_t nr, const uint64_t a[6])
{
	const struct envelope *m = &t->call.message;
	unsigned answers;
	enum status st;
	bool known;

	snprintf(life_what, sizeof life_what, "%u.%u: call %u (%lx, %lx, %lx, %lx, %lx, %lx)", t->process->index,
		 t->number, (unsigned)nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	answers = host_answers;
	life_calls += nr == SYS_ipc_call || nr == SYS_ipc_reply_recv || nr == SYS_clock_now;
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		t->context.word[i] = life_any(1 << 30);
	host_tls = t->context.tls; /* it runs */
	st = world_ask(t, nr, a);
	known = host_answers != answers && a[2] != 0 && t->call.message.tag != a[1]; /* else it is written down */
	life_known += known;
	life_across += known &&
		       ((m->send.bytes != 0 && m->send.frame == NULL) || (m->recv.bytes != 0 && m->recv.frame == NULL));
	check_cpu();
	return st;
}

#define does(t, call, ...) ((void)play(t, SYS_##call, (uint64_t[6]){ __VA_ARGS__ }))

/* ---- what they do ---- */

static uint64_t deadline(void) { return life_any(20) == 0 ? host_now_ns + life_any(2000) : NEVER; }
static uint64_t any_tag(void)
{
	uint64_t tag = tag_make((uint16_t)life_any(1 << 12));

	if (life_any(10) == 0)
		tag |= TAG_IDEMPOTENT;
	return life_any(60) == 0 ? tag ^ 1ull << life_any(64) : tag;
}

static uint64_t landing_of(const struct process *p, uint64_t *pages)
{
	*pages = 0;
	list_for_each(node, &p->aspace.regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->kind == REGION_LANDING)
			*pages = 1 + life_any((r->end - r->start) / PAGE_BYTES);
		if (r->kind == REGION_LANDING)
			return r->start;
	}
	return 0;
}

static uint64_t heap_of(const struct process *p)
{
	list_for_each(node, &p->aspace.regions) {
		const struct region *r = container_of(node, struct region, link);

		if (r->kind == REGION_HEAP && r->start >= LAYOUT_HEAP_BASE)
			return r->start;
	}
	return PROGRAM_DATA + PAGE_BYTES;
}

static uint64_t somewhere(void) { return PROGRAM_DATA + PAGE_BYTES + life_any(5 * PAGE_BYTES); }

/* Where they are posted: mostly where they last were, which is in a page that may go. 0: they could not be written. */
static uint64_t post(struct thread *t, const struct ipc_buffers *b)
{
	uint64_t heap = heap_of(t->process), at = PROGRAM_DATA + 0xf00;

	if (heap >= LAYOUT_HEAP_BASE && t->number == 3)
		at = heap + 0xe00;
	return user_write(t, at, b, sizeof *b) && is_alive(t) ? at : 0;
}

/* Bytes from where they came and to where they went before; what is varied is little. */
static uint64_t usual_buffers(struct thread *t, uint64_t *tag)
{
	uint64_t page = t->process->index % 2 ? heap_of(t->process) : PROGRAM_DATA + PAGE_BYTES;
	bool across = t->process->index / 2 % 2; /* pages */
	struct ipc_buffers b = { .send_bytes = page,
				 .recv_bytes = across ? page + PAGE_BYTES - 20 : page + 64,
				 .recv_capacity = 64 };

	if (life_any(30) == 0)
		b.send_bytes += life_any(64);
	if (life_any(30) == 0)
		b.recv_bytes += life_any(2) ? PAGE_BYTES : PAGE_BYTES - 70;
	if (life_any(30) == 0)
		b.recv_capacity = life_any(100);
	*tag = tag_with_bytes(*tag, life_any(20) ? 40 : life_any(80));
	if (!user_put(t, page, life_any(1000)) || !user_put(t, page + 40, life_any(1000)))
		return 0;
	return post(t, &b);
}

/* Most say again what they said, else nothing would be known. */
static bool speaks_in_bytes(const struct thread *t) { return life_any(12) == 0 ? life_any(2) : t->number % 2; }

/* Buffers, and a tag that needs them at times. 0: they could not be written. */
static uint64_t buffers(struct thread *t, uint64_t *tag)
{
	const struct process *p = t->process;
	struct ipc_buffers b = { .send_bytes = somewhere(), .recv_bytes = somewhere(), .send_pages = heap_of(p) };

	if (life_any(8))
		return usual_buffers(t, tag);

	b.recv_capacity = life_any(3) == 0 ? life_any(6000) : life_any(64);
	b.landing = landing_of(p, &b.landing_pages);
	b.accept = life_any(2) ? MESSAGE_HANDLES_MAX | ACCEPT_GIVEN : 0;
	for (unsigned i = 0; i < MESSAGE_CONTRACTS_MAX; i++)
		b.accept_contracts[i] = 1;
	b.send_handles[0] = life_handle_of_type(p, life_any(2) ? HANDLE_CHANNEL : HANDLE_PORT);
	if (life_any(2))
		*tag = tag_with_bytes(*tag, life_any(3) ? life_any(100) : life_any(6000));
	if (life_any(8) == 0)
		*tag = tag_with_handles(*tag, 1);
	if (life_any(4) == 0)
		*tag = tag_with_pages(*tag, (enum message_pages)(1 + life_any(3)), 1 + life_any(2));
	return post(t, &b);
}

static void call_somebody(struct thread *t)
{
	uint64_t tag = any_tag(), channel = life_handle(t->process, HANDLE_CHANNEL),
		 b = speaks_in_bytes(t) ? buffers(t, &tag) : 0;

	if (!is_blocked(t))
		does(t, ipc_call, channel, tag, b, deadline());
}

static void wait_for_somebody(struct thread *t)
{
	uint64_t tag = 0, port = life_handle(t->process, HANDLE_PORT), b = speaks_in_bytes(t) ? buffers(t, &tag) : 0;

	if (!is_blocked(t))
		does(t, ipc_recv, port, 0, b, life_any(10) ? deadline() : 0);
}

static void answer(struct thread *t)
{
	uint64_t tag = any_tag(), token = life_token(t), port = life_handle(t->process, HANDLE_PORT);
	uint64_t b = speaks_in_bytes(t) ? buffers(t, &tag) : 0;

	uint64_t badge = life_any(8) == 0 ? 1 + life_any(1000) : 0;

	if (badge != 0)
		tag |= TAG_SET_BADGE;
	if (is_blocked(t))
		return;
	if (life_any(6) == 0 || (life_is_served(t->process) && life_any(4)))
		does(t, ipc_reply, token, tag, b, 0, 0, badge);
	else
		does(t, ipc_reply_recv, token, tag, b, deadline(), port, badge);
}

static void notify(struct thread *t)
{
	uint64_t channel = life_handle_of_type(t->process, HANDLE_CHANNEL);

	if (life_any(2))
		does(t, ipc_notify, channel, 0, life_any(256));
	else /* whoever called last, if it was a call */
		does(t, ipc_notify, INITIAL_HANDLE(0), (uint32_t)t->context.arg[4], life_any(256));
}

/* From a page of code, but not from the stubs there: whatever it asks, it dies. */
static void call_strayly(struct thread *t)
{
	world_make_running(t);
	snprintf(life_what, sizeof life_what, "%u.%u: a stray call", t->process->index, t->number);
	t->context.nr = with_fast_ways[life_any(3)];
	t->context.arg[0] = t->context.nr == SYS_ipc_call ? life_handle_of_type(t->process, HANDLE_CHANNEL)
							  : life_token(t);
	t->context.arg[1] = t->context.arg[2] = 0;
	t->context.arg[3] = NEVER;
	t->context.arg[4] = INITIAL_HANDLE(0);
	t->context.pc = life_any(2) ? PROGRAM_TEXT + PROGRAM_STUB_BYTES + 1 : PROGRAM_TEXT;
	t->context.by_syscall = 1;
	(void)host_syscall(&t->context);
	check_cpu();
}

/* It computes with its vector registers. */
static void use_vectors(struct thread *t)
{
	const struct trap_info wanted = { .fault = FAULT_NONE };

	snprintf(life_what, sizeof life_what, "%u.%u: vectors", t->process->index, t->number);
	world_make_running(t);
	if (host_vector_traps)
		(void)host_trap(&t->context, &wanted);
	assert_ptr_equal(this_cpu()->running, t);
	for (unsigned i = 0; i < 16; i++)
		host_vector_registers[i] = (uint8_t)life_any(256);
}

static void make_or_end_something(struct thread *t)
{
	struct process *p = t->process;

	switch (life_any(10)) {
	case 0:
	case 1:
		if (p->thread_count < THREADS_MAX)
			does(t, thread_create, PROGRAM_TEXT, PROGRAM_DATA, life_any(10), life_any(1 << 30));
		return;
	case 2:
		if (p->thread_count > 1 || life_any(4) == 0)
			does(t, thread_exit, 0);
		return;
	case 3:
		does(t, port_create, life_any(3) ? PORT_RANK_OWN : RANK_BELOW);
		return;
	case 4:
	case 5:
		does(t, channel_create, life_handle_of_type(p, HANDLE_PORT), life_any(100), 1);
		return;
	case 6:
	case 7:
		does(t, handle_close,
		     life_any(8) ? life_handle_of_type(p, HANDLE_CHANNEL) : life_handle(p, HANDLE_PORT));
		return;
	case 8:
		does(t, mem_map, life_any(2) ? MEM_LANDING : MEM_HEAP, 1 + life_any(3));
		return;
	default:
		if (life_any(6) == 0)
			does(t, process_exit, life_any(3));
	}
}

/* One end of a channel goes while a call is on its way over it. */
static void close_in_use(struct thread *t)
{
	handle_t channel = life_channel_in_use(t->process);

	if (channel != 0 && life_any(2))
		does(t, handle_close, channel);
	else
		does(t, channel_close, INITIAL_HANDLE(0), (uint32_t)t->context.arg[4]);
}

static void act(struct thread *t)
{
	unsigned choice = (unsigned)life_any(100);

	if (choice < 84) {
		if (life_holds_calls(t->process) && life_any(8))
			answer(t);
		else if (life_channel(t->process) != 0 && (life_any(2) || life_is_served(t->process)))
			call_somebody(t);
		else
			wait_for_somebody(t);
	} else if (choice < 88) {
		notify(t);
	} else if (choice < 90) {
		use_vectors(t);
	} else if (choice < 92) {
		close_in_use(t);
	} else if (choice < 96) {
		make_or_end_something(t);
	} else if (choice < 97 && life_any(3)) {
		does(t, clock_now, life_any(1000), 1, 2, 3, 4, 5);
	} else if (choice < 98 && life_any(4) == 0) {
		call_strayly(t);
	} else if (choice < 98 && life_any(6) == 0) {
		does(t, mem_unmap, heap_of(t->process) + life_any(2) * PAGE_BYTES, 1);
	} else {
		(void)user_put(t, somewhere() & ~7ull, life_any(1000));
	}
}

/* The supervisor's other threads talk among each other, when all else is quiet: it alone has ports that others serve. */
static void talk_above(void)
{
	struct list *node = supervisor->threads.next->next;
	struct thread *t = container_of(life_any(2) ? node : node->next, struct thread, of_process);
	uint64_t token = life_token(t);

	if (is_blocked(t))
		return;
	if (life_holds_calls(supervisor) && life_any(8))
		does(t, ipc_reply_recv, token, 1, 0, NEVER, life_any(3) ? home : ports[life_any(LIFE_PROCESSES)]);
	else if (life_any(2))
		does(t, ipc_call, home_channel, 1, 0, NEVER);
	else
		does(t, ipc_recv, home, 0, 0, life_any(2) ? NEVER : 0);
}

/* ---- what happens to them ---- */

/* It serves port i and may call all below. How urgent it is and what it may ask for differs. */
static void spawn(unsigned i)
{
	struct process_params p = world_params("app", RANKS_APART * (i + 1));
	struct manifest *m = world_manifest("app");

	p.priority_cap = life_any(2) ? 10 : (uint32_t)(4 + life_any(7));
	p.handles[p.handle_count++] = ports[i];
	for (unsigned k = 0; k < i; k++) {
		assert_ok(ask(sup, channel_create, ports[k], 100 + life_any(100), 1));
		p.handles[p.handle_count++] = (handle_t)sup->context.arg[0];
	}
	m->allowed_calls = life_any(20) ? UINT64_MAX : ~(1ull << with_fast_ways[life_any(3)]);
	life_processes[i] = world_create(&p);
	assert_non_null(life_processes[i]);
}

static void replace(unsigned i)
{
	snprintf(life_what, sizeof life_what, "process %u is replaced", i);
	if (life_processes[i] != NULL)
		world_stop(life_processes[i]);
	spawn(i);
}

void life_step(void)
{
	struct thread *t = life_any_runnable();
	unsigned i = (unsigned)life_any(LIFE_PROCESSES);

	snprintf(life_what, sizeof life_what, "nothing");
	if (!life_can_run(life_processes[i]) || life_any(t == NULL ? 6 : 200) == 0) {
		replace(i);
	} else if (t != NULL && life_any(20) != 0) {
		act(t);
	} else if (t == NULL && life_any(2)) {
		talk_above();
	} else if (t == NULL && life_any(3)) {
		does(sup, ipc_notify, voices[i], 0, life_any(256));
	} else {
		snprintf(life_what, sizeof life_what, "time passes");
		host_pass_ns(life_any(t == NULL ? 3000 : 300));
		(void)host_leave();
	}
	if (life_any(80) == 0 && life_can_run(life_processes[i]))
		(void)world_victim(&life_processes[i]->aspace);
	this_cpu()->slice_end_ns = host_now_ns + 1000 * (uint64_t)SLICE_NS;
}

void life_begin(uint64_t seed)
{
	life_any_state = seed * 0x9e3779b97f4a7c15ull;
	world_start();
	supervisor->base_priority = 0; /* it only waits for the others */
	process_set_boost(supervisor, 0);
	assert_ok(ask(sup, port_create, PORT_RANK_OWN));
	home = (handle_t)sup->context.arg[0];
	assert_ok(ask(sup, channel_create, home, 0, 1));
	home_channel = (handle_t)sup->context.arg[0];
	(void)second_thread(supervisor);
	(void)second_thread(supervisor);
	for (unsigned i = 0; i < LIFE_PROCESSES; i++) {
		assert_ok(ask(sup, port_create, RANKS_APART * (i + 1)));
		ports[i] = (handle_t)sup->context.arg[0];
		assert_ok(ask(sup, channel_create, ports[i], i, 1));
		voices[i] = (handle_t)sup->context.arg[0];
		spawn(i);
	}
	(void)host_leave();
}
