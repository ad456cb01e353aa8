/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four functions that the compiler may call by itself. The HAL defines them with string instructions; on the
 * host libc does.
 */
#pragma once
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/* Known small sizes become plain moves, also in a freestanding compilation. */
#define memcpy(to, from, bytes) __builtin_memcpy(to, from, bytes)
#define memset(to, byte, bytes) __builtin_memset(to, byte, bytes)
