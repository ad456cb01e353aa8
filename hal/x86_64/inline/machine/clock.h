/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock, instruction by instruction: the TSC and what hal/x86_64/timer.c measured of it. */
#pragma once
#include <stdint.h>

extern uint64_t clock_start_tsc;
extern uint64_t clock_ns_per_cycle; /* times 2^32 */

static inline uint64_t hal_clock_ns(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)((unsigned __int128)(((uint64_t)high << 32 | low) - clock_start_tsc) * clock_ns_per_cycle >>
			  32);
}
