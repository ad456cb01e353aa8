/* SPDX-License-Identifier: BSD-2-Clause */
/* See process.h. Owns the pool and the list of processes, and the list of those condemned. */
#include "kernel/task/process.h"
#include "hal/mmu.h"
#include "kernel/abi/syscall.h"
#include "kernel/base/arith.h"
#include "kernel/base/fmt.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/mm/pool.h"
#include "kernel/mm/slot.h"
#include "kernel/task/image.h"
#include "kernel/task/sched.h"
#include "trace/points.h"

static struct pool processes;
static struct list all, condemned;

void process_module_init(void)
{
	pool_init(&processes, "process", sizeof(struct process));
	list_init(&all);
	list_init(&condemned);
}

uint32_t process_bytes(void) { return processes.object_bytes; }
struct list *process_all(void) { return &all; }

static void init_lists(struct process *p)
{
	list_init(&p->threads);
	list_init(&p->ports);
	list_init(&p->forfeits);
	list_init(&p->devices);
	list_init(&p->condemned);
	signal_init(&p->watch, MESSAGE_KIND_CHILD, NULL);
}

static void apply_manifest(struct process *p, const struct image_header *image)
{
	const struct manifest *m = &image->manifest;
	bool pinned = (m->flags & (MANIFEST_PINNED | MANIFEST_PAGER | MANIFEST_SUPERVISOR)) != 0;

	p->image = image;
	p->program = image_number(image);
	p->flags = m->flags;
	p->stub_return = image->stub_base + 1;
	p->stub_bytes = image->stub_bytes;
	p->allowed_calls = m->allowed_calls;
	p->call_stub_bytes = m->allowed_calls >> SYS_ipc_call & 1 ? p->stub_bytes : 0;
	p->reply_recv_stub_bytes = m->allowed_calls >> SYS_ipc_reply_recv & 1 ? p->stub_bytes : 0;
	p->quota.max_bytes = (uint32_t)min_u64((uint64_t)m->kernel_kib_max << 10, UINT32_MAX);
	p->aspace.pinned = pinned;
	p->aspace.kept = pinned ? (uint32_t)frame_kept() : 0;
	p->aspace.frames_max = m->frames_max;
	p->aspace.frames_min = m->frames_min;
	p->aspace.swap_max = pinned ? 0 : m->swap_max;
	p->aspace.busy_max = m->busy_max;
}

enum status process_create(struct process *parent, const struct image_header *image, const char *name, uint32_t rank,
			   unsigned priority, struct process **out)
{
	uint32_t index;
	struct process *p = quota_alloc(process_quota(parent), &processes, &index);
	paddr_t table;

	if (p == NULL)
		return ST_NO_MEMORY;
	table = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);
	if (paddr_is_none(table) || aspace_init(&p->aspace, index) != ST_OK) {
		if (!paddr_is_none(table))
			frame_free_zero(table);
		quota_free(process_quota(parent), &processes, p, index);
		return ST_NO_MEMORY;
	}
	p->index = index;
	p->parent = parent;
	p->rank = rank;
	p->base_priority = priority;
	fmt_name_copy(p->name, name, sizeof p->name);
	handle_table_init(&p->handles, hal_frame_ptr(table));
	init_lists(p);
	apply_manifest(p, image);
	list_push_back(&all, &p->link);
	*out = p;
	return ST_OK;
}

void process_destroy(struct process *p)
{
	kassert(list_is_empty(&p->threads) && list_is_empty(&p->ports) && list_is_empty(&p->devices) &&
			!process_is_condemned(p) && !list_is_linked(&p->watch.link),
		"nothing refers to a process that is destroyed");
	if (!paddr_is_none(p->aspace.root))
		aspace_destroy(&p->aspace);
	process_free_handles(p);
	list_remove(&p->link);
	quota_free(process_quota(p->parent), &processes, p, p->index);
}

void process_free_handles(struct process *p)
{
	if (p->handles.entries == NULL)
		return;
	frame_free_zero(hal_frame_of(handle_table_end(&p->handles)));
}

void process_set_boost(struct process *p, unsigned boost)
{
	p->boost = boost;
	list_for_each_entry(t, &p->threads, struct thread, of_process) {
		hal_cpu_safe_point();
		sched_set_priority(t, process_priority(p));
	}
}

/* For kernel_leave. */
static void put_down(struct process *p)
{
	list_push_back(&condemned, &p->condemned);
	cpu_put_off(CPU_CONDEMNED);
}

void process_condemn(struct process *p, enum fault fault, uint64_t address)
{
	if (p->state != PROCESS_RUNNING || process_is_condemned(p))
		return;
	p->fault = fault;
	p->fault_address = address;
	trace_condemn(p, fault, address);
	put_down(p);
}

void process_look_again(struct process *p)
{
	if (p->state == PROCESS_ENDING && !process_is_condemned(p))
		put_down(p);
}

struct process *process_next_condemned(void)
{
	struct list *node = list_next(&condemned);

	if (node == &condemned) {
		cpu_caught_up(CPU_CONDEMNED);
		return NULL;
	}
	list_remove(node);
	return container_of(node, struct process, condemned);
}

/* What the threads are doing, the most telling first. */
static enum process_activity activity_of(const struct process *p)
{
	bool calling = false, paging = false;

	list_for_each_entry(t, &p->threads, const struct thread, of_process) {
		hal_cpu_safe_point();
		switch (t->state) {
		case THREAD_READY:
		case THREAD_RUNNING:
			return ACTIVITY_RUNNING;
		case THREAD_PAGING:
		case THREAD_STARVED:
			paging = true;
			break;
		case THREAD_QUEUED:
		case THREAD_SERVED:
			calling = true;
			break;
		default:
			break;
		}
	}
	return paging ? ACTIVITY_PAGING : calling ? ACTIVITY_CALLING : ACTIVITY_WAITING;
}

void process_fill_status(const struct process *p, struct process_status *s)
{
	const struct aspace *as = &p->aspace;

	*s = (struct process_status){
		.state = p->state,
		.activity = activity_of(p),
		.fault = p->fault,
		.exit_code = p->exit_code,
		.fault_call = p->fault_call,
		.priority = p->base_priority,
		.fault_address = p->fault_address,
		.fault_pc = p->fault_pc,
		.resident_pages = as->resident,
		.swapped_pages = as->swapped,
		.pinned_pages = as->pinned ? as->resident : as->busy,
		.table_pages = as->tables,
		.kernel_bytes = p->quota.used_bytes,
		.pages_in = as->pages_in,
		.pages_out = as->pages_out,
		.threads = p->thread_count,
		.stored_pages = as->stored,
		.minor_faults = as->faults_zero,
		.major_faults = as->faults,
		.pages_ahead = as->pages_ahead,
		.ram_pages = frame_total(),
		.free_pages = frame_free_count(),
		.swap_pages = slot_total(),
		.swap_used_pages = slot_used(),
		.low_mark_pages = frame_low_mark(),
		.high_mark_pages = frame_counts.high_mark,
		.all_in = paging_counts.in,
		.all_out = paging_counts.out,
		.all_dropped = paging_counts.dropped,
		.all_ahead = paging_counts.ahead,
		.all_ahead_used = paging_counts.ahead_used,
		.all_unopened = paging_counts.unopened,
	};
}

const char *fault_text(enum fault fault)
{
	static const char *const texts[FAULT_COUNT] = {
#define F(name, value, text) [FAULT_##name] = (text),
		FAULT_LIST(F)
#undef F
	};

	return fault < FAULT_COUNT ? texts[fault] : "unknown";
}
