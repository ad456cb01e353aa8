/* SPDX-License-Identifier: BSD-2-Clause */
/* See world.h. Booting, making processes, playing threads. The checks are in world_check.c. */
#include "tests/unit/kernel/world.h"
#include "kernel/abi/message.h"
#include "kernel/core/log.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/frame.h"
#include "kernel/task/image.h"
#include "kernel/task/switch.h"
#include <string.h>

enum { RETRIES_MAX = 100000 };

#define POSTED_AT (PROGRAM_DATA + 0xf00) /* struct ipc_buffers */
#define PARAMS_AT (PROGRAM_DATA + 0x1000)

struct process *supervisor;
struct thread *sup;
struct system_image world_image;
enum status world_status;

static paddr_t hoard[HOST_RAM_MAX / PAGE_BYTES];
static uint64_t hoarded;

/* ---- machines ---- */

static void unexpected(const char *what) { fail_msg("%s\n%s", what, host_console_text()); }

static void forget_last_world(void)
{
	host_unexpected = unexpected;
	memset(&crash_record, 0, sizeof crash_record);
	if (hal_cpu_local() != NULL)
		*hal_cpu_local() = (struct cpu){ .armed_ns = UINT64_MAX };
	hoarded = 0;
}

void machine_start(uint64_t ram_bytes)
{
	static struct cpu cpu;

	hal_cpu_set_local(&cpu);
	forget_last_world();
	host_reset(ram_bytes);
	frame_init(host_boot_info(NULL, 0));
	slot_init();
	aspace_module_init();
}

void machine_leave_frames(uint64_t n, enum frame_class class)
{
	paddr_t frame;

	while (!paddr_is_none(frame = frame_alloc(class, FRAME_KERNEL)))
		hoard[hoarded++] = frame;
	for (; n > 0 && hoarded > 0; n--)
		frame_free(hoard[--hoarded]);
}

void machine_exhaust(enum frame_class class) { machine_leave_frames(0, class); }

void machine_relent(void)
{
	while (hoarded > 0)
		frame_free(hoard[--hoarded]);
}

uint32_t world_slot(void)
{
	uint32_t slot;

	return slot_alloc_run(1, &slot) == 1 ? slot : SLOT_NONE;
}

void world_assert_panicked(const char *text)
{
	assert_int_equal(host_stop_reason, HAL_STOP_PANIC);
	if (strstr(crash_record.message, text) == NULL)
		fail_msg("panic \"%s\", wanted \"%s\"", crash_record.message, text);
	memset(&crash_record, 0, sizeof crash_record);
}

/* ---- booting ---- */

void world_prepare(uint64_t ram_bytes)
{
	forget_last_world();
	host_reset(ram_bytes);
	system_image_make(&world_image);
}

enum host_exit world_boot(void)
{
	enum host_exit how = host_boot(
		host_boot_info(world_image.bytes, system_image_header(&world_image)->image_bytes));

	sup = how == HOST_RESUMED ? container_of(host_resumed, struct thread, context) : NULL;
	supervisor = sup != NULL ? sup->process : NULL;
	return how;
}

void world_start(void)
{
	world_prepare(WORLD_RAM_BYTES);
	assert_int_equal(world_boot(), HOST_RESUMED);
	assert_string_equal(supervisor->name, "supervisor");
}

int world_set_up(void **state)
{
	(void)state;
	world_start();
	return 0;
}

int world_tear_down(void **state)
{
	(void)state;
	world_check();
	return 0;
}

/* ---- threads ---- */

struct thread *first_thread(const struct process *p)
{
	return container_of(p->threads.next, struct thread, of_process);
}

bool is_alive(const struct thread *t) { return t->call.token != 0 && t->state != THREAD_ORPHANED; }
bool is_blocked(const struct thread *t) { return t->state != THREAD_READY && t->state != THREAD_RUNNING; }

static void put_back(struct cpu *cpu)
{
	if (cpu->running != NULL && cpu->running->state == THREAD_RUNNING)
		sched_preempted(cpu->running, 1);
	cpu->running = NULL;
}

void world_make_running(struct thread *t)
{
	struct cpu *cpu = hal_cpu_local();

	if (cpu->running == t && t->state == THREAD_RUNNING)
		return;
	put_back(cpu);
	if (t->state != THREAD_READY)
		fail_msg("a thread of %s is played, but it is %s", t->process->name, thread_state_name(t->state));
	sched_remove(t);
	thread_set_state(t, THREAD_RUNNING);
	cpu->slice_end_ns = host_now_ns + SLICE_NS;
	switch_to(cpu, t);
}

static enum status outcome(const struct thread *t)
{
	if (!is_alive(t))
		return ST_ENDED;
	return is_blocked(t) ? ST_PARKED : (enum status)t->context.nr;
}

enum status world_go_on(struct thread *t)
{
	for (unsigned i = 0; is_alive(t) && !is_blocked(t) && t->context.pc == PROGRAM_STUB - 2; i++) {
		if (i == RETRIES_MAX)
			fail_msg("a call starts again and again");
		world_make_running(t);
		t->context.pc = PROGRAM_STUB;
		t->context.by_syscall = 1;
		if (host_syscall(&t->context) == HOST_STOPPED)
			return ST_ENDED;
	}
	return outcome(t);
}

enum status world_ask(struct thread *t, uint64_t nr, const uint64_t args[6])
{
	world_make_running(t);
	t->context.nr = nr;
	memcpy(t->context.arg, args, sizeof t->context.arg);
	t->context.pc = PROGRAM_STUB - 2;
	return world_go_on(t);
}

/* ---- loads and stores ---- */

enum { READ, WRITE, FETCH };

static bool access_once(struct thread *t, int how, uint64_t va, void *at, size_t bytes, struct trap_info *info)
{
	paddr_t root = t->process->aspace.root;

	world_make_running(t);
	if (how == WRITE)
		return host_user_write(root, va, at, bytes, info);
	return how == READ ? host_user_read(root, va, at, bytes, info) : host_user_fetch(root, va, info);
}

static bool access(struct thread *t, int how, uint64_t va, void *at, size_t bytes)
{
	struct trap_info info;

	for (unsigned i = 0; i < RETRIES_MAX; i++) {
		if (access_once(t, how, va, at, bytes, &info))
			return true;
		if (host_trap(&t->context, &info) == HOST_STOPPED || !is_alive(t) || is_blocked(t))
			return false;
	}
	fail_msg("an access faults again and again");
	return false;
}

static bool access_all(struct thread *t, int how, uint64_t va, void *at, size_t bytes)
{
	for (size_t done = 0, n; done < bytes; done += n) {
		n = PAGE_BYTES - (va + done) % PAGE_BYTES;
		n = n < bytes - done ? n : bytes - done;
		if (!access(t, how, va + done, (char *)at + done, n))
			return false;
	}
	return true;
}

bool user_write(struct thread *t, uint64_t va, const void *from, size_t bytes)
{
	return access_all(t, WRITE, va, (void *)(uintptr_t)from, bytes);
}

bool user_read(struct thread *t, uint64_t va, void *to, size_t bytes) { return access_all(t, READ, va, to, bytes); }
bool user_fetch(struct thread *t, uint64_t va) { return access(t, FETCH, va, NULL, 1); }
bool user_put(struct thread *t, uint64_t va, uint64_t value) { return user_write(t, va, &value, sizeof value); }

uint64_t user_get(struct thread *t, uint64_t va)
{
	uint64_t value = 0;

	assert_true(user_read(t, va, &value, sizeof value));
	return value;
}

uint64_t user_post(struct thread *t, struct ipc_buffers b)
{
	assert_true(user_write(t, POSTED_AT, &b, sizeof b));
	return POSTED_AT;
}

uint64_t user_map(struct thread *t, enum mem_kind kind, uint64_t pages)
{
	assert_ok(ask(t, mem_map, kind, pages));
	return t->context.arg[0];
}

/* ---- processes ---- */

struct process_params world_params(const char *image, uint32_t rank)
{
	struct process_params p = { .rank = rank, .priority_cap = 31 };

	strncpy(p.image, image, sizeof p.image - 1);
	strncpy(p.name, image, sizeof p.name - 1);
	return p;
}

struct manifest *world_manifest(const char *image)
{
	const struct image_header *h = image_find(image);

	return h == NULL ? NULL : (struct manifest *)(uintptr_t)&h->manifest;
}

static void name_use(const struct process *maker, handle_t handle, struct manifest *m)
{
	struct handle_entry *e;
	bool good = handle_get(&maker->handles, handle, HANDLE_CHANNEL, 0, &e) == ST_OK;

	if (handle == 0)
		m->optional_uses |= 1u << m->use_count;
	if (m->use_count < MANIFEST_USES_MAX)
		m->uses[m->use_count++] = good ? ((const struct channel *)e->object)->contract : 1;
}

void world_fit_manifest(const struct process *maker, const struct process_params *p)
{
	struct manifest *m = world_manifest(p->image);
	struct handle_entry *e;
	unsigned i = 0;

	if (m == NULL)
		return;
	m->serve_count = m->use_count = m->optional_uses = 0;
	m->device_count = p->claim_count;
	if (p->handle_count != 0 && handle_get(&maker->handles, p->handles[0], HANDLE_PORT, 0, &e) == ST_OK)
		m->serve_count = ++i;
	while (i < p->handle_count && i < PROCESS_HANDLES_MAX)
		name_use(maker, p->handles[i++], m);
}

struct process *world_create(const struct process_params *params)
{
	world_fit_manifest(supervisor, params);
	return world_create_by_manifest(params);
}

struct process *world_create_by_manifest(const struct process_params *params)
{
	struct thread *t = first_thread(supervisor);
	struct handle_entry *e;

	assert_true(user_write(t, PARAMS_AT, params, sizeof *params));
	world_status = ask(t, process_create, PARAMS_AT);
	if (world_status != ST_OK)
		return NULL;
	assert_ok(handle_get(&supervisor->handles, (handle_t)t->context.arg[0], HANDLE_PROCESS, 0, &e));
	return e->object;
}

struct process *world_spawn(const char *image, uint32_t rank)
{
	struct process_params params = world_params(image, rank);
	struct process *p = world_create(&params);

	if (p == NULL)
		fail_msg("%s could not be made: status %d", image, world_status);
	return p;
}

handle_t world_handle_of(const struct process *child)
{
	for (unsigned i = 1; i < HANDLE_COUNT; i++) {
		const struct handle_entry *e = &supervisor->handles.entries[i];

		if (e->type == HANDLE_PROCESS && e->object == child)
			return handle_at(&supervisor->handles, i);
	}
	fail_msg("the supervisor does not know this child");
	return 0;
}

void world_stop(struct process *child)
{
	handle_t h = world_handle_of(child);

	assert_ok(ask(first_thread(supervisor), process_stop, h));
	assert_ok(ask(first_thread(supervisor), handle_close, h));
}

struct thread *second_thread(struct process *p)
{
	assert_ok(ask(first_thread(p), thread_create, PROGRAM_TEXT, PROGRAM_DATA + 0x800));
	return container_of(p->threads.prev, struct thread, of_process);
}

struct pair world_pair(const char *client_image, const char *server_image)
{
	struct thread *t = first_thread(supervisor);
	struct process_params p = world_params(server_image, 10);
	struct pair w = { .channel = INITIAL_HANDLE(0), .port = INITIAL_HANDLE(0) };
	handle_t channel;

	assert_ok(ask(t, port_create, 10));
	w.made_port = (handle_t)t->context.arg[0];
	assert_ok(ask(t, channel_create, w.made_port, PAIR_BADGE, 1));
	channel = (handle_t)t->context.arg[0];
	p.handle_count = 1;
	p.handles[0] = w.made_port;
	w.server = world_create(&p);
	assert_non_null(w.server);
	p = world_params(client_image, 20);
	p.handle_count = 1;
	p.handles[0] = channel;
	w.client = world_create(&p);
	assert_non_null(w.client);
	w.c = first_thread(w.client);
	w.s = first_thread(w.server);
	return w;
}
