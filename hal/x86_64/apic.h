/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controllers, for the rest of the HAL. */
#pragma once
#include "kernel/base/types.h"

void apic_init(void); /* after acpi_read, paging_init and cpu_init; all lines stay masked */

/* This CPU's count-down timer: 0 stops it. Interrupts are held back until apic_timer_enable. */
void apic_timer_start(uint32_t ticks);
uint32_t apic_timer_left(void);
void apic_timer_enable(void);

/* entry.asm calls this with interrupts off; tells the kernel. */
void interrupt_take(unsigned vector);

bool apic_owns(uint64_t base, uint64_t end); /* physical addresses, in bytes */
