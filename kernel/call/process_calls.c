/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_create, process_stop, process_status, process_exit: the only calls
 * that touch another process (I-API). A child is made whole: image, exactly the
 * handles and devices that its manifest names, start information; nothing can be added to it later.
 */
#include "kernel/call/args.h"
#include "kernel/call/decode.h"
#include "kernel/call/ending.h"
#include "kernel/core/panic.h"
#include "kernel/call/spawn.h"
#include "kernel/device/device.h"
#include "kernel/ipc/channel.h"
#include "kernel/task/image.h"

/* May this port be received at by a child of this rank? */
static enum status check_port(const struct handle_entry *e, uint32_t rank)
{
	const struct port *port = e->object;

	if (e->type != HANDLE_PORT)
		return ST_BAD_ARG;
	if (!(e->rights & RIGHT_RECEIVE))
		return ST_NO_RIGHT;
	if (port->server != NULL)
		return ST_EXISTS;
	return rank <= port->rank ? ST_OK : ST_BAD_RANK;
}

/* May this channel be the one that the manifest calls by this contract? */
static enum status check_use(const struct handle_entry *e, uint64_t contract, uint32_t rank)
{
	const struct channel *c = e->object;

	if (e->type != HANDLE_CHANNEL)
		return ST_BAD_ARG;
	return c->contract == contract ? channel_may_move(c, rank) : ST_BAD_CONTRACT;
}

/* May this handle go to place i of a child's? First its port, if it has one, then its uses. */
static enum status check_handle(struct thread *t, const struct process_params *p, unsigned i, const struct manifest *m)
{
	unsigned use = i - (m->serve_count != 0);
	struct handle_entry *e;
	enum status st;

	if (p->handles[i] == 0 && use < m->use_count)
		return m->optional_uses >> use & 1 ? ST_OK : ST_BAD_ARG;
	st = handle_get(&t->process->handles, p->handles[i], HANDLE_NONE, RIGHT_MOVE, &e);
	if (st != ST_OK)
		return st;
	return use < m->use_count ? check_use(e, m->uses[use], p->rank) : check_port(e, p->rank);
}

/* A child gets exactly what its manifest names. */
static enum status check_handles(struct thread *t, const struct process_params *p, const struct manifest *m)
{
	if (p->handle_count != (m->serve_count != 0) + m->use_count || p->claim_count != m->device_count)
		return ST_BAD_ARG;
	for (unsigned i = 0; i < p->handle_count; i++) {
		enum status st = check_handle(t, p, i, m);

		for (unsigned k = 0; k < i && st == ST_OK; k++)
			if (p->handles[k] == p->handles[i] && p->handles[i] != 0)
				st = ST_BAD_HANDLE;
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* What only the supervisor may ask for. */
static enum status check_rights(const struct process *self, const struct process_params *p,
				const struct image_header *image)
{
	if (self->flags & MANIFEST_SUPERVISOR)
		return image->manifest.flags & MANIFEST_SUPERVISOR ? ST_NO_RIGHT : ST_OK;
	return p->claim_count != 0 || image->manifest.flags != 0 ? ST_NO_RIGHT : ST_OK;
}

/* A channel moves; a port's receiving half goes to the child, its maker keeps the other. A place may stay empty. */
static void hand_over(struct thread *t, handle_t handle, struct process *child, unsigned place)
{
	struct handle_table *there = &child->handles;
	struct handle_entry *e;
	enum status st;

	if (handle == 0) {
		handle_skip(there, place);
		return;
	}
	st = handle_get(&t->process->handles, handle, HANDLE_NONE, RIGHT_MOVE, &e);
	kassert(st == ST_OK, "a checked handle is still there");
	if (e->type == HANDLE_PORT) {
		(void)handle_put(there, place, HANDLE_PORT, e->object, RIGHT_RECEIVE | RIGHT_MAKE);
		port_add_handle(e->object);
		port_bind(e->object, child);
	} else {
		struct channel *c = e->object;

		handle_remove(&t->process->handles, handle);
		channel_move(c, child, handle_put(there, place, HANDLE_CHANNEL, c, RIGHT_CALL | RIGHT_MOVE));
	}
}

/* What the child's first handles will cost it. */
static bool quota_suffices(const struct process_params *p, const struct process *child)
{
	return p->handle_count * channel_bytes() <= child->quota.max_bytes - child->quota.used_bytes;
}

static enum status claim_devices(const struct process_params *p, struct process *child)
{
	enum status st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < p->claim_count; i++)
		st = device_claim(child, &p->claims[i]);
	return st;
}

/* Each device's two handles, behind those that were moved. */
static void install_devices(struct process *child, unsigned place)
{
	list_for_each_entry(d, &child->devices, struct device, link) {
		(void)handle_put(&child->handles, place++, HANDLE_DEVICE, d, RIGHT_USE);
		d->irq.badge = handle_put(&child->handles, place++, HANDLE_IRQ, d, RIGHT_USE);
	}
}

/* OK: the parameters are sound, as far as can be told before making anything. */
static enum status decode_params(struct thread *t, uaddr_t at, struct process_params *p, struct claim *start,
				 const struct image_header **image)
{
	struct claim c;
	enum status st = decode_range(t, at, sizeof *p, false, &c);

	if (st != ST_OK)
		return st;
	claim_read(&c, 0, p, sizeof *p);
	if (p->handle_count > PROCESS_HANDLES_MAX || p->claim_count > PROCESS_CLAIMS_MAX ||
	    p->start_bytes > PROCESS_START_BYTES_MAX)
		return ST_BAD_ARG;
	p->name[sizeof p->name - 1] = 0;
	*image = image_find(p->image);
	if (*image == NULL)
		return ST_NOT_FOUND;
	st = check_rights(t->process, p, *image);
	if (st == ST_OK)
		st = decode_rank(t->process, p->rank, &p->rank);
	if (st == ST_OK)
		st = check_handles(t, p, &(*image)->manifest);
	if (st == ST_OK)
		st = decode_frames(t, spawn_frames(*image, p->start_bytes), (*image)->manifest.flags != 0);
	return st == ST_OK ? decode_range(t, p->start, p->start_bytes, false, start) : st;
}

enum status call_process_create(struct thread *t, const struct process_create_args *a, struct process_create_results *r)
{
	const struct image_header *image;
	struct process_params p;
	struct process *child;
	void *watch = NULL; /* the port that hears of the child's end, if one was named */
	struct claim start;
	enum status st = decode_params(t, a->params, &p, &start, &image);

	if (st == ST_OK && p.watch_port != 0)
		st = decode_handle(t, p.watch_port, HANDLE_PORT, RIGHT_RECEIVE, &watch);
	if (st == ST_OK && handle_free_count(&t->process->handles) == 0)
		st = ST_NO_HANDLE;
	if (st != ST_OK)
		return st;
	st = spawn(t->process, image, p.name, p.rank, p.priority_cap, &start, &child);
	if (st != ST_OK)
		return st;
	st = claim_devices(&p, child);
	if (st == ST_OK && !quota_suffices(&p, child))
		st = ST_NO_MEMORY;
	if (st != ST_OK) {
		ending_abort(child);
		return st;
	}
	/* Commit. */
	for (unsigned i = 0; i < p.handle_count; i++)
		hand_over(t, p.handles[i], child, 1 + i);
	install_devices(child, 1 + p.handle_count);
	if (watch != NULL)
		port_reference(watch);
	child->watch.port = watch;
	child->watch.badge = p.watch_badge;
	st = handle_install(&t->process->handles, HANDLE_PROCESS, child, RIGHT_STOP, &r->process);
	spawn_start(child);
	return st;
}

enum status call_process_stop(struct thread *t, const struct process_stop_args *a, struct process_stop_results *)
{
	void *child;
	enum status st = decode_handle(t, a->process, HANDLE_PROCESS, RIGHT_STOP, &child);

	if (st == ST_OK)
		process_condemn(child, FAULT_STOPPED, 0);
	return st;
}

enum status call_process_status(struct thread *t, const struct process_status_args *a, struct process_status_results *)
{
	struct process_status s;
	struct claim c;
	void *child = t->process;
	enum status st = ST_OK;

	if (a->process != 0)
		st = decode_handle(t, a->process, HANDLE_PROCESS, RIGHT_STOP, &child);
	if (st == ST_OK)
		st = decode_range(t, a->status, sizeof s, true, &c);
	if (st != ST_OK)
		return st;
	process_fill_status(child, &s);
	claim_write(&c, 0, &s, sizeof s);
	return ST_OK;
}

enum status call_process_exit(struct thread *t, const struct process_exit_args *a, struct process_exit_results *)
{
	if (a->code > SYSCALL_EXIT_CODE_MAX)
		return ST_BAD_ARG;
	t->process->exit_code = (uint32_t)a->code;
	process_condemn(t->process, FAULT_NONE, 0);
	return ST_ENDED;
}
