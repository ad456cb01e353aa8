/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks by calls: hostile arguments, handles, tags and tokens. Every number: the program numbers. */
#include "contracts/ping.h"
#include "libsys/raw.h"
#include "tests/system/programs/attack/attack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = ABI_PAGE_BYTES, MS = 1000000, CALLS_OF_CHILD = 400, CHILD_MS = 60, PATIENCE_MS = 5000 };

static char page[4 * PAGE] __attribute__((aligned(PAGE)));

/* ---- random calls from a child that may make all of them ---- */

static uint64_t seed;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Where a child of fuzz has memory: its own page, a buffer, an empty window. */
static uint64_t places[3];

static uint64_t good_place(void) { return places[next() % 3] + (next() % 2 ? 0 : next() % 4 * PAGE); }

static uint64_t hostile(void)
{
	static const uint64_t values[] = { 0,
					   1,
					   2,
					   3,
					   8,
					   PAGE,
					   PAGE - 1,
					   UINT32_MAX,
					   UINT64_MAX,
					   1ull << 63,
					   LAYOUT_USER_END,
					   LAYOUT_USER_END - 1,
					   LAYOUT_IMAGE_BASE,
					   LAYOUT_START_BASE,
					   LAYOUT_HEAP_BASE,
					   LAYOUT_AREA_BASE,
					   LAYOUT_STACK_TOP - 64,
					   0xffff800000000000ull,
					   0x0000800000000000ull,
					   DEADLINE_NEVER - 1,
					   1ull << 32,
					   1ull << 47,
					   0x101 };

	switch (next() % 40) {
	case 0:
		return next();
	case 1 ... 8:
		return 0x100 + next() % 8; /* a handle */
	case 9 ... 20:
		return good_place();
	case 21 ... 26:
		return LAYOUT_AREA_BASE + next() % 16 * PAGE;
	case 27 ... 38:
		return next() % 64;
	default:
		return values[next() % (sizeof values / sizeof *values)];
	}
}

static uint64_t hostile_tag(void)
{
	uint64_t tag = next() % 4 ? next() & 0x7fff : next();

	if (next() % 2)
		tag = tag_with_pages(tag_make(1), (enum message_pages)(next() % 4), next() % 4);
	return next() % 3 ? tag : tag_with_bytes(tag, next() % 64);
}

/* Buffers, mostly in memory that is there, at the start of `page`. */
static void describe_message(void)
{
	*(struct ipc_buffers *)(void *)page = (struct ipc_buffers){
		.send_bytes = next() % 16 ? places[next() % 2] + next() % PAGE : hostile(),
		.send_pages = next() % 16 ? good_place() : hostile(),
		.recv_bytes = next() % 16 ? places[next() % 2] : hostile(),
		.recv_capacity = next() % 128,
		.landing = next() % 16 ? places[2] : hostile(),
		.landing_pages = next() % 5,
		.send_handles = { (handle_t)hostile(), (handle_t)hostile() },
		.accept = next() % 8 ? next() % 5 | (next() & ACCEPT_GIVEN) : hostile(),
		.accept_contracts = { PING_CONTRACT, hostile() },
	};
}

/* A message that comes in changes registers that a C function keeps. */
uint64_t any_call(uint64_t nr, uint64_t args[6]);
__asm__(".pushsection .text.any_call, \"ax\"\n"
	"any_call: push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"sub $8, %rsp\n call system_call\n add $8, %rsp\n"
	"pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n"
	".popsection");

/* The call blocks for a millisecond at most where it has a deadline. */
static void one_call(void)
{
	uint64_t a[6] = { hostile(), hostile(), hostile(), hostile(), hostile(), hostile() };
	uint64_t nr = next() % SYS_COUNT;

	describe_message();
	if (nr <= SYS_ipc_reply_recv) {
		a[0] = nr == SYS_ipc_call && next() % 2 ? party_parent() : a[0];
		a[1] = hostile_tag();
		a[2] = next() % 3 ? address_of(page) : next() % 16 ? 0 : a[2];
		a[3] = clock_now() + next() % MS;
	}
	if (nr == SYS_process_exit || nr == SYS_thread_exit || nr == SYS_log_write)
		return;
	if ((nr == SYS_process_create || nr == SYS_process_status || nr == SYS_thread_create) && next() % 32)
		return; /* most of their ends say nothing new */
	(void)any_call(nr, a);
}

static int random_calls(unsigned long n)
{
	void *buffer, *window;

	seed = n * 0x9e3779b97f4a7c15ull + 1;
	if (mem_map(MEM_BUFFER, 4, &buffer) != ST_OK || mem_map(MEM_LANDING, 4, &window) != ST_OK)
		return 97;
	places[0] = address_of(page);
	places[1] = address_of(buffer);
	places[2] = address_of(window);
	for (unsigned i = 0; i < CALLS_OF_CHILD; i++)
		one_call();
	return 0;
}

static bool fuzz(unsigned long n)
{
	unsigned long ended[FAULT_COUNT] = { 0 };

	for (unsigned long i = 0; i < n; i++) {
		struct process_status s;
		handle_t child;

		if (!CHECK(party_start("random", i + 1, i, &child) == ST_OK))
			return false;
		(void)party_end(child, CHILD_MS, &s);
		if (s.state != PROCESS_GONE && !CHECK(party_end(child, PATIENCE_MS, &s)))
			return false;
		ended[s.fault % FAULT_COUNT]++;
	}
	printf("of %lu children %lu passed a bad range, %lu lived\n", n, ended[FAULT_BAD_RANGE],
	       ended[FAULT_NONE] + ended[FAULT_STOPPED]);
	return true;
}

/* ---- every pointer argument with every bad range ---- */

static uint64_t bad_address(unsigned kind)
{
	char *p;

	switch (kind) {
	case 0:
		return 8;
	case 1:
		return 0x300000000000ull; /* nothing there */
	case 2:
		return 0xffffffff80000000ull;
	case 3:
		return 0x0000800000000000ull;
	case 4:
		return LAYOUT_USER_END - 8;
	case 5:
		return UINT64_MAX - 7;
	case 6: /* straddles into what is not mapped */
		if (mem_map(MEM_BUFFER, 2, (void **)&p) != ST_OK || mem_unmap(p + PAGE, 1) != ST_OK)
			exit(98);
		return address_of(p) + PAGE - 8;
	default: /* freed */
		if (mem_map(MEM_BUFFER, 1, (void **)&p) != ST_OK || mem_unmap(p, 1) != ST_OK)
			exit(98);
		return address_of(p);
	}
}

enum { BAD_KINDS = 8, POINTERS = 9 };

static int range(unsigned long n)
{
	uint64_t bad = bad_address((unsigned)(n % BAD_KINDS));
	struct ipc_buffers b = { 0 };
	struct process_params p = { .image = "attack", .start_bytes = 64, .rank = 100, .handle_count = 3 };
	uint64_t tag = tag_make(1), at = address_of(&b), until = clock_now() + 1000 * MS;

	switch (n / BAD_KINDS) {
	case 0:
		return (int)raw_call(SYS_ipc_call, party_parent(), tag, bad, until);
	case 1:
		b.send_bytes = bad;
		return (int)raw_call(SYS_ipc_call, party_parent(), tag_with_bytes(tag, 16), at, until);
	case 2:
		b.recv_bytes = bad;
		b.recv_capacity = 16;
		return (int)raw_call(SYS_ipc_recv, party_port(), 0, at, until);
	case 3:
		b.landing = bad;
		b.landing_pages = 1;
		return (int)raw_call(SYS_ipc_recv, party_port(), 0, at, until);
	case 4:
		return (int)raw_call(SYS_ipc_reply, 0, tag, bad, 0);
	case 5:
		return (int)raw_call(SYS_process_create, bad, 0, 0, 0);
	case 6:
		p.start = bad;
		return (int)raw_call(SYS_process_create, address_of(&p), 0, 0, 0);
	case 7:
		return (int)raw_call(SYS_process_status, 0, bad, 0, 0);
	default:
		return (int)raw_call(SYS_log_write, bad, 16, 0, 0);
	}
}

static bool ranges(unsigned long n)
{
	(void)n;
	for (unsigned long i = 0; i < POINTERS * BAD_KINDS; i++) {
		struct process_status s;
		handle_t child;

		if (!CHECK(party_start("range", i, i, &child) == ST_OK) || !CHECK(party_end(child, PATIENCE_MS, &s)))
			return false;
		if (s.fault != FAULT_BAD_RANGE) {
			printf("attack: range %lu: fault %u, code %u\n", i, (unsigned)s.fault, (unsigned)s.exit_code);
			return false;
		}
	}
	return true;
}

/* ---- handles ---- */

static bool handles(unsigned long n)
{
	handle_t peer = start_channel("peer"), port = party_port(), own, made[300];
	struct ipc_buffers b = { 0 }, taking = { .accept = 1, .accept_contracts = { PING_CONTRACT } };
	struct message m = { .tag = tag_with_handles(tag_make(PING_OPERATION_WHO), 2) };
	unsigned count = 0;
	bool good;

	(void)n;
	good = true;
	for (uint64_t h = 0; h < 0x2000; h++) /* forged: wrong generations, places not in use */
		if (h != peer && h != port && h != start_channel("console"))
			good = raw_call(SYS_ipc_call, h, 1, 0, 0) == ST_BAD_HANDLE && good;
	good &= CHECK(good) && CHECK(raw_call(SYS_ipc_call, port, 1, 0, 0) == ST_BAD_HANDLE);
	good &= CHECK(raw_call(SYS_ipc_recv, peer, 0, 0, 0) == ST_BAD_HANDLE);
	good &= CHECK(raw_call(SYS_process_stop, port, 0, 0, 0) == ST_BAD_HANDLE);
	good &= CHECK(raw_call(SYS_irq_ack, peer, 0, 0, 0) == ST_BAD_HANDLE);
	good &= CHECK(channel_create(port, 1, 0, &own, NULL) == ST_OK);
	good &= CHECK(raw_call(SYS_ipc_call, own, 1, 0, 0) == ST_TIMED_OUT); /* to oneself, who does not receive */
	good &= CHECK(raw_call(SYS_ipc_call, own, 1, 0, clock_now() + 1000000) == ST_TIMED_OUT);
	b.send_handles[0] = b.send_handles[1] = own;
	good &= CHECK(ipc_call(peer, &m, &b, DEADLINE_NEVER) != ST_OK); /* twice in one message */
	b.send_handles[1] = peer;
	good &= CHECK(ipc_call(peer, &m, &b, DEADLINE_NEVER) != ST_OK); /* the channel that it is sent over */
	m.tag = tag_with_handles(tag_make(PING_OPERATION_WHO), 1);
	good &= CHECK(ipc_call(peer, &m, &b, DEADLINE_NEVER) == ST_TOO_BIG); /* it takes none */
	while (count < 300 && channel_create(port, count, 0, &made[count], NULL) == ST_OK)
		count++;
	good &= CHECK(count > 100 && count < 256);
	m = (struct message){ .tag = tag_make(PING_OPERATION_OPEN) };
	if (count > 240)
		good &= CHECK(ipc_call(peer, &m, &taking, DEADLINE_NEVER) == ST_OK && tag_op(m.tag) != ST_OK);
	while (count > 0)
		good &= handle_close(made[--count]) == ST_OK;
	return CHECK(handle_close(own) == ST_OK) && CHECK(handle_close(own) == ST_BAD_HANDLE) && good;
}

/* ---- tags ---- */

/* A message that is answered comes back in registers that C keeps. */
static enum status send_tag(uint64_t nr, uint64_t to, uint64_t tag, uint64_t buffers)
{
	uint64_t a[6] = { to, tag, buffers, clock_now() + MS };

	return (enum status)any_call(nr, a);
}

static bool tags(unsigned long n)
{
	struct ipc_buffers b = { 0 };

	for (unsigned long i = 0; i < n; i++) {
		uint64_t tag = i < 64    ? 1ull << i
			       : i == 64 ? UINT64_MAX
					 : next(),
			 short_tag = tag & ~(0x1ffffull << 32);

		seed = i + 1;
		(void)send_tag(SYS_ipc_call, start_channel("peer"), short_tag, address_of(&b));
		(void)send_tag(SYS_ipc_call, start_channel("peer"), tag, 0);
		if (!CHECK(send_tag(SYS_ipc_reply, tag, short_tag, address_of(&b)) != ST_OK))
			return false;
	}
	return true;
}

const struct attack call_attacks[] = {
	{ "fuzz", fuzz, 150 }, { "ranges", ranges, 0 }, { "handles", handles, 0 }, { "tags", tags, 3000 }, { 0 },
};

int call_role(const char *role, unsigned long n)
{
	if (strcmp(role, "random") == 0)
		return random_calls(n);
	if (strcmp(role, "range") == 0)
		return range(n);
	return strcmp(role, "quiet") == 0 ? 0 : -1;
}
