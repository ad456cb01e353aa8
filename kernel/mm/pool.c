/* SPDX-License-Identifier: BSD-2-Clause */
/* See pool.h. Free objects hold { next, index } in their first two words. */
#include "kernel/mm/pool.h"
#include "hal/mmu.h"
#include "kernel/base/mem.h"
#include "kernel/core/panic.h"
#include "kernel/mm/frame.h"

struct free_object {
	struct free_object *next;
	uint32_t index;
};

void pool_init(struct pool *p, const char *name, size_t object_bytes)
{
	uint32_t shift = 7;

	kassert(object_bytes <= PAGE_BYTES, "a kernel object fits a frame");
	while (((size_t)PAGE_BYTES >> shift) < object_bytes)
		shift--;
	*p = (struct pool){ .name = name,
			    .object_bytes = (uint32_t)PAGE_BYTES >> shift,
			    .shift = shift,
			    .clear_bytes = (uint32_t)object_bytes };
}

static void *new_frame(void)
{
	paddr_t frame = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);

	return paddr_is_none(frame) ? NULL : hal_frame_ptr(frame);
}

/* Adds one frame of objects. False: out of memory, and nothing changed. */
static bool grow(struct pool *p)
{
	uint32_t n = p->made >> p->shift;
	void ***directory = &p->directories[n / POOL_POINTERS];
	char *frame;

	if (n >= POOL_DIRECTORIES * POOL_POINTERS)
		return false;
	if (*directory == NULL && (*directory = new_frame()) == NULL)
		return false;
	frame = new_frame();
	if (frame == NULL)
		return false;
	(*directory)[n % POOL_POINTERS] = frame;
	for (uint32_t i = 1u << p->shift; i-- > 0;) {
		struct free_object *o = (struct free_object *)(void *)(frame + (size_t)i * p->object_bytes);

		o->next = p->free;
		o->index = p->made + i;
		p->free = o;
	}
	p->made += 1u << p->shift;
	return true;
}

void *pool_alloc(struct pool *p, uint32_t *index)
{
	struct free_object *o;

	if (p->free == NULL && !grow(p))
		return NULL;
	o = p->free;
	kassert(o != NULL, "a pool that has grown has a free object");
	p->free = o->next;
	p->used++;
	*index = o->index;
	if (p->clear_bytes != 0)
		memset(o, 0, p->clear_bytes);
	return o;
}

void pool_free(struct pool *p, void *object, uint32_t index)
{
	struct free_object *o = object;

	kassert(pool_at(p, index) == object, "a kernel object is freed where it was made");
	o->next = p->free;
	o->index = index;
	p->free = o;
	p->used--;
}
