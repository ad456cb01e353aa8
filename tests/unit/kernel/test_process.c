/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: made whole or not at all, ended for good; and what their calls about themselves do. */
#include "kernel/abi/message.h"
#include "kernel/ipc/transfer.h"
#include "kernel/mm/slot.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static void a_child_starts_at_its_entry_with_its_stack_and_its_information(void **state)
{
	struct process_params p = world_params("app", 20);
	char text[16];
	struct process *child;

	(void)state;
	assert_true(user_write(sup, PROGRAM_DATA + 0x100, "hello child", 12));
	p.start = PROGRAM_DATA + 0x100;
	p.start_bytes = 12;
	strcpy(p.name, "somebody");
	child = world_create(&p);
	assert_string_equal(child->name, "somebody");
	assert_int_equal(child->rank, 20);
	assert_int_equal(first_thread(child)->context.pc, PROGRAM_TEXT + 0x200);
	assert_int_equal(first_thread(child)->context.sp, LAYOUT_STACK_TOP);
	assert_true(user_read(first_thread(child), LAYOUT_START_BASE, text, 12));
	assert_string_equal(text, "hello child");
	assert_false(user_put(first_thread(child), LAYOUT_START_BASE, 1)); /* read-only */
}

static void the_priority_is_the_lesser_of_cap_and_manifest(void **state)
{
	struct process_params p = world_params("app", 20);

	(void)state;
	assert_int_equal(process_priority(world_create(&p)), 10);
	p.priority_cap = 3;
	assert_int_equal(process_priority(world_create(&p)), 3);
}

#define assert_not_made(expected, change)                                                                              \
	do {                                                                                                           \
		struct process_params p = world_params("app", 20);                                                     \
		uint64_t free_ = frame_free_count();                                                                   \
		uint32_t paid_ = supervisor->quota.used_bytes;                                                         \
		change;                                                                                                \
		assert_null(world_create(&p));                                                                         \
		assert_status(world_status, expected);                                                                 \
		assert_int_equal(paid_, supervisor->quota.used_bytes);                                                 \
		assert_true(frame_free_count() + 4 >= free_);                                                          \
	} while (0)

static void parameters_that_make_no_sense_are_refused_and_nothing_is_left(void **state)
{
	struct device_claim nothing = { .kind = 7 };
	handle_t port, channel;

	(void)state;
	world_stop(world_spawn("app", 20)); /* pools are warm */
	assert_ok(ask(sup, port_create, 10));
	port = (handle_t)sup->context.arg[0];
	assert_ok(ask(sup, channel_create, port, 1, 1));
	channel = (handle_t)sup->context.arg[0];
	assert_not_made(NOT_FOUND, strcpy(p.image, "nobody"));
	assert_not_made(NOT_FOUND, memset(p.image, 'x', sizeof p.image));
	assert_not_made(NOT_FOUND, strcpy(p.image, "system"));
	assert_not_made(NO_RIGHT, strcpy(p.image, "supervisor"));
	assert_not_made(BAD_ARG, p.handle_count = PROCESS_HANDLES_MAX + 1);
	assert_not_made(BAD_ARG, p.claim_count = PROCESS_CLAIMS_MAX + 1);
	assert_not_made(BAD_ARG, p.start_bytes = PROCESS_START_BYTES_MAX + 1);
	assert_not_made(BAD_HANDLE, (p.handle_count = 1, p.handles[0] = 12345));
	assert_not_made(BAD_ARG, (p.handle_count = 2, p.handles[0] = p.handles[1] = port, p.rank = 10));
	assert_not_made(BAD_RANK, (p.handle_count = 1, p.handles[0] = port, p.rank = 11));
	assert_not_made(BAD_RANK, (p.handle_count = 1, p.handles[0] = channel, p.rank = 10));
	assert_not_made(BAD_HANDLE, (p.handle_count = 2, p.handles[0] = p.handles[1] = channel));
	assert_not_made(BAD_HANDLE, p.watch_port = 12345);
	assert_not_made(BAD_ARG, (p.claim_count = 1, p.claims[0] = nothing));
}

static void only_the_supervisor_makes_what_is_pinned_or_claims_devices(void **state)
{
	struct thread *t = first_thread(world_spawn("app", 20));
	struct process_params p = world_params("driver", 20);

	(void)state;
	assert_true(user_write(t, PROGRAM_DATA, &p, sizeof p));
	assert_status(ask(t, process_create, PROGRAM_DATA), NO_RIGHT);
	p = world_params("app", 0); /* the supervisor's rank */
	assert_true(user_write(t, PROGRAM_DATA, &p, sizeof p));
	assert_status(ask(t, process_create, PROGRAM_DATA), BAD_RANK);
	p = world_params("app", 20);
	p.claim_count = 1;
	world_fit_manifest(t->process, &p);
	assert_true(user_write(t, PROGRAM_DATA, &p, sizeof p));
	assert_status(ask(t, process_create, PROGRAM_DATA), NO_RIGHT);
	p.claim_count = 0;
	world_fit_manifest(t->process, &p);
	assert_true(user_write(t, PROGRAM_DATA, &p, sizeof p));
	assert_ok(ask(t, process_create, PROGRAM_DATA));
}

static void a_pinned_child_has_all_its_frames_from_the_start(void **state)
{
	struct process *p = world_spawn("driver", 20);

	(void)state;
	assert_int_equal(p->aspace.resident, 2 + PROGRAM_DATA_PAGES + 4);
	assert_int_equal(user_map(first_thread(p), MEM_BUFFER, 3) % PAGE_BYTES, 0);
	assert_int_equal(p->aspace.resident, 2 + PROGRAM_DATA_PAGES + 7);
	assert_status(ask(first_thread(p), mem_map, MEM_BUFFER, 1ull << 40), NO_MEMORY);
}

/* What the first had is the next one's, however full memory is. */
static void a_pinned_process_that_ended_is_made_again_when_there_is_no_memory(void **state)
{
	struct process *p = world_spawn("driver", 20);
	uint64_t had = p->aspace.resident + p->aspace.tables - 1;

	(void)state;
	slot_store_size(5000); /* so that more may be promised than RAM has */
	for (unsigned i = 0; i < 3; i++) {
		world_stop(p);
		assert_int_equal(frame_kept(), had);
		machine_exhaust(FRAME_FOR_USER);
		p = world_spawn("driver", 20);
		assert_int_equal(p->aspace.resident + p->aspace.tables - 1, had);
		assert_int_equal(frame_kept(), 0);
		machine_relent();
	}
}

/* It was there before: what the other left is for that one's successor. */
static void a_pinned_process_that_maps_and_unmaps_takes_nothing_of_what_another_left(void **state)
{
	struct thread *t = first_thread(world_spawn("driver", 20));
	struct process *other = world_spawn("driver", 20);
	uint64_t left;

	(void)state;
	slot_store_size(5000);
	world_stop(other);
	left = frame_kept();
	assert_int_not_equal(left, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_ok(ask(t, mem_unmap, user_map(t, MEM_BUFFER, 3), 3));
		assert_int_equal(frame_kept(), left);
	}
	machine_exhaust(FRAME_FOR_USER);
	assert_status(ask(t, mem_map, MEM_BUFFER, 3), NO_MEMORY);
	assert_int_equal(frame_kept(), left);
	assert_non_null(world_spawn("driver", 20));
	assert_int_equal(frame_kept(), 0);
	machine_relent();
}

/* Made with a port of its own, and with a channel to the port of another (0: none). Returns its port. */
static handle_t make_server(const char *image, uint32_t rank, handle_t calls)
{
	struct thread *t = first_thread(supervisor);
	struct process_params p = world_params(image, rank);

	assert_ok(ask(t, port_create, rank));
	p.handles[p.handle_count++] = (handle_t)t->context.arg[0];
	if (calls != 0) {
		assert_ok(ask(t, channel_create, calls, 1, 1));
		p.handles[p.handle_count++] = (handle_t)t->context.arg[0];
	}
	(void)world_create(&p);
	return p.handles[0];
}

/* An image that the checker did not see: the pager calls a driver, and that calls what is paged. */
static void a_pager_that_needs_what_is_not_pinned_stops_the_boot(void **state)
{
	handle_t port;

	(void)state;
	port = make_server("driver", 2, make_server("app", 1, 0));
	(void)make_server("pager", 3, port);
	assert_int_equal(host_stop_reason, HAL_STOP_REFUSED);
	assert_true(host_console_has("boot refused: app is not pinned, but the pager needs it"));
}

static void a_pager_that_needs_only_what_is_pinned_is_started(void **state)
{
	(void)state;
	(void)make_server("app", 1, 0);
	(void)make_server("pager", 3, make_server("driver", 2, make_server("driver", 1, 0)));
	assert_ok(world_status);
	assert_false(host_console_has("boot refused"));
}

static void a_second_pager_is_refused(void **state)
{
	struct process_params p = world_params("pager", 1);

	(void)state;
	assert_non_null(world_create(&p));
	assert_null(world_create(&p));
	assert_status(world_status, EXISTS);
}

/* The n-th allocation fails, for every n, until the call succeeds: an error, and nothing is lost. */
static void at_every_allocation_a_failing_creation_leaves_nothing_behind(void **state)
{
	struct process_params p = world_params("driver", 20);
	bool made = false;

	(void)state;
	world_stop(world_spawn("driver", 20));
	for (uint64_t n = 0; !made; n++) {
		struct balance before = world_balance();

		machine_leave_frames(n, FRAME_FOR_USER);
		made = world_create(&p) != NULL;
		machine_relent();
		if (!made) {
			assert_status(world_status, NO_MEMORY);
			assert_balanced(before, world_balance());
		}
		assert_true(n < 100);
	}
	world_check();
}

static void at_every_limit_of_the_childs_frames_a_failing_creation_leaves_nothing_behind(void **state)
{
	struct image_header *image;

	(void)state;
	world_stop(world_spawn("app", 20));
	image = (struct image_header *)(uintptr_t)supervisor->image; /* its neighbours in the module */
	image = (void *)((char *)image + 2 * PROGRAM_BYTES);
	assert_string_equal(image->name, "app");
	for (uint32_t n = 0; n < 20; n++) {
		struct process_params p = world_params("app", 20);
		struct balance before = world_balance();
		struct process *made;

		image->manifest.frames_max = n;
		made = world_create(&p);
		if (made != NULL)
			world_stop(made);
		else
			assert_status(world_status, NO_MEMORY);
		assert_balanced(before, world_balance());
	}
}

static void a_parent_without_quota_or_place_makes_no_child(void **state)
{
	struct process_params p = world_params("app", 20);
	uint32_t max = supervisor->quota.max_bytes;

	(void)state;
	supervisor->quota.max_bytes = supervisor->quota.used_bytes;
	assert_null(world_create(&p));
	assert_status(world_status, NO_MEMORY);
	supervisor->quota.max_bytes = max;
	for (unsigned i = 1; i < HANDLE_COUNT; i++)
		if (supervisor->handles.entries[i].type == HANDLE_NONE)
			supervisor->handles.entries[i].type = 99;
	supervisor->handles.top = HANDLE_COUNT;
	assert_null(world_create(&p));
	assert_status(world_status, NO_HANDLE);
	for (unsigned i = 1; i < HANDLE_COUNT; i++)
		if (supervisor->handles.entries[i].type == 99)
			supervisor->handles.entries[i].type = HANDLE_NONE;
	supervisor->handles.lowest = 1;
}

static void more_handles_than_the_childs_quota_pays_for_are_refused(void **state)
{
	struct process_params p = world_params("poor", 20);
	handle_t port;

	(void)state;
	assert_ok(ask(sup, port_create, 10));
	port = (handle_t)sup->context.arg[0];
	for (unsigned i = 0; i < MANIFEST_USES_MAX; i++) {
		assert_ok(ask(sup, channel_create, port, 1, 1));
		p.handles[i] = (handle_t)sup->context.arg[0];
	}
	p.handle_count = MANIFEST_USES_MAX;
	world_manifest("poor")->kernel_kib_max = 3;
	assert_null(world_create(&p));
	assert_status(world_status, NO_MEMORY);
	p.handle_count = 2;
	assert_non_null(world_create(&p));
}

/* ---- watching and status ---- */

static void a_parent_hears_of_the_end_and_reads_the_reason(void **state)
{
	struct process_params p = world_params("app", 20);
	struct process_status s;
	struct process *child;
	handle_t port, h;

	(void)state;
	assert_ok(ask(sup, port_create, 0));
	port = (handle_t)sup->context.arg[0];
	p.watch_port = port;
	p.watch_badge = 0xc0ffee;
	child = world_create(&p);
	h = world_handle_of(child);
	assert_false(user_put(first_thread(child), 8, 1));
	assert_ok(ask(sup, ipc_recv, port, 0, 0, 0));
	assert_int_equal(tag_kind(sup->context.arg[1]), MESSAGE_KIND_CHILD);
	assert_int_equal(sup->context.arg[0], 0xc0ffee);
	assert_int_equal(sup->context.word[0], 1 << PROCESS_ENDING | 1 << PROCESS_GONE);
	assert_ok(ask(sup, process_status, h, PROGRAM_DATA + 0x200));
	assert_true(user_read(sup, PROGRAM_DATA + 0x200, &s, sizeof s));
	assert_int_equal(s.state, PROCESS_GONE);
	assert_int_equal(s.fault, FAULT_WRITE);
	assert_int_equal(s.fault_address, 8);
	assert_int_equal(s.resident_pages + s.table_pages + s.threads, 0);
	assert_int_equal(s.ram_pages, frame_total());
	assert_status(ask(sup, process_status, h, PROGRAM_CONSTANTS), ENDED);
}

static void a_watch_port_that_its_owner_closed_does_no_harm(void **state)
{
	struct process_params p = world_params("app", 20);
	struct process *child;

	(void)state;
	assert_ok(ask(sup, port_create, 0));
	p.watch_port = (handle_t)sup->context.arg[0];
	child = world_create(&p);
	assert_ok(ask(sup, handle_close, p.watch_port));
	assert_ok(ask(sup, port_create, 0)); /* may get the same memory */
	assert_status(ask(first_thread(child), process_exit, 4), ENDED);
	assert_status(ask(sup, ipc_recv, sup->context.arg[0], 0, 0, 0), TIMED_OUT);
	assert_ok(ask(sup, handle_close, world_handle_of(child)));
}

static void the_activity_of_a_process_is_that_of_its_most_telling_thread(void **state)
{
	struct pair w = world_pair("app", "app");
	struct process_status s;

	(void)state;
	process_fill_status(w.client, &s);
	assert_int_equal(s.activity, ACTIVITY_RUNNING);
	assert_status(ask(w.c, ipc_call, w.channel, 1, 0, DEADLINE_NEVER), PARKED);
	process_fill_status(w.client, &s);
	assert_int_equal(s.activity, ACTIVITY_CALLING);
	assert_ok(ask(w.s, ipc_recv, w.port, 0, 0, DEADLINE_NEVER));
	assert_status(ask(w.s, ipc_recv, w.port, 0, 0, DEADLINE_NEVER), PARKED);
	process_fill_status(w.server, &s);
	assert_int_equal(s.activity, ACTIVITY_WAITING);
	assert_string_equal(fault_text(FAULT_STACK_OVERFLOW), "its stack overflowed");
	assert_string_equal(fault_text(FAULT_COUNT), "unknown");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_child_starts_at_its_entry_with_its_stack_and_its_information),
		STORY(the_priority_is_the_lesser_of_cap_and_manifest),
		STORY(parameters_that_make_no_sense_are_refused_and_nothing_is_left),
		STORY(only_the_supervisor_makes_what_is_pinned_or_claims_devices),
		STORY(a_pinned_child_has_all_its_frames_from_the_start),
		STORY(a_pinned_process_that_ended_is_made_again_when_there_is_no_memory),
		STORY(a_pinned_process_that_maps_and_unmaps_takes_nothing_of_what_another_left),
		STORY(a_pager_that_needs_what_is_not_pinned_stops_the_boot),
		STORY(a_pager_that_needs_only_what_is_pinned_is_started),
		STORY(a_second_pager_is_refused),
		STORY(at_every_allocation_a_failing_creation_leaves_nothing_behind),
		STORY(at_every_limit_of_the_childs_frames_a_failing_creation_leaves_nothing_behind),
		STORY(a_parent_without_quota_or_place_makes_no_child),
		STORY(more_handles_than_the_childs_quota_pays_for_are_refused),
		STORY(a_parent_hears_of_the_end_and_reads_the_reason),
		STORY(a_watch_port_that_its_owner_closed_does_no_harm),
		STORY(the_activity_of_a_process_is_that_of_its_most_telling_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
