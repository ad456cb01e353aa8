/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process may cost in kernel objects, in bytes (I-PAY). Frames are
 * charged to its address space (mm/aspace.h). A record outlives its process
 * while something that it paid for does.
 */
#pragma once
#include "kernel/mm/pool.h"

struct quota {
	uint32_t used_bytes, max_bytes;
};

[[nodiscard]] static inline bool quota_charge(struct quota *q, uint32_t bytes)
{
	if (bytes > q->max_bytes - q->used_bytes)
		return false;
	q->used_bytes += bytes;
	return true;
}

static inline void quota_refund(struct quota *q, uint32_t bytes) { q->used_bytes -= bytes; }

/* An object of a pool, and who pays for it (NULL: nobody does). NULL: there is no memory, or none for him. */
static inline void *quota_alloc(struct quota *q, struct pool *pool, uint32_t *index)
{
	void *object;

	if (q != NULL && !quota_charge(q, pool->object_bytes))
		return NULL;
	object = pool_alloc(pool, index);
	if (object == NULL && q != NULL)
		quota_refund(q, pool->object_bytes);
	return object;
}

static inline void quota_free(struct quota *q, struct pool *pool, void *object, uint32_t index)
{
	if (q != NULL)
		quota_refund(q, pool->object_bytes);
	pool_free(pool, object, index);
}
