/* SPDX-License-Identifier: BSD-2-Clause */
/* See world_text.h. */
#include "tests/unit/kernel/world_text.h"
#include <inttypes.h>
#include <string.h>

static uint64_t digest(const void *bytes, size_t count)
{
	uint64_t sum = count, word;

	for (size_t i = 0; i < count; i += sizeof word) {
		memcpy(&word, (const char *)bytes + i, sizeof word);
		sum = (sum ^ word) * 0x100000001b3ull;
		sum ^= sum >> 29;
	}
	return sum;
}

void thread_write(FILE *to, const struct thread *t)
{
	if (t == NULL)
		fprintf(to, "nobody");
	else
		fprintf(to, "%u.%u", t->process->index, t->number);
}

static unsigned number_of(const struct process *p) { return p == NULL ? 0 : p->index; }

/* ---- threads ---- */

static void write_words(FILE *to, const uint64_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fprintf(to, " %" PRIx64, values[i]);
}

static void write_registers(FILE *to, const struct context *c)
{
	fprintf(to, " words");
	write_words(to, c->word, 6);
	fprintf(to, " args");
	write_words(to, c->arg, 6);
	fprintf(to, " status %" PRIx64 " pc %" PRIx64 " sp %" PRIx64 " flags %" PRIx64 " tls %" PRIx64 " in call %u",
		c->nr, c->pc, c->sp, c->flags, c->tls, c->by_syscall != 0);
}

/* What it still sends, and where it will receive. */
static void write_waiting(FILE *to, const struct thread *t)
{
	const struct envelope *m = &t->call.message;
	const struct alarm *a = &t->deadline;
	bool again = t->call.state == CALL_HELD && (m->tag & TAG_IDEMPOTENT) && t->call.kept == t->call.token;

	fprintf(to, " parts %u held %u%u%u landing %" PRIx64 "+%" PRIu64 " accept %" PRIx64 " deadline %" PRIu64,
		t->special & (THREAD_HAS_PARTS | THREAD_HAS_LIMIT), m->send.held, m->recv.held, m->pages.held,
		m->landing_pages != 0 ? m->landing : 0, m->landing_pages, m->accept,
		list_is_linked(&a->link) ? a->when_ns : DEADLINE_NEVER);
	if (t->call.state != CALL_QUEUED && !again)
		return;
	fprintf(to, " deaths %u sends %" PRIx64, t->call.deaths, m->tag);
	write_words(to, t->context.word, 6);
}

static void write_call(FILE *to, const struct call *c)
{
	static const char *const states[] = { "idle", "queued", "held" };

	fprintf(to, " call %s token %" PRIx64, states[c->state], c->token);
	if (c->state == CALL_IDLE)
		return;
	fprintf(to, " over %x priority %u", c->channel->id, c->priority);
	if (c->state == CALL_HELD)
		fprintf(to, " by %u", number_of(c->server));
	if (c->loan != NULL)
		fprintf(to, " loan %u at %" PRIx64 " from %" PRIx64, c->loan->pages, c->loan->borrower_at,
			c->loan->lender_at);
}

static void write_thread(FILE *to, const struct thread *t)
{
	const struct vector_state *v = &t->vectors;

	fprintf(to, "  thread ");
	thread_write(to, t);
	fprintf(to, " %s priority %u", thread_state_name(t->state), t->priority);
	write_call(to, &t->call);
	if (t->state == THREAD_RECEIVING)
		fprintf(to, " at port %u", t->port->index);
	if (is_blocked(t))
		write_waiting(to, t);
	else
		write_registers(to, &t->context);
	fprintf(to, " vectors %" PRIx64 "\n",
		digest(this_cpu()->vector_owner == t ? host_vector_registers : v->bytes, HAL_VECTOR_BYTES));
}

/* ---- ports and channels ---- */

static void write_signal(FILE *to, const struct signal *s)
{
	fprintf(to, " {kind %u id %x bits %" PRIx64 "%s}", s->kind, s->id, s->bits,
		list_is_linked(&s->link) ? " pending" : "");
}

static void write_channel(FILE *to, const struct channel *c)
{
	fprintf(to, "    channel %x port %u client %u heir %u badge %" PRIx64 " contract %" PRIx64 " calls %u%s%s",
		c->id, c->port->index, number_of(c->client), number_of(c->heir), c->badge, c->contract, c->calls,
		c->closed ? " closed" : "", c->told ? " told" : "");
	write_signal(to, &c->to_server);
	write_signal(to, &c->to_client);
	fprintf(to, "\n");
}

static void write_receivers(FILE *to, const struct port *p)
{
	fprintf(to, " receivers");
	if (port_waiter_is_thread(p->waiter))
		thread_write(to, p->waiter);
	list_for_each(node, &p->receivers) {
		fprintf(to, " ");
		thread_write(to, container_of(node, struct thread, link));
	}
}

static void write_port(FILE *to, const struct port *p)
{
	fprintf(to, "   port %u rank %u server %u payer %u references %u handles %u signals next %u", p->index, p->rank,
		number_of(p->server), number_of(p->payer), p->references, p->handles, p->signals_next);
	write_receivers(to, p);
	fprintf(to, " callers");
	list_for_each(node, &p->callers) {
		fprintf(to, " ");
		thread_write(to, container_of(node, struct call, link)->thread);
	}
	fprintf(to, " signals");
	list_for_each(node, &p->signals)
		write_signal(to, container_of(node, struct signal, link));
	fprintf(to, "\n");
	list_for_each(node, &p->channels)
		write_channel(to, container_of(node, struct channel, of_port));
}

/* ---- processes ---- */

static void write_handles(FILE *to, const struct process *p)
{
	for (unsigned i = 1; p->handles.entries != NULL && i < p->handles.top; i++) {
		const struct handle_entry *e = &p->handles.entries[i];

		if (e->type == HANDLE_NONE)
			continue;
		fprintf(to, "  handle %x type %u rights %u\n", handle_at(&p->handles, i), e->type, e->rights);
		if (e->type == HANDLE_PORT)
			write_port(to, e->object);
		else if (e->type == HANDLE_CHANNEL)
			write_channel(to, e->object);
	}
}

static void write_process(FILE *to, const struct process *p)
{
	const struct aspace *as = &p->aspace;

	fprintf(to, "process %u %s state %u fault %u exit %u priority %u boost %u quota %u", p->index, p->name,
		p->state, p->fault, p->exit_code, p->base_priority, p->boost, p->quota.used_bytes);
	fprintf(to, " pages %u tables %u busy %u away %u swapped %u promised %" PRIu64 " signals at %d\n", as->resident,
		as->tables, as->busy, as->away, as->swapped, as->committed,
		p->signal_port == NULL ? -1 : (int)p->signal_port->index);
	list_for_each(node, &p->threads)
		write_thread(to, container_of(node, struct thread, of_process));
	list_for_each(node, &p->forfeits) {
		const struct loan *l = container_of(node, struct loan, link);

		fprintf(to, "  forfeited %u at %" PRIx64 " token %" PRIx64 "\n", l->pages, l->borrower_at, l->token);
	}
	write_handles(to, p);
}

/* ---- the CPU ---- */

/* The thread whose place in a run queue this is; NULL: the queue itself. */
static const struct thread *ready_at(const struct list *link)
{
	list_for_each(node, process_all())
		list_for_each(n, &container_of(node, struct process, link)->threads) {
			const struct thread *t = container_of(n, struct thread, of_process);

			if (&t->link == link && t->state == THREAD_READY)
				return t;
		}
	return NULL;
}

static void write_queue_of(FILE *to, const struct thread *t)
{
	if (t->state != THREAD_READY || ready_at(t->link.prev) != NULL)
		return; /* written with the first of its queue */
	fprintf(to, "ready at %u:", t->priority);
	for (const struct list *node = &t->link; ready_at(node) != NULL; node = node->next) {
		fprintf(to, " ");
		thread_write(to, ready_at(node));
	}
	fprintf(to, "\n");
}

static void write_cpu(FILE *to)
{
	const struct cpu *cpu = this_cpu();
	const struct thread *t = cpu->running;

	fprintf(to, "runs ");
	thread_write(to, t);
	fprintf(to, " in %u, may be ready %x\n", number_of(cpu->active), sched_occupied);
	list_for_each(node, process_all())
		list_for_each(n, &container_of(node, struct process, link)->threads)
			write_queue_of(to, container_of(n, struct thread, of_process));
}

static void write_pages(FILE *to)
{
	for (uint32_t n = 0; n < frame_limit(); n++) {
		const struct frame *f = frame_by_number(n);
		struct mmu_entry e;

		if (f->kind != FRAME_USER || f->table == 0)
			continue;
		e = hal_mmu_read(aspace_leaf_of(f));
		fprintf(to, "page %" PRIx64 " of %u flags %u busy %u holds %" PRIx64 "%s%s\n", aspace_address_of(f),
			aspace_mapper_of(f)->id, f->flags, f->busy, digest(hal_frame_ptr(frame_address(f)), PAGE_BYTES),
			e.accessed ? " used" : "", e.dirty ? " written" : "");
	}
}

void world_write(FILE *to, bool pages)
{
	write_cpu(to);
	list_for_each(node, process_all())
		write_process(to, container_of(node, struct process, link));
	if (pages)
		write_pages(to);
}
