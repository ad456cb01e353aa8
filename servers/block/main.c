/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block driver: libsys/contracts/block.contract on a virtio disk. One thread, many
 * requests: a call's pages land in the window of a free slot, the device reads or
 * writes them there, and the answer goes out when it is done. Nothing is copied.
 *
 * A receive always has a free slot's window to offer; when all are in flight, the
 * queue is watched until one ends. A device that breaks the rules is reset: what
 * was in flight ends with IO_ERROR, and the driver goes on.
 */
#include "channels.h"
#include "contracts/block_server.h"
#include "servers/block/device.h"
#include <stdlib.h>

#define PATIENCE_NS 10000000000ull /* with a full queue and no sign of life */

/* What is in flight in a slot of the queue. */
struct slot {
	uint64_t token;
	uint64_t pages; /* in the slot's window, under DMA */
};

static struct device device;
static struct slot slots[VIRTQUEUE_SLOTS_MAX];
static void *windows; /* one of BLOCK_PAGES_MAX pages for each slot */
static struct serving requests;
static unsigned at_hand; /* the free slot whose window takes the next request's pages */

static _Noreturn void give_up(const char *problem)
{
	log_write("%s", problem);
	exit(1);
}

static void *window_of(unsigned slot) { return (char *)windows + (uint64_t)slot * BLOCK_PAGES_MAX * ABI_PAGE_BYTES; }

/* ---- requests end ---- */

static void finish(unsigned slot, enum status st)
{
	struct slot *s = &slots[slot];

	if (s->pages != 0 && dma_unmap(device.handle, window_of(slot), s->pages) != ST_OK)
		give_up("a window cannot be taken from the device");
	s->pages = 0;
	serve_owe(&requests, s->token, st);
}

/* Only after the reset does the device let go of the pages that are lent to it. */
static void recover(void)
{
	bool in_flight[VIRTQUEUE_SLOTS_MAX];
	const char *problem;

	log_write("the device answered what cannot be: it is reset");
	for (unsigned i = 0; i < VIRTQUEUE_SLOTS_MAX; i++)
		in_flight[i] = device.queue.slot[i].in_flight;
	problem = device_start(&device);
	if (problem != NULL)
		give_up(problem);
	for (unsigned i = 0; i < VIRTQUEUE_SLOTS_MAX; i++)
		if (in_flight[i])
			finish(i, ST_IO_ERROR);
}

static void drain(void)
{
	enum virtqueue_news news;
	unsigned slot;

	while ((news = virtqueue_take(&device.queue, &slot)) != VIRTQUEUE_NOTHING) {
		if (news == VIRTQUEUE_BROKEN)
			recover();
		else
			finish(slot, news == VIRTQUEUE_DONE ? ST_OK : ST_IO_ERROR);
	}
}

/* Between the drain and the acknowledgement another may have ended: its interrupt is pending then, and comes. */
static void hear(struct serving *serving)
{
	if (tag_kind(serving->in.tag) != MESSAGE_KIND_IRQ)
		return;
	drain();
	(void)irq_ack(irq_disk());
}

/* ---- requests begin ---- */

enum status block_serve_info(struct serving *serving, struct block_info_reply *reply)
{
	(void)serving;
	reply->size_bytes = device.limits.device_bytes;
	reply->data_pages_max = device.limits.pages_max;
	reply->read_only = device.limits.read_only;
	return ST_OK;
}

/* Hands what the slot at hand now holds to the device; finish() answers. */
static enum status begin(enum virtqueue_type type, uint64_t sector, const struct virtqueue_data *data)
{
	virtqueue_put(&device.queue, at_hand, type, sector, data);
	device_notify(&device);
	return ST_LATER;
}

static enum status begin_transfer(const struct request *r)
{
	uint64_t bus[BLOCK_PAGES_MAX];
	struct virtqueue_data data = { .bus = bus, .within = r->within, .bytes = r->bytes };
	enum status st = request_check(&device.limits, r);

	if (st == ST_OK && dma_map(device.handle, window_of(at_hand), r->pages, bus) != ST_OK)
		st = ST_IO_ERROR;
	if (st != ST_OK)
		return st;
	slots[at_hand].pages = r->pages;
	return begin(r->writes ? VIRTQUEUE_WRITE : VIRTQUEUE_READ, r->offset / BLOCK_SECTOR_BYTES, &data);
}

enum status block_serve_read(struct serving *serving, const struct block_read_request *request)
{
	struct request r = { .offset = request->offset,
			     .bytes = request->bytes,
			     .within = request->within,
			     .pages = request->data_pages };

	slots[at_hand] = (struct slot){ .token = serving->in.token };
	return begin_transfer(&r);
}

enum status block_serve_write(struct serving *serving, const struct block_write_request *request)
{
	struct request r = { .offset = request->offset,
			     .bytes = request->bytes,
			     .within = request->within,
			     .writes = true,
			     .pages = request->data_pages };

	slots[at_hand] = (struct slot){ .token = serving->in.token };
	return begin_transfer(&r);
}

enum status block_serve_flush(struct serving *serving)
{
	if (!device.can_flush)
		return ST_OK; /* such a device holds nothing back */
	slots[at_hand] = (struct slot){ .token = serving->in.token };
	return begin(VIRTQUEUE_FLUSH, 0, NULL);
}

/* ---- the loop ---- */

static unsigned wait_for_slot(void)
{
	unsigned slot = virtqueue_free_slot(&device.queue);
	uint64_t deadline = slot == device.queue.slots ? clock_now() + PATIENCE_NS : 0;

	while (slot == device.queue.slots) {
		drain();
		slot = virtqueue_free_slot(&device.queue);
		if (clock_now() > deadline)
			give_up("the device does not answer");
	}
	return slot;
}

static void start(void)
{
	const char *problem = device_find(&device, device_disk());

	if (problem == NULL)
		problem = device_start(&device);
	if (problem != NULL)
		give_up(problem);
	if (mem_map(MEM_LANDING, VIRTQUEUE_SLOTS_MAX * BLOCK_PAGES_MAX, &windows) != ST_OK)
		give_up("there is no room for landing windows");
	if (irq_ack(irq_disk()) != ST_OK) /* interrupts come from now on */
		give_up("its interrupt cannot be had");
	log_write("%lu MiB%s, %u requests at a time", (unsigned long)(device.limits.device_bytes >> 20),
		  device.limits.read_only ? ", read-only" : "", device.queue.slots);
}

int main(void)
{
	start();
	requests = (struct serving){
		.port = port(), .contracts = { &block_server }, .landing_pages = BLOCK_SERVER_PAGES, .hear = hear
	};
	for (;;) {
		enum status st;

		at_hand = wait_for_slot();
		serving_use_landing(&requests, window_of(at_hand));
		st = serve_next(&requests, DEADLINE_NEVER);
		if (st != ST_OK)
			give_up(status_text(st));
		serve_take(&requests);
	}
}
