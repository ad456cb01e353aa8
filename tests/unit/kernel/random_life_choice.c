/* SPDX-License-Identifier: BSD-2-Clause */
/* See random_life.h. Chance: who acts, and on what. */
#include "tests/unit/kernel/random_life.h"

uint64_t life_any_state;
uint64_t life_any(uint64_t n)
{
	life_any_state ^= life_any_state << 13;
	life_any_state ^= life_any_state >> 7;
	life_any_state ^= life_any_state << 17;
	return (life_any_state >> 11) % n;
}

bool life_can_run(const struct process *p) { return p != NULL && p->state == PROCESS_RUNNING; }

struct thread *life_any_runnable(void)
{
	struct thread *found = NULL;
	unsigned others = 1;

	for (unsigned i = 0; i < LIFE_PROCESSES; i++)
		if (life_can_run(life_processes[i]))
			list_for_each(node, &life_processes[i]->threads) {
				struct thread *t = container_of(node, struct thread, of_process);

				if (is_blocked(t) || (found != NULL && t->priority < found->priority))
					continue;
				others = found == NULL || t->priority > found->priority ? 1 : others + 1;
				if (life_any(others) == 0)
					found = t;
			}
	return found;
}

handle_t life_handle_of_type(const struct process *p, enum handle_type type)
{
	handle_t found = 0;
	unsigned count = 0;

	for (unsigned i = 1; i < p->handles.top; i++)
		if (p->handles.entries[i].type == type && life_any(++count) == 0)
			found = handle_at(&p->handles, i);
	return found;
}

/* One where somebody waits if there is such a one. */
handle_t life_channel(const struct process *p)
{
	handle_t found = 0, other = 0;
	unsigned count = 0, others = 0;

	for (unsigned i = 1; i < p->handles.top; i++) {
		const struct handle_entry *e = &p->handles.entries[i];

		if (e->type != HANDLE_CHANNEL || !(e->rights & RIGHT_CALL))
			continue;
		if (life_any(++others) == 0)
			other = handle_at(&p->handles, i);
		if (port_first_receiver(((const struct channel *)e->object)->port) != NULL && life_any(++count) == 0)
			found = handle_at(&p->handles, i);
	}
	if (life_any(16) == 0)
		return life_handle_of_type(p, HANDLE_CHANNEL);
	return found != 0 && life_any(6) != 0 ? found : other;
}

/* What names nothing, or something else than is asked for; or, in its upper half, more than a handle. */
static uint64_t odd_handle(const struct process *p, uint64_t good)
{
	switch (life_any(8)) {
	case 0:
		return life_any(2) * 0xff;
	case 1:
		return good ^ 0xff;
	case 2:
		return good + (1 << HANDLE_INDEX_BITS);
	case 3:
		return good - (1 << HANDLE_INDEX_BITS);
	case 4:
		return good | life_any(1 << 20) << 32;
	case 5:
		return life_handle_of_type(p, HANDLE_PORT);
	case 6:
		return life_handle_of_type(p, HANDLE_CHANNEL);
	default:
		return life_any(1 << 12);
	}
}

uint64_t life_handle(const struct process *p, enum handle_type type)
{
	uint64_t good = type == HANDLE_CHANNEL ? life_channel(p)
			: life_any(4)          ? INITIAL_HANDLE(0)
					       : life_handle_of_type(p, type);

	return life_any(20) != 0 ? good : odd_handle(p, good);
}

/* Of any call of all, answered, held by somebody else, or not made yet. */
static uint64_t any_token(void)
{
	uint64_t found = 0;
	unsigned count = 0;

	list_for_each(node, process_all())
		list_for_each(n, &container_of(node, struct process, link)->threads)
			if (life_any(++count) == 0)
				found = container_of(n, struct thread, of_process)->call.token;
	return found;
}

uint64_t life_token(const struct thread *t)
{
	uint64_t found = t->context.arg[2];
	uint32_t cursor = 0, count = 0;

	if (life_any(5) == 0 || call_find_held(t->process, found) == NULL)
		for (const struct call *c; (c = call_next_held(t->process, &cursor)) != NULL;)
			if (life_any(++count) == 0)
				found = call_token(c);
	if (life_any(12) == 0)
		found = any_token();
	if (life_any(30) == 0)
		found += life_any(2) ? 1ull << CALL_NUMBER_BITS : life_any(4);
	return found;
}

handle_t life_channel_in_use(const struct process *p)
{
	handle_t found = 0;
	unsigned count = 0;

	for (unsigned i = 1; i < p->handles.top; i++) {
		const struct handle_entry *e = &p->handles.entries[i];

		if (e->type == HANDLE_CHANNEL && ((const struct channel *)e->object)->calls != 0 &&
		    life_any(++count) == 0)
			found = handle_at(&p->handles, i);
	}
	return found;
}

bool life_is_served(const struct process *p)
{
	struct handle_entry *e;

	return handle_get(&p->handles, INITIAL_HANDLE(0), HANDLE_PORT, 0, &e) == ST_OK &&
	       port_first_receiver(e->object) != NULL;
}

bool life_holds_calls(const struct process *p)
{
	uint32_t cursor = 0;

	return call_next_held(p, &cursor) != NULL;
}
