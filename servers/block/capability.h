/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a virtio device's registers are: its vendor capabilities in PCI
 * configuration space (Virtual I/O Device 1.1, "Virtio Structure PCI
 * Capabilities"). Pure; what the device says is checked for sense here and
 * against the real size of its ranges by whoever maps them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum capability_kind {
	CAPABILITY_COMMON = 1, /* features, status, queues */
	CAPABILITY_NOTIFY = 2, /* written to say that a queue has news */
	CAPABILITY_ISR = 3,    /* interrupt status, for line interrupts: not used */
	CAPABILITY_DEVICE = 4, /* of block devices: size and the like */
	CAPABILITY_KINDS,
};

enum { CAPABILITY_RANGES = 6 };

struct capability {
	uint8_t range;   /* base address register */
	uint32_t offset; /* in the range */
	uint32_t bytes;  /* 0: the device has none of the kind */
};

struct capabilities {
	struct capability of[CAPABILITY_KINDS]; /* by kind; [0] is unused */
	uint32_t notify_multiplier;
};

/* Reads 1, 2 or 4 bytes of the first 256 of configuration space, at a multiple of the width. */
typedef uint32_t capability_reader(void *context, unsigned offset, unsigned width);

/* NULL, or what is missing or wrong, for people. The first usable one of each kind counts, as the standard
 * wants. */
const char *capabilities_find(capability_reader *read, void *context, struct capabilities *found);
