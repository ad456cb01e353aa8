/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranks of children, above and below their maker's: who may call whom, and that calls never form a circle. */
#include "kernel/abi/message.h"
#include "kernel/ipc/channel.h"
#include "tests/unit/kernel/world.h"

enum { HOST_RANK = 20, STEPS = 3000, CONTRACT = 1 };

static struct thread *host;

static int host_start(void **state)
{
	(void)world_set_up(state);
	host = first_thread(world_spawn("app", HOST_RANK));
	host->process->quota.max_bytes = 1 << 20;
	return 0;
}

static handle_t make_port(struct thread *t, uint64_t rank)
{
	return ask(t, port_create, rank) == ST_OK ? (handle_t)t->context.arg[0] : 0;
}

static handle_t make_channel(struct thread *t, handle_t port)
{
	return ask(t, channel_create, port, 7, CONTRACT) == ST_OK ? (handle_t)t->context.arg[0] : 0;
}

/* A child of any process, with one handle or (0) none. NULL: world_status says why. */
static struct thread *make_child(struct thread *maker, uint32_t rank, handle_t handle)
{
	struct process_params p = world_params("app", rank);

	p.handle_count = handle != 0;
	p.handles[0] = handle;
	world_fit_manifest(maker->process, &p);
	assert_true(user_write(maker, PROGRAM_DATA, &p, sizeof p));
	world_status = ask(maker, process_create, PROGRAM_DATA);
	return world_status != ST_OK ? NULL : first_thread(container_of(process_all()->prev, struct process, link));
}

static void a_host_calls_its_child_which_is_ranked_one_below(void **state)
{
	handle_t port = make_port(host, RANK_BELOW), channel = make_channel(host, port);
	struct thread *child = make_child(host, RANK_BELOW, port);

	(void)state;
	assert_non_null(child);
	assert_int_equal(child->process->rank, HOST_RANK - 1);
	assert_status(ask(host, ipc_call, channel, 5, 0, DEADLINE_NEVER), PARKED);
	assert_ok(ask(child, ipc_recv, INITIAL_HANDLE(0), 0, 0, 0));
	assert_int_equal(child->context.arg[0], 7);
	assert_ok(ask(child, ipc_reply, child->context.arg[2], 3, 0));
	assert_ok(host->context.nr);
	assert_int_equal(tag_op(host->context.arg[1]), 3);
	assert_status(ask(host, ipc_recv, port, 0, 0, 0), NO_RIGHT); /* it is the child's */
}

static void a_child_ranked_below_gets_no_way_to_call_its_maker_or_a_sibling(void **state)
{
	handle_t below = make_port(host, RANK_BELOW), own = make_port(host, PORT_RANK_OWN);

	(void)state;
	assert_non_null(make_child(host, RANK_BELOW, below));
	assert_null(make_child(host, RANK_BELOW, make_channel(host, own)));
	assert_status(world_status, BAD_RANK);
	assert_null(make_child(host, HOST_RANK, make_channel(host, own)));
	assert_status(world_status, BAD_RANK);
	assert_null(make_child(host, RANK_BELOW, make_channel(host, below)));
	assert_status(world_status, BAD_RANK);
	assert_non_null(make_child(host, HOST_RANK, make_channel(host, below)));
	assert_non_null(make_child(host, HOST_RANK + 1, make_channel(host, own)));
}

static void a_port_goes_to_no_child_ranked_above_it(void **state)
{
	(void)state;
	assert_null(make_child(host, HOST_RANK, make_port(host, RANK_BELOW)));
	assert_status(world_status, BAD_RANK);
	assert_null(make_child(host, RANK_BELOW, make_port(host, HOST_RANK - 2)));
	assert_status(world_status, BAD_RANK);
	assert_non_null(make_child(host, 1, make_port(host, RANK_BELOW)));
}

static void rank_0_is_the_supervisors_and_the_special_value_is_no_rank(void **state)
{
	struct thread *lowest = make_child(host, 1, 0);

	(void)state;
	assert_non_null(lowest);
	assert_null(make_child(lowest, 0, 0));
	assert_status(world_status, BAD_RANK);
	assert_null(make_child(lowest, RANK_BELOW, 0));
	assert_status(world_status, BAD_RANK);
	assert_null(make_child(sup, RANK_BELOW, 0));
	assert_status(world_status, BAD_RANK);
	assert_non_null(make_child(lowest, 1, 0));
}

/* ---- whatever is tried ---- */

static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

/* Any handle of the process of this type (HANDLE_NONE: any type); 0: there is none. */
static handle_t pick_handle(const struct thread *t, enum handle_type type)
{
	unsigned start = pick(HANDLE_COUNT);

	for (unsigned i = 0; i < HANDLE_COUNT; i++) {
		unsigned place = (start + i) % HANDLE_COUNT, found = t->process->handles.entries[place].type;

		if (place != 0 && found != HANDLE_NONE && (type == HANDLE_NONE || found == type))
			return handle_at(&t->process->handles, place);
	}
	return 0;
}

static uint64_t pick_rank(void)
{
	static const uint64_t special[] = { RANK_BELOW, PORT_RANK_OWN, 0, RANK_BELOW - 1 };
	uint32_t n = pick(12);

	return n < array_length(special) ? special[n] : n - 3;
}

/* Any process but the supervisor; the host is always there. */
static struct thread *pick_maker(void)
{
	uint32_t count = 0, nth;

	list_for_each(node, process_all())
		count++;
	nth = 1 + pick(count - 1);
	list_for_each(node, process_all())
		if (nth-- == 0)
			return first_thread(container_of(node, struct process, link));
	return host;
}

static void step(void)
{
	struct thread *t = pick_maker();

	switch (pick(12)) {
	case 0:
	case 1:
	case 2:
		(void)make_port(t, pick_rank());
		break;
	case 3:
	case 4:
		(void)make_channel(t, pick_handle(t, HANDLE_PORT));
		break;
	case 5:
		(void)ask(t, handle_close, pick_handle(t, HANDLE_NONE));
		break;
	case 6: /* would make it the server, if anything did */
		(void)ask(t, ipc_recv, pick_handle(t, HANDLE_PORT), 0, 0, 0);
		break;
	default:
		(void)make_child(t, (uint32_t)pick_rank(), pick_handle(t, pick(2) ? HANDLE_PORT : HANDLE_CHANNEL));
	}
}

static uint32_t count_callable(void)
{
	uint32_t count = 0;

	list_for_each(node, process_all()) {
		const struct process *p = container_of(node, struct process, link);

		for (unsigned i = 1; p->handles.entries != NULL && i < HANDLE_COUNT; i++) {
			const struct handle_entry *e = &p->handles.entries[i];

			if (e->type != HANDLE_CHANNEL || !(e->rights & RIGHT_CALL))
				continue;
			count += ((const struct channel *)e->object)->port->server != NULL;
		}
	}
	return count;
}

/* world_check follows every end that may be called over to who receives there, and compares their ranks. */
static void whatever_ports_channels_and_children_are_made_calls_form_no_circle(void **state)
{
	uint32_t callable = 0;

	(void)state;
	for (unsigned n = 0; n < STEPS; n++) {
		step();
		if (n % 50 != 0)
			continue;
		world_check();
		callable += count_callable();
	}
	assert_true(callable > 100); /* it was worth while */
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, host_start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_host_calls_its_child_which_is_ranked_one_below),
		STORY(a_child_ranked_below_gets_no_way_to_call_its_maker_or_a_sibling),
		STORY(a_port_goes_to_no_child_ranked_above_it),
		STORY(rank_0_is_the_supervisors_and_the_special_value_is_no_rank),
		STORY(whatever_ports_channels_and_children_are_made_calls_form_no_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
