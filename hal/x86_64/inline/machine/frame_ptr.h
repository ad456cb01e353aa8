/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's address of a frame: all RAM is mapped at one place (hal/x86_64/paging.h draws it). */
#pragma once
#include "kernel/base/types.h"

#define DIRECT_MAP_BASE 0xffff800000000000ull

static inline void *hal_frame_ptr(paddr_t frame) { return (void *)(DIRECT_MAP_BASE + frame.v); }
