/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines. 0 to 15 are the ISA lines, from HAL_IRQ_MESSAGE on those
 * that devices raise by a message (MSI-X). All start masked. The HAL has
 * acknowledged an interrupt to its controller before it calls kernel_interrupt.
 */
#pragma once
#include "kernel/base/types.h"

enum {
	HAL_IRQ_ISA = 16,
	HAL_IRQ_MESSAGE = 16,
	HAL_IRQ_COUNT = 16 + 96,
};

void hal_irq_mask(unsigned irq, bool masked); /* an ISA line, or not any more; a message is masked at its device */
/*
 * What a device writes, and where, to raise a message interrupt (irq >= HAL_IRQ_MESSAGE). Intel SDM 3A, "Message
 * Signalled Interrupts".
 */
void hal_irq_message(unsigned irq, uint64_t *address, uint32_t *data);
