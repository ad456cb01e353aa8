/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See numbers.h. What has to come of a hostile value is judged here as far as that is the same for every call: a bad
 * range ends the caller, a bad handle is told, what has no length is not looked at. The rest is printed, in the names
 * of docs/calls.md.
 */
#include "tests/system/programs/numbers/numbers.h"
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 24 };

struct parameter {
	char type[NAME_BYTES], name[NAME_BYTES];
};

struct call {
	const char *name;
	bool waits;
	struct parameter parameters[SYSCALL_ARGS_MAX];
};

enum { NO = false, YES = true };
#define PARAMETER(type, name) { #type, #name },
#define RESULT(type, name)
#define CALL(number, name, blocks, args, results, text) [number] = { #name, blocks, { args } },
static const struct call calls[SYS_COUNT] = { SYSCALL_LIST(CALL, PARAMETER, RESULT) };
#undef CALL
#undef RESULT
#undef PARAMETER

#define NAME(name, value, text) [value] = #name,
static const char *const status_names[] = { STATUS_LIST(NAME) };
static const char *const fault_names[] = { FAULT_LIST(NAME) };
#undef NAME

enum { STATUSES = sizeof status_names / sizeof *status_names };

/* The places that are fields. */
static const struct {
	enum value_kind kind;
	bool sent; /* of a message that goes out */
} fields[PLACES] = {
	[PLACE_SEND_BYTES] = { VALUE_POINTER, true },   [PLACE_SEND_BYTES_UNUSED] = { VALUE_POINTER, true },
	[PLACE_SEND_PAGES] = { VALUE_POINTER, true },   [PLACE_SEND_HANDLE] = { VALUE_HANDLE, true },
	[PLACE_RECV_BYTES] = { VALUE_POINTER, false },  [PLACE_RECV_BYTES_UNUSED] = { VALUE_POINTER, false },
	[PLACE_RECV_CAPACITY] = { VALUE_WORD, false },  [PLACE_LANDING] = { VALUE_POINTER, false },
	[PLACE_LANDING_PAGES] = { VALUE_WORD, false },  [PLACE_ACCEPT] = { VALUE_WORD, false },
	[PLACE_START] = { VALUE_POINTER, false },       [PLACE_START_UNUSED] = { VALUE_POINTER, false },
	[PLACE_START_BYTES] = { VALUE_WORD, false },    [PLACE_WATCH] = { VALUE_HANDLE, false },
	[PLACE_CHILD_HANDLE] = { VALUE_HANDLE, false }, [PLACE_HANDLE_COUNT] = { VALUE_WORD, false },
	[PLACE_CLAIM_COUNT] = { VALUE_WORD, false },    [PLACE_CHILD_RANK] = { VALUE_WORD, false },
	[PLACE_TEXT_UNUSED] = { VALUE_POINTER, false }, [PLACE_FULL_TABLE] = { VALUE_WORD, false },
};

static bool has(uint64_t nr, const char *parameter)
{
	for (unsigned i = 0; i < SYSCALL_ARGS_MAX; i++)
		if (strcmp(calls[nr].parameters[i].name, parameter) == 0)
			return true;
	return false;
}

unsigned arguments_of(uint64_t nr)
{
	unsigned n = 0;

	while (n < SYSCALL_ARGS_MAX && calls[nr].parameters[n].name[0] != 0)
		n++;
	return n;
}

/* Does the call have this place? With all, it has all six registers. */
static bool applies(uint64_t nr, unsigned place, bool all)
{
	if (place < SYSCALL_ARGS_MAX)
		return all || place < arguments_of(nr);
	if (place < PLACE_START)
		return has(nr, "buffers") && !(fields[place].sent && nr == SYS_ipc_recv);
	if (place < PLACE_TEXT_UNUSED)
		return has(nr, "params");
	return place == PLACE_FULL_TABLE || nr == SYS_log_write;
}

static enum value_kind kind_of(uint64_t nr, unsigned place)
{
	const char *type;

	if (place >= SYSCALL_ARGS_MAX)
		return fields[place].kind;
	type = calls[nr].parameters[place].type;
	if (strcmp(type, "handle_t") == 0)
		return VALUE_HANDLE;
	return strcmp(type, "uaddr_t") == 0 ? VALUE_POINTER : VALUE_WORD;
}

static unsigned values_of(enum value_kind kind, unsigned place, bool all)
{
	static const unsigned counts[VALUE_KINDS] = { [VALUE_POINTER] = POINTERS, [VALUE_HANDLE] = HANDLES };

	if (place == PLACE_FULL_TABLE)
		return 1;
	return kind != VALUE_WORD ? counts[kind] : all ? WORDS : WORDS_CHOSEN;
}

/* ---- what has to come of it ---- */

/* Only by its deadline: nothing comes to a child's own port, and what it calls is always answered. */
static bool may_wait(uint64_t nr, unsigned place)
{
	return calls[nr].waits && nr != SYS_ipc_call && place < SYSCALL_ARGS_MAX &&
	       strcmp(calls[nr].parameters[place].name, "deadline_ns") == 0;
}

/* Is this argument an address that the kernel reads or writes at, and does the call come so far? */
static bool is_range(uint64_t nr, unsigned place)
{
	static const char *const others[] = { "entry", "stack_top", "tls", "address" };

	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(calls[nr].parameters[place].name, others[i]) == 0)
			return false;
	return !has(nr, "device"); /* no child has one */
}

/* Memory that may only be read will not do. */
static bool is_written(uint64_t nr, unsigned place)
{
	const char *name = place < SYSCALL_ARGS_MAX ? calls[nr].parameters[place].name : "";

	return place == PLACE_RECV_BYTES || strcmp(name, "status") == 0 || strcmp(name, "peer") == 0;
}

static bool judge_pointer(uint64_t nr, unsigned place, unsigned value, const struct outcome *o, unsigned st)
{
	bool ended = o->fault == FAULT_BAD_RANGE;

	if (place == PLACE_SEND_BYTES_UNUSED || place == PLACE_RECV_BYTES_UNUSED || place == PLACE_START_UNUSED ||
	    place == PLACE_TEXT_UNUSED)
		return o->fault == FAULT_NONE && (st == ST_OK || st == ST_TIMED_OUT);
	if (place == PLACE_SEND_PAGES) /* what is in a window is looked at after what the receiver takes: no pages */
		return o->fault == FAULT_NONE &&
		       (st == ST_NOT_FLIPPABLE || st == ST_BAD_ARG || (st == ST_TOO_BIG && value == POINTER_WINDOW));
	if (place == PLACE_LANDING)
		return value == POINTER_WINDOW ? !ended : ended;
	if (place < SYSCALL_ARGS_MAX && !is_range(nr, place))
		return !ended;
	if (value == POINTER_NULL && place < SYSCALL_ARGS_MAX &&
	    strcmp(calls[nr].parameters[place].name, "buffers") == 0)
		return !ended;
	return ended || (value >= POINTER_BAD && !is_written(nr, place));
}

/* Does this handle name what the parameter wants? */
static bool is_of_type(const char *parameter, unsigned value)
{
	bool channel = value == HANDLE_PARENT || value == HANDLE_FAR_CHANNEL;
	bool to_port = value == HANDLE_PORT || value == HANDLE_FAR_PORT;

	if (strcmp(parameter, "handle") == 0)
		return value >= HANDLE_BAD;
	if (strcmp(parameter, "channel_or_port") == 0)
		return channel || to_port;
	if (strcmp(parameter, "process") == 0)
		return value == HANDLE_PROCESS;
	return strcmp(parameter, "channel") == 0 ? channel : strcmp(parameter, "port") == 0 && to_port;
}

/* A port that somebody else is to serve, and a channel to it. */
static bool lacks_right(uint64_t nr, unsigned value)
{
	if (value == HANDLE_FAR_CHANNEL)
		return nr == SYS_ipc_call || nr == SYS_ipc_notify;
	return value == HANDLE_FAR_PORT && (nr == SYS_ipc_recv || nr == SYS_ipc_reply_recv);
}

static bool judge_handle(uint64_t nr, unsigned place, unsigned value, const struct outcome *o, unsigned st)
{
	const char *name = place < SYSCALL_ARGS_MAX ? calls[nr].parameters[place].name : "port";

	if (o->fault != FAULT_NONE)
		return false;
	if (place == PLACE_SEND_HANDLE)
		return st != ST_OK;
	if (strcmp(name, "unused_port") == 0 || (place == PLACE_CHILD_HANDLE && value >= HANDLE_BAD))
		return true;
	if (value == HANDLE_NULL && (nr == SYS_process_status || place == PLACE_WATCH || place == PLACE_CHILD_HANDLE))
		return st == ST_OK;
	if (!is_of_type(name, value))
		return st == ST_BAD_HANDLE;
	return lacks_right(nr, value) == (st == ST_NO_RIGHT);
}

static bool judge(uint64_t nr, const struct order *order, const struct outcome *o, unsigned st)
{
	bool makes_handle = nr == SYS_port_create || nr == SYS_channel_create || nr == SYS_process_create;

	if (o->waited && !may_wait(nr, order->place))
		return false;
	if (order->place == PLACE_FULL_TABLE)
		return makes_handle ? st == ST_NO_HANDLE : st != ST_NO_HANDLE;
	if (order->kind != kind_of(nr, order->place))
		return true;
	if (order->kind == VALUE_POINTER)
		return judge_pointer(nr, order->place, order->value, o, st);
	return order->kind != VALUE_HANDLE || judge_handle(nr, order->place, order->value, o, st);
}

/* The status that the call returned, as far as the child's end tells it; STATUSES: it did not return. */
static unsigned status_of(uint64_t nr, const struct outcome *o)
{
	if (nr == SYS_thread_create && o->fault >= FAULT_READ && o->fault <= FAULT_PRIVILEGED)
		return ST_OK; /* the thread that was made did this, at an entry that is none */
	if (o->fault != FAULT_NONE)
		return STATUSES;
	if (nr == SYS_process_exit && o->exit_code != ST_BAD_ARG)
		return ST_OK; /* the code is what was asked for */
	return o->exit_code;
}

/* ---- all of it ---- */

static bool try_one(uint64_t nr, const struct order *order, struct seen *seen)
{
	struct outcome o;
	unsigned st;

	if (!child_run("loud", order, may_wait(nr, order->place), &o))
		return false;
	st = status_of(nr, &o);
	seen->waited |= o.waited;
	if (st < STATUSES)
		seen->statuses |= 1ull << st;
	else if (o.fault != FAULT_NONE && !o.waited)
		seen->faults |= 1ull << o.fault;
	if ((st < STATUSES || o.fault != FAULT_NONE) && judge(nr, order, &o, st))
		return true;
	printf("numbers: %s: place %lu, value %lu of kind %lu: status %lu, fault %lu%s\n", calls[nr].name,
	       (unsigned long)order->place, (unsigned long)order->value, (unsigned long)order->kind, (unsigned long)st,
	       (unsigned long)o.fault, o.waited ? ", waited" : "");
	return false;
}

static bool sweep_place(uint64_t nr, unsigned place, bool all, struct seen *seen, unsigned long *count)
{
	bool good = true;

	for (unsigned kind = 0; kind < VALUE_KINDS; kind++) {
		if (kind != kind_of(nr, place) && (!all || place == PLACE_FULL_TABLE))
			continue;
		for (unsigned value = 0; value < values_of((enum value_kind)kind, place, all); value++, ++*count) {
			struct order order = {
				.registers.nr = nr, .role = ROLE_HOSTILE, .place = place, .kind = kind, .value = value
			};

			good = try_one(nr, &order, seen) && good;
		}
	}
	return good;
}

void tell(uint64_t nr, const struct seen *seen, unsigned long count)
{
	printf("%s: %lu tried:", calls[nr].name, count);
	for (unsigned i = 0; i < STATUSES; i++)
		if (seen->statuses >> i & 1)
			printf(" %s", status_names[i]);
	for (unsigned i = 0; i < FAULT_COUNT; i++)
		if (seen->faults >> i & 1)
			printf(" ends:%s", fault_names[i]);
	printf("%s\n", seen->waited ? " waits" : "");
}

bool sweep(bool all)
{
	bool good = true;

	for (uint64_t nr = 0; nr < SYS_COUNT; nr++) {
		struct seen seen = { 0 };
		unsigned long count = 0;

		for (unsigned place = 0; place < PLACES; place++)
			if (applies(nr, place, all))
				good = sweep_place(nr, place, all, &seen, &count) && good;
		tell(nr, &seen, count);
	}
	return good;
}
