/* SPDX-License-Identifier: BSD-2-Clause */
/* See ending.h. */
#include "kernel/call/ending.h"
#include "kernel/core/cpu.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/device/device.h"
#include "kernel/ipc/channel.h"

static void tell_parent(struct process *p) { port_notify(&p->watch, 1ull << p->state); }

/* What was asked for is no news: an exit without an error, a stop. */
static void log_end(const struct process *p)
{
	if (p->fault == FAULT_STOPPED || (p->fault == FAULT_NONE && p->exit_code == 0))
		return;
	if (p->fault == FAULT_NONE)
		log_line("process %s exited with code %u", p->name, p->exit_code);
	else
		log_line("process %s ended: %s (address %lx, pc %lx)", p->name, fault_text(p->fault), p->fault_address,
			 p->fault_pc);
}

static void stop_threads(struct process *p)
{
	list_for_each_entry_safe(t, &p->threads, struct thread, of_process) {
		hal_cpu_safe_point();
		port_abandon(t);
	}
}

static void close_port(struct process *p, struct port *port)
{
	if (port->server == p)
		port_unbind(port);
	if (port->payer == p) { /* the record goes on without it */
		quota_refund(&p->quota, port_bytes());
		port->payer = NULL;
	}
	port_drop_handle(port);
}

/* Nobody else could stop it, and nobody pays for its record any more: it ends. */
static void close_child(struct process *child)
{
	if (child->state == PROCESS_RUNNING)
		log_line("process %s is stopped: nobody holds it any more", child->name);
	process_condemn(child, FAULT_STOPPED, 0);
	quota_refund(&child->parent->quota, process_bytes());
	child->parent = NULL;
	list_remove(&child->watch.link);
	if (child->watch.port != NULL)
		port_release(child->watch.port);
	child->watch.port = NULL;
	if (child->state == PROCESS_GONE)
		process_destroy(child);
}

/* A device goes with both its handles. */
static void close_device(struct process *p, struct device *d)
{
	for (unsigned i = 1; i < p->handles.top; i++)
		if (p->handles.entries[i].object == d)
			handle_remove(&p->handles, handle_at(&p->handles, i));
	device_release(d);
}

enum status ending_close_handle(struct process *p, handle_t handle)
{
	struct handle_entry *e;
	enum status st = handle_get(&p->handles, handle, HANDLE_NONE, 0, &e);
	enum handle_type type;
	void *object;

	if (st != ST_OK)
		return st;
	type = (enum handle_type)e->type;
	object = e->object;
	handle_remove(&p->handles, handle);
	switch (type) {
	case HANDLE_CHANNEL:
		channel_close(object);
		break;
	case HANDLE_PORT:
		close_port(p, object);
		break;
	case HANDLE_PROCESS:
		close_child(object);
		break;
	case HANDLE_DEVICE:
	case HANDLE_IRQ:
		close_device(p, object);
		break;
	default:
		break;
	}
	return ST_OK;
}

static void close_all(struct process *p)
{
	for (unsigned i = 1; i < p->handles.top; i++) {
		handle_t h = handle_at(&p->handles, i);

		hal_cpu_safe_point();
		if (h != 0)
			(void)ending_close_handle(p, h);
	}
}

/* Nothing of it is in the machine any more. */
static void leave_cpu(struct process *p)
{
	struct cpu *cpu = this_cpu();

	if (cpu->active == p) {
		hal_mmu_activate_kernel();
		cpu->active = NULL;
	}
}

static void finish(struct process *p)
{
	list_remove(&p->condemned);      /* its last thread's end may have asked for this */
	if (!list_is_empty(&p->threads)) /* a server still holds a call of its */
		return;
	port_server_ended(p);
	if (p->aspace.away != 0) /* a borrower still holds pages that it gave up */
		return;
	leave_cpu(p);
	aspace_destroy(&p->aspace);
	process_free_handles(p);
	p->state = PROCESS_GONE;
	tell_parent(p);
	if (p->parent == NULL)
		process_destroy(p);
}

/* The supervisor is the last to leave: a clean exit is a power-off, any other end stops the machine. */
static void end_supervisor(const struct process *p)
{
	if (panic_wipe != NULL)
		panic_wipe(0);
	if (p->fault == FAULT_NONE && p->exit_code == 0) {
		log_line("power off");
		hal_stop(HAL_STOP_POWEROFF);
	}
	log_line("the supervisor died: the system stops");
	hal_stop(HAL_STOP_SUPERVISOR);
}

static void begin(struct process *p)
{
	log_end(p);
	p->state = PROCESS_ENDING;
	if (p->flags & MANIFEST_SUPERVISOR)
		end_supervisor(p);
	stop_threads(p);
	for (struct port *port; (port = list_first_entry(&p->ports, struct port, of_server)) != NULL;)
		port_unbind(port);
	close_all(p); /* devices have handles too: they are quiet from here on */
	tell_parent(p);
	finish(p);
}

void ending_run(void)
{
	struct process *p;

	while ((p = process_next_condemned()) != NULL) {
		if (p->state == PROCESS_RUNNING)
			begin(p);
		else if (p->state == PROCESS_ENDING)
			finish(p);
	}
}

void ending_abort(struct process *p)
{
	list_for_each_entry_safe(d, &p->devices, struct device, link)
		device_release(d);
	stop_threads(p);
	leave_cpu(p);
	process_destroy(p);
}
