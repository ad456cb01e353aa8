/* SPDX-License-Identifier: BSD-2-Clause */
/* One clock since boot and one alarm per CPU. */
#pragma once
#include "machine/clock.h" /* uint64_t hal_clock_ns(void) */
#include <stdint.h>

/* kernel_timer is called once at or soon after this time, unless armed anew. */
void hal_timer_arm(uint64_t when_ns);
