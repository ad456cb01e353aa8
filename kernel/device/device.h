/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that ring-3 drivers have claimed: memory ranges, ports, one interrupt,
 * and the pages they may reach by DMA. The kernel keeps PCI configuration and the
 * MSI-X tables to itself. Two claims never share anything, and RAM, the kernel's
 * own controllers and ports are never granted.
 */
#pragma once
#include "kernel/abi/process.h"
#include "kernel/task/process.h"

enum { DEVICE_RANGES = 6 };

struct device_range {
	paddr_t base;
	uint64_t bytes; /* 0: none */
};

struct device {
	struct list link; /* of process.devices */
	struct process *owner;
	struct device_claim claim; /* with the address that was found */
	uint32_t index;
	struct device_range ranges[DEVICE_RANGES];
	struct signal irq;  /* its badge is the irq's handle */
	unsigned irq_line;  /* HAL_IRQ_COUNT: none */
	paddr_t msix_entry; /* PADDR_NONE: not a message interrupt */
	struct list dma;    /* struct dma_range */
};

void device_module_init(void);
/* EXISTS: claimed already. NOT_FOUND: no such device. NO_RIGHT: never granted. NO_MEMORY. */
enum status device_claim(struct process *owner, const struct device_claim *claim);
/* Makes it quiet (no DMA, no interrupt) and frees the claim. */
void device_release(struct device *d);

/* NOT_FOUND: no such range, or it shares a page with something else. NO_RIGHT: it holds the MSI-X table. NO_MEMORY. */
enum status device_map_range(struct device *d, uint64_t range, uint64_t *address, uint64_t *bytes);
enum status device_do_io(struct device *d, uint64_t op, uint64_t offset, uint64_t *value);
void device_unmask(struct device *d);
/*
 * From the HAL: an interrupt came, perhaps at a safe point in the middle of anything. Masked and latched, or masked and
 * counted if nobody owns it; nothing else changes.
 */
void device_interrupt(unsigned line);
/* Tells the drivers of the latched interrupts, one notification each. Pre: CPU_IRQ_LATCHED. */
void device_tell_drivers(void);

/* ---- dma.c ---- */
void dma_module_init(void);
/*
 * Pins resident pages and writes their bus addresses. Pre: pages resolved. NO_RIGHT: code; NO_MEMORY, TOO_BIG (the
 * busy allowance).
 */
enum status dma_begin(struct device *d, uint64_t address, uint64_t pages, const struct claim *addresses);
/* BAD_ARG: no such range was begun. */
enum status dma_end(struct device *d, uint64_t address, uint64_t pages);
void dma_end_all(struct device *d);
