/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What signet-bench.elf counts: expensive instructions, ticks in ring 0, and the longest time with interrupts off. In
 * the usual kernel all this is nothing (hal/x86_64/bench/off/machine/count.h). There is one CPU.
 *
 * Ticks are those of the TSC, from ENTER_RING0 to LEAVE_RING0 (count.inc) and without idling. Under icount they are
 * instructions, and those of the counting itself are known: each event is one, the others are named here and there;
 * count.c takes them off. Left out are the two to six instructions of an exception or interrupt before ENTER_RING0.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COUNT_EVENTS = 9 };

struct count_totals {
	uint64_t events[COUNT_EVENTS]; /* in the order of count.inc */
	uint64_t ticks;
	/* What was counted with its own instructions among them. */
	uint64_t passes, safe_points, interrupts, idles;
};

extern struct count_totals count_totals;
extern uint64_t count_entered; /* TSC at which ring 0 was entered */
extern uint64_t count_since;   /* from when interrupts are off */
extern uint64_t count_longest; /* that they were */

/* Text of assembly, before an instruction that is counted: one instruction each. The offsets are those of count.inc. */
#define COUNT_EVENT(offset) "incq count_totals + " #offset "(%%rip)\n\t"
#define COUNT_CR3           COUNT_EVENT(0)
#define COUNT_CR0           COUNT_EVENT(8)
#define COUNT_MSR           COUNT_EVENT(16)
#define COUNT_INVLPG        COUNT_EVENT(24)
#define COUNT_XSAVE         COUNT_EVENT(32)
#define COUNT_XRSTOR        COUNT_EVENT(40)

enum { COUNT_SAFE_POINT_INSTRUCTIONS = 10, COUNT_IDLE_INSTRUCTIONS = 2 };

/* Right before interrupts are let in: the time that they were off ends. RAX and RDX are lost. */
#define COUNT_SAFE_POINT                                                                                               \
	"rdtsc\n\tshl $32, %%rdx\n\tor %%rdx, %%rax\n\t"                                                               \
	"mov %%rax, %%rdx\n\tsub count_since(%%rip), %%rdx\n\tmov %%rax, count_since(%%rip)\n\t"                       \
	"cmp count_longest(%%rip), %%rdx\n\tcmovb count_longest(%%rip), %%rdx\n\tmov %%rdx, count_longest(%%rip)\n\t"  \
	"incq count_totals + 88(%%rip)\n\t"

/* Around the wait for an interrupt, which sets count_since. RAX and RDX are lost. */
#define COUNT_IDLE_BEGIN                                                                                               \
	"rdtsc\n\tshl $32, %%rdx\n\tor %%rdx, %%rax\n\t"                                                               \
	"mov %%rax, %%rdx\n\tsub count_entered(%%rip), %%rdx\n\tadd %%rdx, count_totals + 72(%%rip)\n\t"               \
	"sub count_since(%%rip), %%rax\n\tcmp count_longest(%%rip), %%rax\n\t"                                         \
	"cmovb count_longest(%%rip), %%rax\n\tmov %%rax, count_longest(%%rip)\n\t"                                     \
	"incq count_totals + 104(%%rip)\n\t"
#define COUNT_IDLE_END "\n\tmov count_since(%%rip), %%rax\n\tmov %%rax, count_entered(%%rip)"

/*
 * A line that a process writes to the log, if it is about counting: it is not logged then. The benchmark's program
 * says when what it measures begins and ends, whose row it is, and at last that the maximum is wanted; before
 * all that, of a pair of begin and end with nothing between, that it is such (tests/bench/signet/bench/count.c).
 */
bool count_takes_line(const char *text, size_t bytes);
