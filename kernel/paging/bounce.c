/* SPDX-License-Identifier: BSD-2-Clause */
/* See bounce.h. A stack of frames; its size goes by RAM. */
#include "kernel/paging/bounce.h"
#include "kernel/abi/pager.h"
#include "kernel/base/arith.h"
#include "kernel/core/cpu.h"
#include "hal/mmu.h"

enum { FOR_IN = 8 * PAGER_RUN_MAX, FOR_OUT = 4 * PAGER_RUN_MAX, PART_OF_RAM = 64 };

static paddr_t frames[FOR_IN + FOR_OUT];
unsigned bounce_count;
static unsigned for_in, size; /* 0: there is no pager yet */

void bounce_init(void) { bounce_count = for_in = size = 0; }

void bounce_begin(void)
{
	for_in = (unsigned)min_u64(FOR_IN, max_u64(PAGER_RUN_MAX, frame_total() / PART_OF_RAM));
	size = for_in + for_in * FOR_OUT / FOR_IN;
	cpu_put_off(CPU_PAGER_WORK);
}

paddr_t bounce_take(void)
{
	if (bounce_count <= for_in / 2)
		cpu_put_off(CPU_PAGER_WORK);
	return frames[--bounce_count];
}

void bounce_exchange(void)
{
	if (bounce_count > for_in)
		frame_free(frames[--bounce_count]);
}

void bounce_put(paddr_t frame)
{
	if (!paddr_is_none(frame) && bounce_count < size)
		frames[bounce_count++] = frame;
	else if (!paddr_is_none(frame))
		frame_free(frame);
}

bool bounce_refill(void)
{
	for (bool low = 2 * bounce_count < for_in; low && bounce_count < size; bounce_count++) {
		hal_cpu_safe_point();
		frames[bounce_count] = frame_alloc(FRAME_FOR_KERNEL, FRAME_BOUNCE);
		if (paddr_is_none(frames[bounce_count]))
			return 2 * bounce_count >= for_in;
		hal_frame_clear(frames[bounce_count]); /* the pager may read it */
	}
	return true;
}
