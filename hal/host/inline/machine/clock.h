/* SPDX-License-Identifier: BSD-2-Clause */
/* The same as hal/x86_64/inline/machine/clock.h, of the fake machine: host_cpu.c. */
#pragma once
#include <stdint.h>

uint64_t hal_clock_ns(void);
