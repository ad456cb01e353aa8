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
	uint32_t object_bytes; /* what one takes: a power of two from 32 to a page */
	uint32_t shift;        /* 1 << shift objects fill a frame */
	uint8_t frames_for;    /* enum frame_class */
	uint32_t clear_bytes;  /* what pool_alloc clears; may be made less than the type's size */
	uint32_t made, used;   /* objects carved; of them in use */
	struct pool_object *free;
	void **directories[POOL_DIRECTORIES]; /* frames of pointers to frames of objects */
};

void pool_init(struct pool *p, const char *name, size_t object_bytes);

/* What a free object begins with. */
struct pool_object {
	struct pool_object *next;
	uint32_t index;
};

/* Adds one frame of objects; the first of them. NULL: out of memory, and nothing changed. */
struct pool_object *pool_grow(struct pool *p);
/* An object as it was left, and its index; NULL if no memory is left for the kernel. */
static inline void *pool_take(struct pool *p, uint32_t *index)
{
	struct pool_object *o = p->free;

	if (o == NULL && (o = pool_grow(p)) == NULL)
		return NULL;
	p->free = o->next;
	p->used++;
	*index = o->index;
	return o;
}
/* Gives it back. Pre: the index is its own. */
static inline void pool_put(struct pool *p, void *object, uint32_t index)
{
	struct pool_object *o = object;

	o->next = p->free;
	o->index = index;
	p->free = o;
	p->used--;
}
/* The same with its first clear_bytes cleared, and checked. */
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
