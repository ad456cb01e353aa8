/* SPDX-License-Identifier: BSD-2-Clause */
/* See capability.h. */
#include "servers/block/capability.h"
#include <stddef.h>

enum { /* offsets in configuration space (PCI 3.0) */
       PCI_STATUS = 0x06,
       PCI_CAPABILITIES = 0x34,
       PCI_HEADER_BYTES = 0x40,
       PCI_CONFIG_BYTES = 0x100,
       STATUS_HAS_CAPABILITIES = 0x10,
       PCI_VENDOR_CAPABILITY = 0x09,
       LIST_MOST = (PCI_CONFIG_BYTES - PCI_HEADER_BYTES) / 4, /* bounds a list that goes in circles */
};

enum { /* offsets in the capability */
       AT_ID = 0,
       AT_NEXT = 1,
       AT_BYTES = 2,
       AT_KIND = 3,
       AT_RANGE = 4,
       AT_OFFSET = 8,
       AT_LENGTH = 12,
       AT_MULTIPLIER = 16,
       NOTIFY_BYTES = 20,
       COMMON_BYTES = 16,
};

/* How much of each the driver touches. */
static const uint32_t least_bytes[CAPABILITY_KINDS] = {
	[CAPABILITY_COMMON] = 56,
	[CAPABILITY_NOTIFY] = 2,
	[CAPABILITY_ISR] = 0,
	[CAPABILITY_DEVICE] = 24,
};

static void take(capability_reader *read, void *context, unsigned at, struct capabilities *found)
{
	uint32_t kind = read(context, at + AT_KIND, 1), bytes = read(context, at + AT_BYTES, 1);
	uint32_t least = kind == CAPABILITY_NOTIFY ? NOTIFY_BYTES : COMMON_BYTES;
	struct capability c;

	if (kind < CAPABILITY_COMMON || kind >= CAPABILITY_KINDS || found->of[kind].bytes != 0 || bytes < least ||
	    at + least > PCI_CONFIG_BYTES)
		return;
	c.range = (uint8_t)read(context, at + AT_RANGE, 1);
	c.offset = read(context, at + AT_OFFSET, 4);
	c.bytes = read(context, at + AT_LENGTH, 4);
	if (c.range >= CAPABILITY_RANGES || c.bytes < least_bytes[kind] || c.offset % 4 != 0)
		return;
	found->of[kind] = c;
	if (kind == CAPABILITY_NOTIFY)
		found->notify_multiplier = read(context, at + AT_MULTIPLIER, 4);
}

const char *capabilities_find(capability_reader *read, void *context, struct capabilities *found)
{
	unsigned at, seen = 0;

	*found = (struct capabilities){ 0 };
	if (!(read(context, PCI_STATUS, 2) & STATUS_HAS_CAPABILITIES))
		return "it has no PCI capabilities";
	at = read(context, PCI_CAPABILITIES, 1) & 0xfc;
	for (; at >= PCI_HEADER_BYTES && seen < LIST_MOST; seen++) {
		if (read(context, at + AT_ID, 1) == PCI_VENDOR_CAPABILITY)
			take(read, context, at, found);
		at = read(context, at + AT_NEXT, 1) & 0xfc;
	}
	if (found->of[CAPABILITY_COMMON].bytes == 0)
		return "it has no usable common configuration (is it a legacy device?)";
	if (found->of[CAPABILITY_NOTIFY].bytes == 0)
		return "it has no usable notification area";
	if (found->of[CAPABILITY_DEVICE].bytes == 0)
		return "it has no usable device configuration";
	return NULL;
}
