/* SPDX-License-Identifier: BSD-2-Clause */
/* A process is born with exactly what its manifest names, each thing at its number. */
#include "tests/unit/kernel/driver_fixture.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

enum { FIRST = 0xc1, SECOND = 0xc2 }; /* contracts */

static handle_t port, first, second; /* the supervisor's */
static struct process_params params;

static handle_t make(handle_t to, uint64_t contract)
{
	assert_ok(ask(sup, channel_create, to, 3, contract));
	return (handle_t)sup->context.arg[0];
}

static handle_t make_port(uint32_t rank)
{
	assert_ok(ask(sup, port_create, rank));
	return (handle_t)sup->context.arg[0];
}

/* A program that serves one contract and uses two, the first of which may be missing; and a fitting process. */
static int start(void **state)
{
	struct manifest *m;
	handle_t server;

	(void)state;
	world_start();
	m = world_manifest("app");
	m->serve_count = 1;
	m->serves[0] = FIRST;
	m->use_count = 2;
	m->uses[0] = FIRST;
	m->uses[1] = SECOND;
	m->optional_uses = 1;
	server = make_port(5);
	port = make_port(20);
	first = make(server, FIRST);
	second = make(server, SECOND);
	params = world_params("app", 20);
	params.handle_count = 3;
	params.handles[0] = port;
	params.handles[1] = first;
	params.handles[2] = second;
	return 0;
}

#define assert_refused(expected, change)                                                                               \
	do {                                                                                                           \
		struct process_params p_ = params;                                                                     \
		uint32_t paid_ = supervisor->quota.used_bytes;                                                         \
		change;                                                                                                \
		assert_null(world_create_by_manifest(&p_));                                                            \
		assert_status(world_status, expected);                                                                 \
		assert_int_equal(supervisor->quota.used_bytes, paid_);                                                 \
	} while (0)

static void a_child_gets_its_port_then_its_channels_in_the_manifests_order(void **state)
{
	struct process *child = world_create_by_manifest(&params);
	struct handle_entry *e;

	(void)state;
	assert_non_null(child);
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(0), HANDLE_PORT, RIGHT_RECEIVE, &e));
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(1), HANDLE_CHANNEL, RIGHT_CALL, &e));
	assert_int_equal(((struct channel *)e->object)->contract, FIRST);
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(2), HANDLE_CHANNEL, RIGHT_CALL, &e));
	assert_int_equal(((struct channel *)e->object)->contract, SECOND);
}

static void another_number_of_handles_or_devices_is_refused(void **state)
{
	(void)state;
	assert_refused(BAD_ARG, p_.handle_count = 2);
	assert_refused(BAD_ARG, (p_.handle_count = 4, p_.handles[3] = first));
	assert_refused(BAD_ARG, p_.handle_count = 0);
	assert_refused(BAD_ARG, p_.claim_count = 1);
	world_manifest("app")->device_count = 1;
	assert_refused(BAD_ARG, (void)0);
}

static void what_is_at_the_wrong_place_is_refused(void **state)
{
	handle_t other = make_port(5), third = make(other, FIRST);

	(void)state;
	assert_refused(BAD_ARG, (p_.handles[0] = first, p_.handles[1] = port));
	assert_refused(BAD_ARG, p_.handles[1] = other); /* a port is no use */
	assert_refused(BAD_CONTRACT, (p_.handles[1] = second, p_.handles[2] = first));
	assert_refused(BAD_CONTRACT, p_.handles[2] = third);
	assert_refused(BAD_HANDLE, p_.handles[0] = 0); /* the port is not optional */
}

static void only_an_optional_use_may_be_missing(void **state)
{
	(void)state;
	assert_refused(BAD_ARG, p_.handles[2] = 0);
	params.handles[1] = 0;
	assert_non_null(world_create_by_manifest(&params));
}

static void an_empty_place_keeps_its_number_and_names_nothing_ever(void **state)
{
	struct process *child;
	struct handle_entry *e;
	handle_t made;

	(void)state;
	params.handles[1] = 0;
	child = world_create_by_manifest(&params);
	assert_non_null(child);
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(2), HANDLE_CHANNEL, RIGHT_CALL, &e));
	assert_status(ask(first_thread(child), ipc_call, INITIAL_HANDLE(1), 1, 0, DEADLINE_NEVER), BAD_HANDLE);
	assert_ok(ask(first_thread(child), channel_create, INITIAL_HANDLE(0), 1, FIRST)); /* at that place */
	made = (handle_t)first_thread(child)->context.arg[0];
	assert_int_equal(made & (HANDLE_COUNT - 1), INITIAL_HANDLE(1) & (HANDLE_COUNT - 1));
	assert_int_not_equal(made, INITIAL_HANDLE(1));
	assert_status(ask(first_thread(child), handle_close, INITIAL_HANDLE(1)), BAD_HANDLE);
}

static void a_driver_finds_its_devices_behind_all_its_places(void **state)
{
	struct handle_entry *e;
	struct process *child;

	(void)state;
	(void)host_pci_add(DRIVER_AT, DRIVER_VENDOR, DRIVER_DEVICE);
	world_manifest("app")->device_count = 2;
	params.handles[1] = 0;
	params.claim_count = 2;
	params.claims[0] = driver_ports_claim;
	params.claims[1] = driver_pci_claim;
	child = world_create_by_manifest(&params);
	assert_non_null(child);
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(3), HANDLE_DEVICE, RIGHT_USE, &e));
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(4), HANDLE_IRQ, RIGHT_USE, &e));
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(5), HANDLE_DEVICE, RIGHT_USE, &e));
	assert_ok(handle_get(&child->handles, INITIAL_HANDLE(6), HANDLE_IRQ, RIGHT_USE, &e));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_child_gets_its_port_then_its_channels_in_the_manifests_order),
		STORY(another_number_of_handles_or_devices_is_refused),
		STORY(what_is_at_the_wrong_place_is_refused),
		STORY(only_an_optional_use_may_be_missing),
		STORY(an_empty_place_keeps_its_number_and_names_nothing_ever),
		STORY(a_driver_finds_its_devices_behind_all_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
