/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock is the TSC, the alarm the local APIC's count-down timer. Both are
 * measured once against the PIT (Intel 8254). The alarm's count is 32 bits
 * wide and its rate not exactly known: it may go off early, and is set again.
 */
#include "hal/timer.h"
#include "hal/x86_64/apic.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/instr.h"
#include "hal/x86_64/timer.h"
#include "kernel/entry.h"

#define NS_PER_SECOND 1000000000ull
#define PIT_HZ        1193182ull

enum {
	PIT_COUNT = 2386, /* 2 ms */
	MEASUREMENTS = 3,
	POLLS_MAX = 1000000, /* a port takes about 1 µs */
	CYCLES_MIN = 1000,   /* less cannot have been 2 ms */
};

enum { PIT_CHANNEL2 = 0x42, PIT_MODE = 0x43, PIT_GATE = 0x61 };
enum { MODE_CHANNEL2_COUNT = 0xb0, GATE_ON = 1, SPEAKER_ON = 2, GATE_OUTPUT = 0x20 };

typedef unsigned __int128 wide; /* products of two 64-bit numbers */

uint64_t clock_start_tsc, clock_ns_per_cycle;
static uint64_t ticks_per_ns; /* times 2^32 */

struct elapsed {
	uint64_t cycles;
	uint32_t ticks;
};

/* How far both go while the PIT's channel 2 counts down, in mode 0: its output rises at the end. */
static struct elapsed measure_once(void)
{
	port_out8(PIT_GATE, (uint8_t)((port_in8(PIT_GATE) & ~SPEAKER_ON) | GATE_ON));
	port_out8(PIT_MODE, MODE_CHANNEL2_COUNT);
	port_out8(PIT_CHANNEL2, PIT_COUNT & 0xff);
	uint64_t from = tsc_read();
	apic_timer_start(UINT32_MAX);
	port_out8(PIT_CHANNEL2, PIT_COUNT >> 8);
	unsigned polls = 0;
	while (!(port_in8(PIT_GATE) & GATE_OUTPUT) && polls < POLLS_MAX)
		polls++;
	uint32_t left = apic_timer_left();
	uint64_t cycles = tsc_read() - from;
	apic_timer_start(0);
	return (struct elapsed){ polls < POLLS_MAX ? cycles : 0, UINT32_MAX - left };
}

/* Whatever disturbs a measurement makes it longer, so the shortest is the best. */
static struct elapsed measure(void)
{
	struct elapsed best = { UINT64_MAX, UINT32_MAX };
	for (unsigned i = 0; i < MEASUREMENTS; i++) {
		struct elapsed e = measure_once();
		if (e.cycles < CYCLES_MIN || e.ticks == 0)
			return (struct elapsed){ 0, 0 };
		best.cycles = e.cycles < best.cycles ? e.cycles : best.cycles;
		best.ticks = e.ticks < best.ticks ? e.ticks : best.ticks;
	}
	return best;
}

uint64_t hal_timer_init(uint64_t entry_tsc)
{
	uint64_t from = tsc_read();
	uint64_t cycles_hz = NS_PER_SECOND, ticks_hz = NS_PER_SECOND / 16;
	struct elapsed e = measure();
	if (e.cycles) {
		cycles_hz = e.cycles * PIT_HZ / PIT_COUNT;
		ticks_hz = e.ticks * PIT_HZ / PIT_COUNT;
	} else {
		console_line("HAL: no PIT to measure the clock by: taking it for 1 GHz");
	}
	clock_ns_per_cycle = (NS_PER_SECOND << 32) / cycles_hz;
	ticks_per_ns = (ticks_hz << 32) / NS_PER_SECOND;
	clock_start_tsc = entry_tsc;
	apic_timer_enable();
	return tsc_read() - from;
}

static void alarm_set(uint64_t when_ns)
{
	uint64_t now_ns = hal_clock_ns();
	uint64_t wait_ns = when_ns > now_ns ? when_ns - now_ns : 0;
	wide ticks = ((wide)wait_ns * ticks_per_ns >> 32) + 1;
	apic_timer_start(ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
}

void hal_timer_arm(uint64_t when_ns)
{
	cpu_area()->alarm_ns = when_ns;
	alarm_set(when_ns);
}

/* One that was on its way while the alarm was armed anew finds that it is too early. */
void timer_expire(void)
{
	struct cpu_area *area = cpu_area();
	if (area->alarm_ns == UINT64_MAX)
		return;
	if (hal_clock_ns() < area->alarm_ns) {
		alarm_set(area->alarm_ns);
		return;
	}
	area->alarm_ns = UINT64_MAX;
	area->interrupts_taken++;
	kernel_timer();
}
