/* SPDX-License-Identifier: BSD-2-Clause */
/* See spawn.h. */
#include "kernel/call/spawn.h"
#include "hal/cpu.h"
#include "kernel/abi/layout.h"
#include "kernel/base/arith.h"
#include "kernel/base/mem.h"
#include "kernel/call/ending.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/port.h"
#include "kernel/paging/pager.h"
#include "kernel/task/image.h"
#include "kernel/task/sched.h"

enum { TABLES_AND_OBJECTS = 16 }; /* frames: page tables of a small process, handle table, pools */

uint64_t spawn_frames(const struct image_header *image, uint64_t start_bytes)
{
	bool pinned = image->manifest.flags != 0;

	return image_pages(image) + (pinned ? image->manifest.stack_pages : 0) + pages_of_bytes(start_bytes) +
	       TABLES_AND_OBJECTS;
}

static void copy_start(const struct claim *start, uint64_t offset, void *to, uint64_t bytes)
{
	if (start->as != NULL)
		claim_read(start, offset, to, bytes);
	else
		memcpy(to, (const char *)(uintptr_t)start->base + offset, bytes);
}

static enum status load_start(struct process *p, const struct claim *start)
{
	enum status st;

	if (start->bytes == 0)
		return ST_OK;
	st = aspace_add_region(&p->aspace, REGION_START, LAYOUT_START_BASE, pages_of_bytes(start->bytes), MMU_READ);
	for (uint64_t done = 0; st == ST_OK && done < start->bytes; done += PAGE_BYTES) {
		uint64_t n = min_u64(PAGE_BYTES, start->bytes - done);
		void *page;

		hal_cpu_safe_point();
		st = aspace_fill(&p->aspace, LAYOUT_START_BASE + done, n, &page);
		if (st == ST_OK)
			copy_start(start, done, page, n);
	}
	return st;
}

static enum status add_stack(struct process *p)
{
	uint64_t pages = p->image->manifest.stack_pages;

	return aspace_add_region(&p->aspace, REGION_STACK, LAYOUT_STACK_TOP - pages * PAGE_BYTES, pages,
				 MMU_READ | MMU_WRITE);
}

static enum status add_thread(struct process *p)
{
	struct thread *t = thread_create(p, p->image->entry, LAYOUT_STACK_TOP, LAYOUT_START_BASE, 0);

	if (t == NULL)
		return ST_NO_MEMORY;
	alarm_init(&t->deadline, port_deadline);
	return ST_OK;
}

static bool is_second_pager(const struct image_header *image)
{
	if (!(image->manifest.flags & MANIFEST_PAGER))
		return false;
	list_for_each_entry(p, process_all(), const struct process, link)
		if (p->flags & MANIFEST_PAGER)
			return true;
	return false;
}

enum status spawn(struct process *parent, const struct image_header *image, const char *name, uint32_t rank,
		  uint32_t priority_cap, const struct claim *start, struct process **out)
{
	unsigned priority = (unsigned)min_u64(image->manifest.priority, priority_cap);
	struct process *p;
	enum status st;

	if (is_second_pager(image))
		return ST_EXISTS;
	st = process_create(parent, image, name, rank, priority, &p);
	if (st != ST_OK)
		return st;
	st = image_load(image, &p->aspace);
	if (st == ST_OK)
		st = add_stack(p);
	if (st == ST_OK)
		st = load_start(p, start);
	if (st == ST_OK)
		st = add_thread(p);
	if (st != ST_OK) {
		ending_abort(p);
		return st;
	}
	*out = p;
	return ST_OK;
}

/*
 * I-PIN: whom the pager may call, and whom these may, never wait for a page. They were made before it: one walk back.
 * The checker proved it; an image that it did not see is not run.
 */
static void check_pinned(struct process *pager)
{
	pager->needed = true;
	for (struct list *at = &pager->link; at != process_all(); at = at->prev) {
		struct process *p = container_of(at, struct process, link);

		if (p->needed && !p->aspace.pinned)
			refuse_boot("%s is not pinned, but the pager needs it", p->name);
		for (unsigned i = 1; p->needed && p->state != PROCESS_GONE && i < p->handles.top; i++) {
			const struct handle_entry *e = &p->handles.entries[i];
			const struct channel *c = e->type == HANDLE_CHANNEL ? e->object : NULL;

			if (c != NULL && c->port->server != NULL)
				c->port->server->needed = true;
		}
	}
}

void spawn_start(struct process *p)
{
	if (p->flags & MANIFEST_PAGER)
		check_pinned(p);
	sched_ready(container_of(p->threads.next, struct thread, of_process));
	if ((p->flags & MANIFEST_PAGER) && p->signal_port != NULL && pager_attach(p->signal_port) != ST_OK)
		log_line("paging: off, no memory for the kernel's requests");
}
