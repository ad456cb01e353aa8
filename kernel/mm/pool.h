/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects of one type, carved from frames. An object has an index for
 * life, so that user-visible names (tokens, channel ids) can be an index and a
 * generation. Frames of a pool are kept: a freed object is the next one made.
 */
#pragma once
#include "kernel/base/types.h"

enum { POOL_DIRECTORIES = 64, POOL_POINTERS = PAGE_BYTES / sizeof(void *) };

struct pool {
	const char *name;
	uint32_t object_bytes;                /* what one takes: a power of two from 32 to a page */
	uint32_t shift;                       /* 1 << shift objects fill a frame */
	uint32_t clear_bytes;                 /* what pool_alloc clears; may be made less than the type's size */
	uint32_t made, used;                  /* objects carved; of them in use */
	void *free;                           /* list through the first word of free objects */
	void **directories[POOL_DIRECTORIES]; /* frames of pointers to frames of objects */
};

void pool_init(struct pool *p, const char *name, size_t object_bytes);

/* A zeroed object (its first clear_bytes) and its index; NULL if no memory is left for the kernel. */
void *pool_alloc(struct pool *p, uint32_t *index);
void pool_free(struct pool *p, void *object, uint32_t index);

/* The object of an index, in use or not; NULL if none was ever made there. shift: p->shift, if the compiler knows it. */
static inline void *pool_at_known(const struct pool *p, uint32_t index, uint32_t shift)
{
	uint32_t frame = index >> shift, within = index & ((1u << shift) - 1);

	if (index >= p->made)
		return NULL;
	return (char *)p->directories[frame / POOL_POINTERS][frame % POOL_POINTERS] +
	       ((size_t)within << (PAGE_SHIFT - shift));
}
static inline void *pool_at(const struct pool *p, uint32_t index) { return pool_at_known(p, index, p->shift); }
/* shift of a pool of objects of this size */
#define POOL_SHIFT(bytes) (PAGE_SHIFT - (64 - (uint32_t)__builtin_clzll((bytes)-1)))
