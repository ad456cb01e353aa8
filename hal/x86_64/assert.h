/* SPDX-License-Identifier: BSD-2-Clause */
/* What the HAL's callers must have seen to. Also used on the host, where kernel_crash aborts. */
#pragma once
#include "kernel/entry.h"

#define hal_assert(condition) ((condition) ? (void)0 : kernel_crash("HAL: not so: " #condition, NULL, 0, 0))
