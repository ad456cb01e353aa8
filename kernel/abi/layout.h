/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in a user address space. Everything between is unmapped. What every process has is close together,
 * so that a small one has four page tables.
 *
 *   0x0000_0000_0000  never mapped (null pointers)
 *   0x0000_0145_0000  the first thread's stack ends here, guard below
 *   0x0000_0146_0000  start information, read-only (start.h)
 *   0x0000_0148_0000  image: stubs first, then text, read-only data, data
 *   0x0010_0000_0000  heap
 *   0x4000_0000_0000  areas that mem_map hands out: buffers, landing windows, thread stacks, device registers
 *   0x7fff_ffff_f000  last user page, never mapped: keeps RCX canonical at SYSRET
 */
#pragma once

#define LAYOUT_STACK_TOP   0x0000000001450000ull
#define LAYOUT_START_BASE  0x0000000001460000ull
#define LAYOUT_START_END   0x0000000001470000ull
#define LAYOUT_IMAGE_BASE  0x0000000001480000ull
#define LAYOUT_IMAGE_END   0x0000000080000000ull
#define LAYOUT_HEAP_BASE   0x0000001000000000ull
#define LAYOUT_HEAP_END    0x0000400000000000ull
#define LAYOUT_AREA_BASE   0x0000400000000000ull
#define LAYOUT_AREA_END    0x00007f0000000000ull
#define LAYOUT_USER_END    0x00007ffffffff000ull /* first address that no user mapping may reach */
#define LAYOUT_GUARD_BYTES 0x10000ull            /* unmapped below each stack */
