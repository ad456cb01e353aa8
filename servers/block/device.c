/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See device.h. The order of the steps is that of Virtual I/O Device 1.1,
 * "Device Initialization"; registers are named as in "Common configuration
 * structure layout" and "Device configuration layout" of block devices.
 */
#include "servers/block/device.h"

enum { /* offsets in the common configuration */
       DEVICE_FEATURE_SELECT = 0,
       DEVICE_FEATURE = 4,
       DRIVER_FEATURE_SELECT = 8,
       DRIVER_FEATURE = 12,
       CONFIG_MSIX_VECTOR = 16,
       NUM_QUEUES = 18,
       DEVICE_STATUS = 20,
       CONFIG_GENERATION = 21,
       QUEUE_SELECT = 22,
       QUEUE_SIZE = 24,
       QUEUE_MSIX_VECTOR = 26,
       QUEUE_ENABLE = 28,
       QUEUE_NOTIFY_OFF = 30,
       QUEUE_DESC = 32,
       QUEUE_DRIVER = 40,
       QUEUE_DEVICE = 48,
};

enum {                     /* offsets in the device configuration */
       BLOCK_CAPACITY = 0, /* in sectors */
       BLOCK_SEG_MAX = 12,
};

enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };

#define FEATURE_SEG_MAX   (1ull << 2)
#define FEATURE_RO        (1ull << 5)
#define FEATURE_FLUSH     (1ull << 9)
#define FEATURE_VERSION_1 (1ull << 32)
#define FEATURE_ACCESS_PLATFORM                                                                                        \
	(1ull << 33) /* it uses the addresses that dma_map tells, which is all we ever give it */
#define FEATURES_USED (FEATURE_SEG_MAX | FEATURE_RO | FEATURE_FLUSH | FEATURE_VERSION_1 | FEATURE_ACCESS_PLATFORM)

#define RESET_PATIENCE_NS 1000000000ull

enum { MSIX_ENTRY = 0, MSIX_NONE = 0xffff, GENERATION_TRIES = 100 };

static uint8_t read8(volatile uint8_t *base, unsigned at) { return base[at]; }
static uint16_t read16(volatile uint8_t *base, unsigned at)
{
	return *(volatile uint16_t *)(volatile void *)(base + at);
}
static uint32_t read32(volatile uint8_t *base, unsigned at)
{
	return *(volatile uint32_t *)(volatile void *)(base + at);
}
static void write8(volatile uint8_t *base, unsigned at, uint8_t value) { base[at] = value; }

static void write16(volatile uint8_t *base, unsigned at, uint16_t value)
{
	*(volatile uint16_t *)(volatile void *)(base + at) = value;
}

static void write32(volatile uint8_t *base, unsigned at, uint32_t value)
{
	*(volatile uint32_t *)(volatile void *)(base + at) = value;
}

static void write64(volatile uint8_t *base, unsigned at, uint64_t value)
{
	write32(base, at, (uint32_t)value);
	write32(base, at + 4, (uint32_t)(value >> 32));
}

/* ---- finding ---- */

static uint32_t read_pci(void *context, unsigned offset, unsigned width)
{
	const struct device *d = context;
	uint64_t value = 0;

	return device_io(d->handle, DEVICE_IO_CONFIG(width), offset, &value) == ST_OK ? (uint32_t)value : 0;
}

/* NULL if the device has no such range, or if it is smaller than it says. */
static volatile uint8_t *map(struct device *d, const struct capability *c)
{
	volatile void **address = &d->ranges[c->range].address;
	uint64_t *bytes = &d->ranges[c->range].bytes;

	if (*address == NULL && device_map(d->handle, c->range, address, bytes) != ST_OK)
		return NULL;
	return (uint64_t)c->offset + c->bytes <= *bytes ? (volatile uint8_t *)*address + c->offset : NULL;
}

const char *device_find(struct device *d, handle_t handle)
{
	struct capabilities found;
	const char *problem;

	*d = (struct device){ .handle = handle };
	problem = capabilities_find(read_pci, d, &found);
	if (problem != NULL)
		return problem;
	d->common = map(d, &found.of[CAPABILITY_COMMON]);
	d->config = map(d, &found.of[CAPABILITY_DEVICE]);
	d->notify = map(d, &found.of[CAPABILITY_NOTIFY]);
	d->notify_bytes = found.of[CAPABILITY_NOTIFY].bytes;
	d->notify_multiplier = found.notify_multiplier;
	if (d->common == NULL || d->config == NULL || d->notify == NULL)
		return "its registers cannot be mapped";
	if (mem_map(MEM_BUFFER, VIRTQUEUE_PAGES, &d->memory) != ST_OK ||
	    dma_map(handle, d->memory, VIRTQUEUE_PAGES, d->bus) != ST_OK)
		return "there is no memory for its queue";
	return NULL;
}

/* ---- starting ---- */

static void add_status(struct device *d, uint8_t bits)
{
	write8(d->common, DEVICE_STATUS, read8(d->common, DEVICE_STATUS) | bits);
}

static const char *reset(struct device *d)
{
	uint64_t deadline = clock_now() + RESET_PATIENCE_NS;

	write8(d->common, DEVICE_STATUS, 0);
	while (read8(d->common, DEVICE_STATUS) != 0)
		if (clock_now() > deadline)
			return "it does not reset";
	return NULL;
}

static uint64_t offered_features(struct device *d)
{
	uint64_t features;

	write32(d->common, DEVICE_FEATURE_SELECT, 0);
	features = read32(d->common, DEVICE_FEATURE);
	write32(d->common, DEVICE_FEATURE_SELECT, 1);
	return features | (uint64_t)read32(d->common, DEVICE_FEATURE) << 32;
}

static const char *agree_on_features(struct device *d, uint64_t *features)
{
	*features = offered_features(d) & FEATURES_USED;
	if (!(*features & FEATURE_VERSION_1))
		return "it lacks the feature VERSION_1";
	for (unsigned half = 0; half < 2; half++) {
		write32(d->common, DRIVER_FEATURE_SELECT, half);
		write32(d->common, DRIVER_FEATURE, (uint32_t)(*features >> (32 * half)));
	}
	add_status(d, STATUS_FEATURES_OK);
	return read8(d->common, DEVICE_STATUS) & STATUS_FEATURES_OK ? NULL : "it refuses the features that it offers";
}

/* 64 bits are two reads: the generation tells whether they belong together. */
static const char *read_limits(struct device *d, uint64_t features)
{
	uint64_t sectors = 0;
	bool whole = false;

	for (unsigned i = 0; i < GENERATION_TRIES && !whole; i++) {
		uint8_t generation = read8(d->common, CONFIG_GENERATION);

		sectors = read32(d->config, BLOCK_CAPACITY);
		sectors |= (uint64_t)read32(d->config, BLOCK_CAPACITY + 4) << 32;
		whole = read8(d->common, CONFIG_GENERATION) == generation;
	}
	if (!whole || sectors == 0 || sectors > UINT64_MAX / BLOCK_SECTOR_BYTES)
		return "it has no capacity";
	d->limits = (struct request_limits){ .device_bytes = sectors * BLOCK_SECTOR_BYTES,
					     .pages_max = BLOCK_PAGES_MAX,
					     .read_only = (features & FEATURE_RO) != 0 };
	d->can_flush = (features & FEATURE_FLUSH) != 0;
	if (features & FEATURE_SEG_MAX && read32(d->config, BLOCK_SEG_MAX) < BLOCK_PAGES_MAX)
		d->limits.pages_max = read32(d->config, BLOCK_SEG_MAX);
	return d->limits.pages_max == 0 ? "it takes no data (SEG_MAX is 0)" : NULL;
}

/* The largest power of two that both sides can do; 0 if that is too small. */
static uint16_t queue_size(struct device *d)
{
	uint16_t most = read16(d->common, QUEUE_SIZE), size = VIRTQUEUE_SIZE_MAX;

	while (size > most)
		size /= 2;
	return size < VIRTQUEUE_SIZE_MIN ? 0 : size;
}

static const char *start_queue(struct device *d)
{
	uint64_t bell;
	uint16_t size;

	write16(d->common, QUEUE_SELECT, 0);
	size = queue_size(d);
	if (read16(d->common, NUM_QUEUES) == 0 || size == 0)
		return "its queue is too small";
	write16(d->common, CONFIG_MSIX_VECTOR, MSIX_NONE);
	write16(d->common, QUEUE_MSIX_VECTOR, MSIX_ENTRY);
	if (read16(d->common, QUEUE_MSIX_VECTOR) != MSIX_ENTRY)
		return "it has no message interrupt (MSI-X)";
	bell = (uint64_t)read16(d->common, QUEUE_NOTIFY_OFF) * d->notify_multiplier;
	if (bell % 2 != 0 || bell + 2 > d->notify_bytes)
		return "its notification area is too small";
	d->bell = d->notify + bell;
	virtqueue_init(&d->queue, d->memory, d->bus, size);
	write16(d->common, QUEUE_SIZE, size);
	write64(d->common, QUEUE_DESC, virtqueue_descriptors(&d->queue));
	write64(d->common, QUEUE_DRIVER, virtqueue_available(&d->queue));
	write64(d->common, QUEUE_DEVICE, virtqueue_used(&d->queue));
	write16(d->common, QUEUE_ENABLE, 1);
	return NULL;
}

const char *device_start(struct device *d)
{
	uint64_t features;
	const char *problem = reset(d);

	if (problem != NULL)
		return problem;
	add_status(d, STATUS_ACKNOWLEDGE);
	add_status(d, STATUS_DRIVER);
	problem = agree_on_features(d, &features);
	if (problem == NULL)
		problem = read_limits(d, features);
	if (problem == NULL)
		problem = start_queue(d);
	if (problem == NULL)
		add_status(d, STATUS_DRIVER_OK);
	return problem;
}

void device_notify(const struct device *d) { write16(d->bell, 0, 0); }
