/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A child of `numbers`, which does one thing: see order.h. It makes no call that it was not told to make, so that the
 * same program can run where none is allowed; therefore it has no start-up code but its own.
 */
#include "tests/system/programs/loud/loud.h"
#include <string.h>

enum { NS_PER_MS = 1000000, TEXT_BYTES = 16 };

_Noreturn void loud(const struct order *order);

uint64_t address_of(const volatile void *p) { return (uint64_t)(uintptr_t)p; }

enum status make_call(uint64_t nr, const uint64_t args[4], uint64_t *result)
{
	struct registers r = { .nr = nr, .args = { args[0], args[1], args[2], args[3] } };

	hostile_call(&r);
	if (result != NULL)
		*result = r.args[0];
	return (enum status)r.nr;
}

_Noreturn void leave(uint64_t code)
{
	struct registers r = { .nr = SYS_process_exit, .args = { code } };

	hostile_call(&r);
	__builtin_trap();
}

/* ---- a sound call ---- */

static _Noreturn void idle(void)
{
	for (;;)
		;
}

/* The sound value of a parameter, by its type and name. */
static uint64_t sound(const char *type, const char *name)
{
	const struct {
		const char *type, *name;
		uint64_t value;
	} known[] = {
		{ "handle_t", "channel", stage.parent },
		{ "handle_t", "port", stage.port },
		{ "handle_t", "unused_port", 0 },
		{ "handle_t", "channel_or_port", stage.port },
		{ "handle_t", "handle", stage.own_channel },
		{ "handle_t", "process", stage.process },
		{ "handle_t", "irq", 0 }, /* only the supervisor's children get any */
		{ "handle_t", "device", 0 },
		{ "uint64_t", "tag", tag_make(1) },
		{ "uint64_t", "token", stage.token },
		{ "uint64_t", "badge", 0 },
		{ "uint64_t", "unused", 0 },
		{ "uint64_t", "channel", stage.channel_id },
		{ "uint64_t", "bits", 1 },
		{ "uint64_t", "rank", PORT_RANK_OWN },
		{ "uint64_t", "contract", 1 },
		{ "uint64_t", "kind", MEM_BUFFER },
		{ "uint64_t", "pages", 1 },
		{ "uint64_t", "argument", 0 },
		{ "uint64_t", "code", 0 },
		{ "uint64_t", "range", 0 },
		{ "uint64_t", "op", DEVICE_IO_READ(1) },
		{ "uint64_t", "offset", 0 },
		{ "uint64_t", "value", 0 },
		{ "uint64_t", "bytes", TEXT_BYTES },
		{ "uaddr_t", "buffers", address_of(&stage.buffers) },
		{ "uaddr_t", "address", stage.memory },
		{ "uaddr_t", "entry", address_of((const void *)(uintptr_t)idle) },
		{ "uaddr_t", "stack_top", stage.memory + ABI_PAGE_BYTES },
		{ "uaddr_t", "tls", 0 },
		{ "uaddr_t", "params", address_of(&stage.params) },
		{ "uaddr_t", "status", address_of(stage.room) },
		{ "uaddr_t", "bus_addresses", address_of(stage.room) },
		{ "uaddr_t", "text", address_of("sixteen letters.") },
		{ "uaddr_t", "peer", address_of(stage.room) },
	};

	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].type, type) == 0 && strcmp(known[i].name, name) == 0)
			return known[i].value;
	leave(EXIT_SETUP + SYS_COUNT); /* a parameter that this test does not know */
}

/* The parent answers calls in any case; nothing comes to one's own port. */
static uint64_t deadline(uint64_t nr)
{
	uint64_t now = 0;

	if (nr == SYS_ipc_call)
		return DEADLINE_NEVER;

	(void)make_call(SYS_clock_now, (const uint64_t[4]){ 0 }, &now);
	return now + NS_PER_MS;
}

/* What the table in syscall.h says, registers it does not name are filled with junk. */
static void prepare(struct registers *r, uint64_t nr)
{
	struct parameter {
		const char *type, *name;
	};
#define PARAMETER(type, name) { #type, #name },
#define RESULT(type, name)
#define CALL(number, name, blocks, args, results, text) [number] = { args },
	static const struct parameter parameters[SYS_COUNT][SYSCALL_ARGS_MAX] = { SYSCALL_LIST(CALL, PARAMETER,
											       RESULT) };
#undef CALL
#undef RESULT
#undef PARAMETER

	r->nr = nr;
	for (unsigned i = 0; i < SYSCALL_ARGS_MAX; i++) {
		const struct parameter *p = &parameters[nr][i];

		r->args[i] = p->name == NULL                       ? UINT64_MAX - i
			     : strcmp(p->name, "deadline_ns") == 0 ? deadline(nr)
								   : sound(p->type, p->name);
	}
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		r->words[i] = 0xffff800000000000 + i;
}

/* ---- and what is hostile about it ---- */

static void spoil_buffers(enum place place, uint64_t value, struct registers *r)
{
	struct ipc_buffers *b = &stage.buffers;

	switch (place) {
	case PLACE_SEND_BYTES:
		r->args[1] = tag_with_bytes(1, TEXT_BYTES);
		b->send_bytes = value;
		break;
	case PLACE_SEND_BYTES_UNUSED:
		b->send_bytes = value;
		break;
	case PLACE_SEND_PAGES:
		r->args[1] = tag_with_pages(1, MESSAGE_PAGES_GIVEN, 1);
		b->send_pages = value;
		break;
	case PLACE_SEND_HANDLE:
		r->args[1] = tag_with_handles(1, 1);
		b->send_handles[0] = (handle_t)value;
		break;
	case PLACE_RECV_BYTES:
		b->recv_capacity = TEXT_BYTES;
		b->recv_bytes = value;
		break;
	case PLACE_RECV_BYTES_UNUSED:
		b->recv_bytes = value;
		break;
	case PLACE_RECV_CAPACITY:
		b->recv_bytes = stage.memory;
		b->recv_capacity = value;
		break;
	case PLACE_LANDING:
		b->landing = value;
		b->landing_pages = 1;
		break;
	case PLACE_LANDING_PAGES:
		b->landing = stage.landing;
		b->landing_pages = value;
		break;
	default:
		b->accept = value;
		break;
	}
}

static void spoil_params(enum place place, uint64_t value)
{
	struct process_params *p = &stage.params;

	switch (place) {
	case PLACE_START:
		p->start = value;
		break;
	case PLACE_START_UNUSED:
		p->start = value;
		p->start_bytes = 0;
		break;
	case PLACE_START_BYTES:
		p->start_bytes = (uint32_t)value;
		break;
	case PLACE_WATCH:
		p->watch_port = (handle_t)value;
		break;
	case PLACE_CHILD_HANDLE:
		strcpy(p->image, "loud");
		p->handle_count = 1;
		p->handles[0] = (handle_t)value;
		break;
	case PLACE_HANDLE_COUNT:
		p->handle_count = (uint32_t)value;
		break;
	case PLACE_CLAIM_COUNT:
		p->claim_count = (uint32_t)value;
		break;
	default:
		p->rank = (uint32_t)value;
		break;
	}
}

static void spoil(const struct order *order, struct registers *r)
{
	enum place place = (enum place)order->place;
	uint64_t value = hostile_value((enum value_kind)order->kind, order->value);

	if (place < PLACE_SEND_BYTES) {
		r->args[place] = value;
	} else if (place < PLACE_START) {
		spoil_buffers(place, value, r);
	} else if (place < PLACE_TEXT_UNUSED) {
		spoil_params(place, value);
	} else if (place == PLACE_TEXT_UNUSED) {
		r->args[0] = value;
		r->args[1] = 0;
	} else {
		stage_fill_table();
	}
}

_Noreturn void loud(const struct order *order)
{
	struct registers r = order->registers;

	if (order->role == ROLE_HOSTILE) {
		stage_set(order->registers.nr);
		prepare(&r, order->registers.nr);
		spoil(order, &r);
	} else if (order->role == ROLE_CALLER) {
		r = (struct registers){ .nr = SYS_ipc_call,
					.args = { INITIAL_HANDLE(0), tag_make(1), 0, DEADLINE_NEVER } };
	}
	hostile_call(&r);
	leave(r.nr);
}
