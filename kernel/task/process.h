/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process: an address space, handles, threads, and what its manifest allows.
 * This module owns the record and its making; how a process ends involves every
 * layer and is in kernel/call/ending.c.
 */
#pragma once
#include "kernel/abi/fault.h"
#include "kernel/abi/process.h"
#include "kernel/abi/syscall.h"
#include "kernel/mm/aspace.h"
#include "kernel/object/handle.h"
#include "kernel/object/quota.h"
#include "kernel/task/signal.h"
#include "kernel/task/thread.h"

struct port;

struct process {
	struct list link; /* of all processes */
	uint32_t index;   /* in the pool; also its number for people, and the aspace's id */
	char name[IMAGE_NAME_BYTES];
	const struct image_header *image; /* in the system image, for ever */
	uint32_t program;                 /* the image's number there: what messages call it */
	struct aspace aspace;
	struct handle_table handles;
	struct quota quota;
	struct process *parent; /* who holds the handle and paid for the record; NULL: nobody any more */

	/* What its manifest says; the limits of memory are in the aspace and the quota. */
	uint64_t allowed_calls;
	uint64_t stub_return, stub_bytes; /* SYSCALL comes back to one of so many addresses from this one on */
	uint64_t call_stub_bytes, reply_recv_stub_bytes; /* the same for these calls: 0 if they are not allowed */
	uint32_t rank;
	unsigned base_priority;
	uint64_t flags; /* enum manifest_flag */

	struct list threads;
	uint32_t thread_count, threads_made;
	unsigned boost;           /* the most urgent call that it holds or that waits at its ports */
	bool needed;              /* by the pager, perhaps through others (I-PIN) */
	bool has_served;          /* a port: else it holds no calls */
	struct port *signal_port; /* where its notifications and interrupts arrive; NULL until it has a port */
	struct signal watch;      /* tells the parent */
	struct list ports;        /* that it serves */
	struct list forfeits;     /* loans whose lender gave them up */
	struct list devices;      /* that it has claimed */

	enum process_state state;
	struct list condemned; /* it is to end, or to be looked at again, when the kernel is about to leave */
	enum fault fault;
	uint32_t exit_code, fault_call;
	uint64_t fault_address, fault_pc;
};

void process_module_init(void);
struct list *process_all(void);

/* An empty process of an image: no regions, no threads, no handles. Charged to the parent's quota. */
enum status process_create(struct process *parent, const struct image_header *image, const char *name, uint32_t rank,
			   unsigned priority, struct process **out);
/* Frees the record. Pre: GONE, or never started; no parent. */
void process_destroy(struct process *p);
uint32_t process_bytes(void); /* what a record costs the parent */

/* Its handle table's memory, once all handles are closed. */
void process_free_handles(struct process *p);

/* NULL: nobody pays. */
static inline struct quota *process_quota(struct process *p) { return p != NULL ? &p->quota : NULL; }
/* The priority that its threads run at. */
static inline unsigned process_priority(const struct process *p)
{
	return p->boost > p->base_priority ? p->boost : p->base_priority;
}
/* Was this call made by the stubs (I-CODE), and does the manifest allow it (I-API)? pc: behind the SYSCALL. */
static inline bool process_may_call(const struct process *p, uint64_t pc, enum sysno nr)
{
	return pc - p->stub_return < p->stub_bytes && (p->allowed_calls >> nr & 1);
}
/* Sets the boost and moves its threads to their new queues. */
void process_set_boost(struct process *p, unsigned boost);

/*
 * The process is to end for this reason. Only noted here: kernel_leave ends it
 * before any of its threads runs again. The first reason stays.
 */
void process_condemn(struct process *p, enum fault fault, uint64_t address);
/* An ENDING process may have got rid of what kept it: look again, at the same moment. */
void process_look_again(struct process *p);
struct process *process_next_condemned(void); /* taken off the list; NULL: none */
static inline bool process_is_condemned(const struct process *p) { return list_is_linked(&p->condemned); }

void process_fill_status(const struct process *p, struct process_status *s);
const char *fault_text(enum fault fault);
