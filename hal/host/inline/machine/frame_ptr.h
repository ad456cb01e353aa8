/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's address of a frame of the fake machine, which checks that it is one. */
#pragma once
#include "kernel/base/types.h"

void *hal_frame_ptr(paddr_t frame);
