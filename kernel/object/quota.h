/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process may cost in kernel objects, in bytes (I-PAY). Frames are
 * charged to its address space (mm/aspace.h). A record outlives its process
 * while something that it paid for does.
 */
#pragma once
#include "kernel/base/types.h"

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
