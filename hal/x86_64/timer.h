/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock and the alarm, for the rest of the HAL. */
#pragma once
#include <stdint.h>

uint64_t hal_timer_init(uint64_t entry_tsc); /* after apic_init; returns the cycles spent on measuring */
void timer_expire(void);                     /* the APIC's timer interrupt */
