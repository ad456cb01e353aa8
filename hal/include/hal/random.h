/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers as the machine gives them: of unknown quality, to be hashed together (kernel/paging/seal.c). */
#pragma once
#include "kernel/base/types.h"

enum { HAL_RANDOM_WORDS = 8, HAL_RANDOM_SAMPLES = 256 };

struct hal_random {
	uint64_t drawn[2][HAL_RANDOM_WORDS]; /* from the CPU's generators; zeros where there is none */
	uint16_t elapsed
		[HAL_RANDOM_SAMPLES]; /* how long something took whose length nobody knows: a bit each, at least */
};

/* Returns which sources gave something, as text for the log. Their numbers are in *r, which the caller wipes. */
const char *hal_random_fill(struct hal_random *r);
