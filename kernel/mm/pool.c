/* SPDX-License-Identifier: BSD-2-Clause */
/* See pool.h. */
#include "kernel/mm/pool.h"
#include "hal/mmu.h"
#include "kernel/base/mem.h"
#include "kernel/core/panic.h"
#include "kernel/mm/frame.h"

void pool_init(struct pool *p, const char *name, size_t object_bytes)
{
	uint32_t shift = 7;

	kassert(object_bytes <= PAGE_BYTES, "a kernel object fits a frame");
	while (((size_t)PAGE_BYTES >> shift) < object_bytes)
		shift--;
	*p = (struct pool){ .name = name,
			    .object_bytes = (uint32_t)PAGE_BYTES >> shift,
			    .shift = shift,
			    .frames_for = FRAME_FOR_KERNEL,
			    .clear_bytes = (uint32_t)object_bytes };
}

static void *new_frame(const struct pool *p)
{
	paddr_t frame = frame_alloc_zeroed((enum frame_class)p->frames_for, FRAME_KERNEL);

	return paddr_is_none(frame) ? NULL : hal_frame_ptr(frame);
}

struct pool_object *pool_grow(struct pool *p)
{
	uint32_t n = p->made >> p->shift;
	void ***directory = &p->directories[n / POOL_POINTERS];
	char *frame;

	if (n >= POOL_DIRECTORIES * POOL_POINTERS)
		return NULL;
	if (*directory == NULL && (*directory = new_frame(p)) == NULL)
		return NULL;
	frame = new_frame(p);
	if (frame == NULL)
		return NULL;
	(*directory)[n % POOL_POINTERS] = frame;
	for (uint32_t i = 1u << p->shift; i-- > 0;) {
		struct pool_object *o = (struct pool_object *)(void *)(frame + (size_t)i * p->object_bytes);

		o->next = p->free;
		o->index = p->made + i;
		p->free = o;
	}
	p->made += 1u << p->shift;
	return p->free;
}

void *pool_alloc(struct pool *p, uint32_t *index)
{
	void *o = pool_take(p, index);

	if (o != NULL)
		memset(o, 0, p->clear_bytes);
	return o;
}

void pool_free(struct pool *p, void *object, uint32_t index)
{
	kassert(pool_at(p, index) == object, "a kernel object is freed where it was made");
	pool_put(p, object, index);
}
