/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects of one type, carved from frames. An object has an index for
 * life, so that user-visible names (tokens, channel ids) can be an index and a
 * generation. Frames of a pool are kept: a freed object is the next one made.
 */
#pragma once
#include "kernel/base/types.h"

enum { POOL_DIRECTORIES = 8, POOL_POINTERS = PAGE_BYTES / sizeof(void *) };

struct pool {
	const char *name;
	uint32_t object_bytes; /* a multiple of 16, at most a page */
	uint32_t per_frame;
	uint32_t made, used;   /* objects carved; of them in use */
	void *free;            /* list through the first word of free objects */
	void **directories[POOL_DIRECTORIES]; /* frames of pointers to frames of objects */
};

void pool_init(struct pool *p, const char *name, size_t object_bytes);

/* A zeroed object and its index; NULL if no memory is left for the kernel. */
void *pool_alloc(struct pool *p, uint32_t *index);
void pool_free(struct pool *p, void *object, uint32_t index);

/* The object of an index, in use or not; NULL if none was ever made there. */
void *pool_at(const struct pool *p, uint32_t index);
