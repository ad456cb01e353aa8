/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block driver: libsys/contracts/block.h on a virtio disk. One thread, many
 * requests: a call's pages land in the window of a free slot, the device reads or
 * writes them there, and the answer goes out when it is done. Nothing is copied.
 *
 * A receive always has a free slot's window to offer; when all are in flight, the
 * queue is watched until one ends. A device that breaks the rules is reset: what
 * was in flight ends with IO_ERROR, and the driver goes on.
 */
#include "libsys/ipc.h"
#include "libsys/start.h"
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
static handle_t port, irq;

/* The latest answer is kept, to go out together with the next receive. */
static struct message kept;
static bool has_kept;

static _Noreturn void give_up(const char *problem)
{
	log_write("%s", problem);
	exit(1);
}

static void *window_of(unsigned slot) { return (char *)windows + (uint64_t)slot * BLOCK_PAGES_MAX * ABI_PAGE_BYTES; }

static void answer(uint64_t token, enum status st)
{
	if (has_kept)
		(void)ipc_reply(kept.token, &kept, NULL); /* a caller that is gone needs no answer */
	kept = (struct message){ .tag = tag_make((uint16_t)st), .token = token };
	has_kept = true;
}

static void answer_info(uint64_t token)
{
	answer(token, ST_OK);
	kept.words[0] = device.limits.device_bytes;
	kept.words[1] = device.limits.pages_max;
	kept.words[2] = device.limits.read_only;
}

/* ---- requests end ---- */

static void finish(unsigned slot, enum status st)
{
	struct slot *s = &slots[slot];

	if (s->pages != 0 && dma_unmap(device.handle, window_of(slot), s->pages) != ST_OK)
		give_up("a window cannot be taken from the device");
	s->pages = 0;
	answer(s->token, st);
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

/* Between the drain and the acknowledgement another may have ended: its interrupt is pending then, and comes.
 */
static void interrupt(void)
{
	drain();
	(void)irq_ack(irq);
}

/* ---- requests begin ---- */

static void put(unsigned slot, uint64_t token, enum virtqueue_type type, uint64_t sector,
		const struct virtqueue_data *data)
{
	slots[slot].token = token;
	virtqueue_put(&device.queue, slot, type, sector, data);
	device_notify(&device);
}

static void begin_transfer(unsigned slot, const struct message *m)
{
	uint64_t bus[BLOCK_PAGES_MAX], pages = tag_pages(m->tag);
	struct virtqueue_data data = { .bus = bus, .within = m->words[2], .bytes = m->words[1] };
	enum virtqueue_type type = tag_op(m->tag) == BLOCK_READ ? VIRTQUEUE_READ : VIRTQUEUE_WRITE;
	enum status st = request_check(&device.limits, m->tag, m->words);

	if (st == ST_OK && dma_map(device.handle, window_of(slot), pages, bus) != ST_OK)
		st = ST_IO_ERROR;
	if (st != ST_OK) {
		answer(m->token, st);
		return;
	}
	slots[slot].pages = pages;
	put(slot, m->token, type, m->words[0] / BLOCK_SECTOR_BYTES, &data);
}

static void begin(unsigned slot, const struct message *m)
{
	switch (tag_op(m->tag)) {
	case BLOCK_INFO:
		answer_info(m->token);
		break;
	case BLOCK_READ:
	case BLOCK_WRITE:
		begin_transfer(slot, m);
		break;
	case BLOCK_FLUSH:
		if (device.can_flush)
			put(slot, m->token, VIRTQUEUE_FLUSH, 0, NULL);
		else
			answer(m->token, ST_OK); /* such a device holds nothing back */
		break;
	default:
		answer(m->token, ST_BAD_ARG);
	}
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

static enum status receive(unsigned slot, struct message *m)
{
	struct ipc_buffers buffers = { .landing = (uaddr_t)(uintptr_t)window_of(slot),
				       .landing_pages = BLOCK_PAGES_MAX };

	if (!has_kept)
		return ipc_recv(port, m, &buffers, DEADLINE_NEVER);
	has_kept = false;
	*m = kept;
	return ipc_reply_recv(port, kept.token, m, &buffers, DEADLINE_NEVER);
}

static void start(void)
{
	handle_t handle = start_device("disk");
	const char *problem;

	port = start_port();
	irq = start_irq("disk");
	if (handle == 0 || irq == 0 || port == 0)
		give_up("there is no device \"disk\", no interrupt of it, or no port");
	problem = device_find(&device, handle);
	if (problem == NULL)
		problem = device_start(&device);
	if (problem != NULL)
		give_up(problem);
	if (mem_map(MEM_LANDING, VIRTQUEUE_SLOTS_MAX * BLOCK_PAGES_MAX, &windows) != ST_OK)
		give_up("there is no room for landing windows");
	if (irq_ack(irq) != ST_OK) /* interrupts come from now on */
		give_up("its interrupt cannot be had");
	log_write("%lu MiB%s, %u requests at a time", (unsigned long)(device.limits.device_bytes >> 20),
		  device.limits.read_only ? ", read-only" : "", device.queue.slots);
}

int main(void)
{
	start();
	for (;;) {
		unsigned slot = wait_for_slot();
		struct message m;
		enum status st = receive(slot, &m);

		if (st != ST_OK)
			give_up(status_text(st));
		if (tag_kind(m.tag) == MESSAGE_KIND_IRQ)
			interrupt();
		else if (tag_kind(m.tag) == MESSAGE_KIND_CALL)
			begin(slot, &m);
	}
}
