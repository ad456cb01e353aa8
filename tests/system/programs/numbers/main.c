/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * numbers outside: every number that is no call's, and every call that a manifest does not allow, ends its caller.
 * numbers inside [all]: each argument of each call made hostile; a line for each call says what came of it, which
 * tests/system/test_calls.py compares with docs/calls.md. All: also values that make no sense at their place.
 * numbers devices; numbers bad-range N: the same of the calls about devices, made by this process itself.
 */
#include "channels.h"
#include "tests/system/programs/numbers/numbers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONSOLE_BUFFER_BYTES = 16384 }; /* at least */
enum { NUMBERS = 4097, SETTLE_ROUNDS = 200, NS_PER_SETTLE = 5000000 };

/* ---- outside the table, and not allowed ---- */

/* One child makes the call with junk in every register: it has to end by this fault, which names the number. */
static bool ends(const char *image, uint64_t nr, enum fault fault)
{
	struct order order = { .registers.nr = nr, .role = ROLE_RAW };
	struct outcome o;

	for (unsigned i = 0; i < SYSCALL_ARGS_MAX; i++)
		order.registers.args[i] = 0x9e3779b97f4a7c15 * (nr + i + 1);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		order.registers.words[i] = UINT64_MAX - (nr >> i);
	if (!child_run(image, &order, false, &o))
		return false;
	if (o.fault == (uint32_t)fault && o.fault_call == (uint32_t)nr && o.fault_address == nr)
		return true;
	printf("numbers: %s, call %#lx: fault %lu, code %lu, of call %#lx\n", image, (unsigned long)nr,
	       (unsigned long)o.fault, (unsigned long)o.exit_code, (unsigned long)o.fault_address);
	return false;
}

static bool is_refused(uint64_t nr)
{
	if (nr < SYS_COUNT)
		return ends("mute", nr, FAULT_CALL_DENIED);
	return ends("mute", nr, FAULT_BAD_CALL) && ends("loud", nr, FAULT_BAD_CALL);
}

static bool outside(void)
{
	unsigned long made = 0;
	bool good = true;

	for (uint64_t nr = 0; good && nr < NUMBERS; nr++, made++)
		good = is_refused(nr);
	for (unsigned bit = 0; good && bit < 64; bit++, made++)
		good = is_refused(1ull << bit) && is_refused((1ull << bit) - 1) && is_refused(~(1ull << bit));
	for (uint64_t nr = 0; good && nr < SYS_COUNT; nr++, made++) /* a call's number, and more above it */
		good = is_refused(nr | 1ull << 32) && is_refused(nr | 1ull << 63) && is_refused(nr | 1ull << 31) &&
		       is_refused(nr | 0xffffffffull << 32) && is_refused(nr + 64) && is_refused(nr | 1ull << 8);
	printf("numbers: %lu tried\n", made);
	return good;
}

/* ---- nothing is left behind ---- */

struct level {
	uint64_t free_pages, swap_used_pages;
	uint32_t kernel_bytes;
};

static struct level level_now(void)
{
	struct process_status s = { 0 };

	(void)process_status(0, &s);
	return (struct level){ s.free_pages, s.swap_used_pages, s.kernel_bytes };
}

/* The pager and the ends of processes take their time. */
static bool is_back(const struct level *before)
{
	struct level now = level_now();

	for (unsigned i = 0; now.free_pages < before->free_pages && i < SETTLE_ROUNDS; i++) {
		struct message m;

		(void)ipc_recv(port(), &m, NULL, clock_now() + NS_PER_SETTLE);
		now = level_now();
	}
	if (now.free_pages >= before->free_pages && now.kernel_bytes <= before->kernel_bytes)
		return true;
	printf("numbers: %lu pages were free, %lu are; %lu bytes of kernel objects, now %lu\n",
	       (unsigned long)before->free_pages, (unsigned long)now.free_pages, (unsigned long)before->kernel_bytes,
	       (unsigned long)now.kernel_bytes);
	return false;
}

/* The console touches its buffer page by page, as output fills it. */
static void fill_console(void)
{
	for (unsigned i = 0; i < CONSOLE_BUFFER_BYTES; i++)
		putchar('.');
	putchar('\n');
}

/* Whatever is made once and kept: the tables of this process, its heap, the kernel's spare objects, the console's buffer. */
static bool warm_up(void)
{
	struct order caller = { .registers.nr = SYS_ipc_peer, .role = ROLE_HOSTILE, .place = PLACE_FULL_TABLE };
	struct order maker = { .registers.nr = SYS_process_create, .role = ROLE_HOSTILE, .place = PLACE_START_UNUSED };
	struct outcome o;

	fill_console();
	touch_devices();
	free(malloc(1));
	return is_refused(SYS_COUNT) && child_run("loud", &caller, true, &o) && child_run("loud", &maker, true, &o);
}

static bool run(int argc, char *argv[])
{
	if (strcmp(argv[1], "outside") == 0)
		return outside();
	if (strcmp(argv[1], "devices") == 0)
		return sweep_devices();
	if (strcmp(argv[1], "inside") == 0)
		return sweep(argc > 2 && strcmp(argv[2], "all") == 0);
	if (strcmp(argv[1], "bad-range") == 0 && argc > 2)
		pass_bad_range((unsigned)strtoul(argv[2], NULL, 0));
	return false;
}

/*
 * What the kernel makes once and keeps, room for as many objects as were ever there at once, a second run does not need
 * again; what is lost is lost again.
 */
static bool loses_nothing(int argc, char *argv[])
{
	for (unsigned i = 0; i < 2; i++) {
		struct level before = level_now();

		if (!run(argc, argv))
			return false;
		if (is_back(&before))
			return true;
	}
	return false;
}

int main(int argc, char *argv[])
{
	if (argc < 2 || !warm_up())
		return 2;
	if (!loses_nothing(argc, argv))
		return 1;
	printf("numbers %s: survived\n", argv[1]);
	return 0;
}
