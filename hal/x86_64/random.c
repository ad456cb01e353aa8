/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See hal/random.h. RDRAND and RDSEED (Intel SDM 1, "Random Number Generator Instructions") may have nothing for a
 * moment, and some CPUs give the same word for ever. Jitter is how long a read of a port takes: the bus
 * behind it has a clock of its own.
 */
#include "hal/random.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/instr.h"

enum { TRIES = 10, PORT_OF_A_SLOW_BUS = 0x61 };

static bool rdrand(uint64_t *word)
{
	bool given;
	__asm__ volatile("rdrand %0; setc %1" : "=r"(*word), "=qm"(given) : : "cc");
	return given;
}

static bool rdseed(uint64_t *word)
{
	bool given;
	__asm__ volatile("rdseed %0; setc %1" : "=r"(*word), "=qm"(given) : : "cc");
	return given;
}

/* True if all words came and no two that follow each other are the same. */
static bool draw(uint64_t words[HAL_RANDOM_WORDS], bool (*one)(uint64_t *))
{
	bool good = true;

	for (unsigned i = 0; i < HAL_RANDOM_WORDS; i++) {
		unsigned tries = 0;
		while (!one(&words[i]) && tries < TRIES)
			tries++;
		good = good && tries < TRIES && (i == 0 || words[i] != words[i - 1]);
	}
	return good;
}

const char *hal_random_fill(struct hal_random *r)
{
	static const char *const names[] = { "timer jitter", "RDRAND, timer jitter", "RDSEED, timer jitter",
					     "RDRAND, RDSEED, timer jitter" };
	unsigned sources = 0;

	__builtin_memset(r, 0, sizeof *r);
	if (cpu_features.rdrand && draw(r->drawn[0], rdrand))
		sources |= 1;
	if (cpu_features.rdseed && draw(r->drawn[1], rdseed))
		sources |= 2;
	for (unsigned i = 0; i < HAL_RANDOM_SAMPLES; i++) {
		(void)port_in8(PORT_OF_A_SLOW_BUS);
		r->elapsed[i] = (uint16_t)tsc_read();
	}
	return names[sources];
}
