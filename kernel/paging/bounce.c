/* SPDX-License-Identifier: BSD-2-Clause */
/* See bounce.h. A stack of frames; its size goes by RAM. */
#include "kernel/paging/bounce.h"
#include "kernel/abi/pager.h"
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"

enum { FOR_IN = 8 * PAGER_RUN_MAX, FOR_OUT = 4 * PAGER_RUN_MAX, PART_OF_RAM = 64 };

static paddr_t frames[FOR_IN + FOR_OUT];
static unsigned count, for_in, size; /* 0: there is no pager yet */

void bounce_init(void) { count = for_in = size = 0; }

void bounce_begin(void)
{
	for_in = (unsigned)min_u64(FOR_IN, max_u64(PAGER_RUN_MAX, frame_total() / PART_OF_RAM));
	size = for_in + for_in * FOR_OUT / FOR_IN;
	cpu_put_off(CPU_PAGER_WORK);
}

unsigned bounce_ready(void) { return count; }

paddr_t bounce_take(void)
{
	if (count <= for_in / 2)
		cpu_put_off(CPU_PAGER_WORK);
	return frames[--count];
}

void bounce_exchange(void)
{
	if (count > for_in)
		frame_free(frames[--count]);
}

void bounce_put(paddr_t frame)
{
	if (!paddr_is_none(frame) && count < size)
		frames[count++] = frame;
	else if (!paddr_is_none(frame))
		frame_free(frame);
}

bool bounce_refill(void)
{
	for (bool low = 2 * count < for_in; low && count < size; count++) {
		hal_cpu_safe_point();
		frames[count] = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_BOUNCE);
		if (paddr_is_none(frames[count]))
			return 2 * count >= for_in;
	}
	return true;
}
