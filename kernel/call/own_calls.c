/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls about the caller itself: ports, channels, handles, memory, threads, clock, log. */
#include "hal/timer.h"
#include "kernel/abi/layout.h"
#include "kernel/base/arith.h"
#include "kernel/call/args.h"
#include "kernel/call/decode.h"
#include "kernel/call/ending.h"
#include "kernel/core/log.h"
#include "kernel/device/device.h"
#include "kernel/ipc/channel.h"
#include "kernel/task/sched.h"
#include "machine/count.h"

enum status call_port_create(struct thread *t, const struct port_create_args *a, struct port_create_results *r)
{
	struct process *self = t->process;
	struct port *port;
	uint32_t rank;
	enum status st = decode_rank(self, a->rank == PORT_RANK_OWN ? self->rank : a->rank, &rank);

	if (st == ST_OK)
		st = port_create(self, rank, &port);
	if (st != ST_OK)
		return st;
	st = handle_install(&self->handles, HANDLE_PORT, port, RIGHT_RECEIVE | RIGHT_MAKE | RIGHT_MOVE, &r->port);
	if (st != ST_OK)
		port_drop_handle(port);
	else if (rank == self->rank) /* for itself; one of another rank is for a child */
		port_bind(port, self);
	return st;
}

enum status call_channel_create(struct thread *t, const struct channel_create_args *a, struct channel_create_results *r)
{
	struct process *self = t->process;
	struct channel *channel;
	void *port;
	unsigned rights = RIGHT_MOVE;
	enum status st = decode_handle(t, a->port, HANDLE_PORT, RIGHT_MAKE, &port);

	if (st != ST_OK)
		return st;
	if (handle_free_count(&self->handles) == 0)
		return ST_NO_HANDLE;
	st = channel_create(port, self, a->badge, a->contract, &channel);
	if (st != ST_OK)
		return st;
	if (self->rank > channel->port->rank || port_is_own(channel->port, self))
		rights |= RIGHT_CALL;
	st = handle_install(&self->handles, HANDLE_CHANNEL, channel, rights, &r->channel);
	channel->to_client.badge = r->channel;
	r->channel_id = channel->id;
	return st;
}

enum status call_handle_close(struct thread *t, const struct handle_close_args *a, struct handle_close_results *)
{
	return ending_close_handle(t->process, a->handle);
}

_Static_assert(REGION_LANDING - REGION_HEAP == MEM_LANDING, "the kinds that mem_map makes, in its order");

enum status call_mem_map(struct thread *t, const struct mem_map_args *a, struct mem_map_results *r)
{
	struct aspace *as = &t->process->aspace;
	enum status st = ST_OK;

	if (a->kind > MEM_LANDING || (a->kind == MEM_LANDING && a->pages > MESSAGE_PAGES_MAX))
		return ST_BAD_ARG; /* a window beyond any message would only be long to search */
	if (as->pinned && a->kind != MEM_LANDING && as->committed + a->pages <= as->frames_max) /* else it is refused */
		st = decode_frames(t, a->pages, true); /* it gets its frames now */
	return st != ST_OK ? st
			   : aspace_place_region(as, (enum region_kind)(REGION_HEAP + a->kind), a->pages, &r->address);
}

enum status call_mem_unmap(struct thread *t, const struct mem_unmap_args *a, struct mem_unmap_results *)
{
	return aspace_remove(&t->process->aspace, a->address, a->pages);
}

enum status call_thread_create(struct thread *t, const struct thread_create_args *a, struct thread_create_results *r)
{
	struct thread *made;

	if (a->entry >= LAYOUT_USER_END || a->stack_top >= LAYOUT_USER_END || a->tls >= LAYOUT_USER_END)
		return ST_BAD_ARG;
	made = thread_create(t->process, a->entry, a->stack_top, a->argument, a->tls);
	if (made == NULL)
		return ST_NO_MEMORY;
	alarm_init(&made->deadline, port_deadline);
	r->thread = made->number;
	sched_ready(made);
	return ST_OK;
}

enum status call_thread_exit(struct thread *t, const struct thread_exit_args *, struct thread_exit_results *)
{
	if (t->process->thread_count == 1)
		process_condemn(t->process, FAULT_NONE, 0);
	else
		port_abandon(t);
	return ST_ENDED;
}

enum status call_clock_now(struct thread *, const struct clock_now_args *, struct clock_now_results *r)
{
	r->now_ns = hal_clock_ns();
	return ST_OK;
}

enum status call_log_write(struct thread *t, const struct log_write_args *a, struct log_write_results *)
{
	char text[SYSCALL_LOG_BYTES_MAX];
	struct claim c;
	enum status st;

	if (a->bytes > sizeof text)
		return ST_BAD_ARG;
	st = decode_range(t, a->text, a->bytes, false, &c);
	if (st != ST_OK)
		return st;
	claim_read(&c, 0, text, a->bytes);
	if (count_takes_line(text, a->bytes))
		return ST_EXISTS;
	log_process_line(t->process->name, text, a->bytes);
	return ST_OK;
}
