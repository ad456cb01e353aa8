/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio block device itself: its registers and its one queue. Errors are
 * texts for the log; NULL is success. Nothing that the device says is believed
 * beyond what can be checked.
 */
#pragma once
#include "libsys/system.h"
#include "servers/block/capability.h"
#include "servers/block/request.h"
#include "servers/block/virtqueue.h"

struct device {
	handle_t handle;
	struct {
		volatile void *address; /* NULL: not mapped yet */
		uint64_t bytes;
	} ranges[CAPABILITY_RANGES];
	volatile uint8_t *common, *config, *notify;
	uint64_t notify_bytes;
	uint32_t notify_multiplier;
	volatile uint8_t *bell; /* where to notify the queue */
	void *memory;           /* the queue's, under DMA for good */
	uint64_t bus[VIRTQUEUE_PAGES];
	bool can_flush;
	struct request_limits limits;
	struct virtqueue queue;
};

/* Once: finds and maps the registers, makes the queue's memory. */
const char *device_find(struct device *d, handle_t handle);
/* Resets the device and brings it to work with an empty queue; also after it broke. */
const char *device_start(struct device *d);
/* Tells the device that requests were put into its queue. */
void device_notify(const struct device *d);
