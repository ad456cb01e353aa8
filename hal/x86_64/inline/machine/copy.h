/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies by string instructions: eight bytes a step, whatever the CPU makes of them. */
#pragma once
#include <stddef.h>

static inline void hal_copy(void *to, const void *from, size_t bytes)
{
	size_t words = bytes >> 3, rest = bytes & 7;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}
