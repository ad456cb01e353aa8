/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that cannot be mixed up, and what everyone needs of C. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint64_t v;
} paddr_t; /* a physical address */
typedef struct {
	uint64_t v;
} vaddr_t; /* a user address that has been checked; see kernel/abi/types.h for one that has not */

enum { PAGE_SHIFT = 12, PAGE_BYTES = 1 << PAGE_SHIFT };

#define PADDR_NONE ((paddr_t){ 0 }) /* frame 0 is never handed out */

static inline bool paddr_is_none(paddr_t p) { return p.v == 0; }
static inline uint64_t pages_of_bytes(uint64_t bytes)
{
	return (bytes >> PAGE_SHIFT) + ((bytes & (PAGE_BYTES - 1)) != 0);
}
static inline bool page_aligned(uint64_t v) { return (v & (PAGE_BYTES - 1)) == 0; }

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define array_length(a)                 (sizeof(a) / sizeof((a)[0]))
