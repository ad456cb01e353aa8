/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace points, written. Each record is a line on the first serial port:
 *
 *   ~SEQUENCE MICROSECONDS WORD FIELDS    numbers in hexadecimal; name:number, name:number.thread, - for nobody
 *
 * Not in the log's ring, which is for the crash record. The machine waits for its
 * serial port, so no record is dropped here; the sequence shows what got lost further on.
 * Owns the wanted categories. Only in the kernel that is built with kernel/trace/on.
 */
#include "trace/points.h"
#include "hal/console.h"
#include "hal/timer.h"
#include "kernel/base/fmt.h"
#include "kernel/core/log.h"
#include "kernel/entry.h"
#include "kernel/ipc/channel.h"

enum category { IPC, FAULT, SCHED, PAGE, CALL, CATEGORIES };
static const char *const categories[CATEGORIES] = { "ipc", "fault", "sched", "page", "call" };

static unsigned wanted; /* bit n: category n */
static uint64_t sequence;

static bool wants(enum category c) { return wanted >> c & 1; }

__attribute__((format(printf, 1, 2))) static void record(const char *format, ...)
{
	char line[LOG_LINE_BYTES + 1];
	size_t n = fmt_print(line, LOG_LINE_BYTES, "~%lx %lx ", (unsigned long)sequence++,
			     (unsigned long)(hal_clock_ns() / 1000));
	va_list args;

	va_start(args, format);
	n += fmt_vprint(line + n, LOG_LINE_BYTES - n, format, args);
	va_end(args);
	line[n++] = '\n';
	hal_console_write(line, n);
}

/* ---- which categories ---- */

static bool begins(const char *text, const char *word)
{
	while (*word != 0 && *text == *word)
		text++, word++;
	return *word == 0;
}

void trace_begin(const char *cmdline)
{
	wanted = 0;
	sequence = 0;
	while (*cmdline != 0 && !begins(cmdline, "trace="))
		cmdline++;
	for (; *cmdline > ' '; cmdline++) /* one word; behind the = and each comma is a category */
		for (unsigned i = 0; i < CATEGORIES && (*cmdline == '=' || *cmdline == ','); i++)
			wanted |= (unsigned)begins(cmdline + 1, categories[i]) << i;
	record("begin %x", wanted);
}

/* ---- who ---- */

struct name {
	char text[IMAGE_NAME_BYTES + 24];
};

/* Names are as their makers wrote them: what would break a line becomes '?'. */
static struct name name_of(const struct process *p)
{
	struct name n = { "-" };

	if (p == NULL)
		return n;
	fmt_print(n.text, sizeof n.text, "%s:%x", p->name, p->index);
	for (char *c = n.text; *c != 0; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
	return n;
}

static struct name name_of_thread(const struct thread *t)
{
	struct name n = { "-" };
	size_t used = 0;

	if (t == NULL || t->state == THREAD_DEAD)
		return n;
	n = name_of(t->process);
	while (n.text[used] != 0)
		used++;
	fmt_print(n.text + used, sizeof n.text - used, ".%x", t->number);
	return n;
}

/* ---- ipc ---- */

/* On the fast path only the caller's registers have it. */
static uint64_t request_tag(const struct call *c)
{
	return c->thread != NULL ? c->thread->context.arg[1] : c->message.tag;
}

/* more: the reply's tag, or a status. */
static void record_call(const char *what, const struct call *c, uint64_t more)
{
	const struct channel *over = c->channel;

	if (wants(IPC))
		record("%s %s %s %x %lx %lx %lx %lx", what, name_of(c->message.process).text,
		       name_of(c->state == CALL_HELD ? c->server : over->port->server).text, over->id,
		       (unsigned long)over->contract, (unsigned long)over->badge, (unsigned long)request_tag(c),
		       (unsigned long)more);
}

void trace_call(const struct call *c) { record_call("call", c, 0); }
void trace_queued(const struct call *c) { record_call("queued", c, 0); }
void trace_taken(const struct call *c) { record_call("taken", c, 0); }
void trace_reply(const struct call *c, uint64_t tag) { record_call("reply", c, tag); }
void trace_ended(const struct call *c, enum status st) { record_call("ended", c, st); }

static void record_bits(const struct channel *c, bool to_server, const struct process *to, uint64_t bits)
{
	record("notify %s %s %x %lx %x %lx", name_of(to_server ? c->client : c->port->server).text, name_of(to).text,
	       c->id, (unsigned long)c->contract, to_server, (unsigned long)bits);
}

void trace_notify(const struct signal *s, uint64_t bits)
{
	const struct process *to = s->port == NULL ? NULL : s->port->server;

	if (!wants(IPC) || bits == 0)
		return;
	if (s->kind == MESSAGE_KIND_CHILD)
		record("child %s %s %lx", name_of(container_of(s, struct process, watch)).text, name_of(to).text,
		       (unsigned long)bits);
	else if (s->kind == MESSAGE_KIND_IRQ)
		record("irq %s %lx", name_of(to).text, (unsigned long)s->badge);
	else if (s->id != 0)
		record_bits(container_of(s, struct channel, to_server), true, to, bits);
	else
		record_bits(container_of(s, struct channel, to_client), false, to, bits);
}

void trace_move(const struct channel *c, const struct process *to)
{
	if (wants(IPC))
		record("move %s %s %s %x %lx %lx", name_of(c->client).text, name_of(to).text,
		       name_of(c->port->server).text, c->id, (unsigned long)c->contract, (unsigned long)c->badge);
}

/* ---- faults, the scheduler ---- */

void trace_fault(const struct thread *t, const struct trap_info *info, unsigned touch, const uint32_t *slot)
{
	static const char *const touches[] = {
		[TOUCH_OK] = "made",     [TOUCH_UNMAPPED] = "unmapped", [TOUCH_DENIED] = "denied",
		[TOUCH_LENT] = "lent",   [TOUCH_SWAPPED] = "swapped",   [TOUCH_STARVED] = "starved",
		[TOUCH_QUOTA] = "quota", [TOUCH_LOST] = "lost",
	};

	if (wants(FAULT))
		record("fault %s %lx %s %s %x", name_of_thread(t).text, (unsigned long)info->address,
		       info->fault == FAULT_EXECUTE ? "execute"
		       : info->fault == FAULT_WRITE ? "write"
						    : "read",
		       touches[touch], *slot);
}

void trace_condemn(const struct process *p, unsigned fault, uint64_t address)
{
	if (wants(FAULT))
		record("end %s %x %lx %x", name_of(p).text, fault, (unsigned long)address, p->exit_code);
}

void trace_switch(const struct thread *from, const struct thread *to)
{
	if (wants(SCHED) && from != to)
		record("switch %s %s %s", name_of_thread(from).text,
		       from == NULL ? "-" : thread_state_name(from->state), name_of_thread(to).text);
}

/* ---- paging ---- */

static void record_page(const char *what, const struct aspace *as, uint64_t address, uint32_t slot)
{
	if (wants(PAGE))
		record("%s %s %lx %x", what, name_of(container_of(as, struct process, aspace)).text,
		       (unsigned long)address, slot);
}

static void record_frame(const char *what, const struct frame *f, uint32_t slot)
{
	record_page(what, aspace_mapper_of(f), aspace_address_of(f), slot);
}

void trace_evict(const struct frame *f, uint32_t slot) { record_frame("evict", f, slot); }
void trace_page_out(const struct frame *f, uint32_t slot) { record_frame("out", f, slot); }
void trace_page_in(const struct aspace *as, uint64_t address, uint32_t slot) { record_page("in", as, address, slot); }

void trace_paged(const struct call *c, uint32_t slot, bool in, enum status st)
{
	if (wants(PAGE))
		record("paged %x %x %x", slot, in, st != ST_OK ? st : tag_op(c->message.tag));
}

/* ---- calls ---- */

void trace_syscall(const struct process *p, uint64_t nr, enum status st)
{
	if (wants(CALL))
		record("did %s %lx %x", name_of(p).text, (unsigned long)nr, st);
}

void trace_state(const struct thread *t, unsigned to)
{
	bool waited = t->state == THREAD_QUEUED || t->state == THREAD_SERVED || t->state == THREAD_RECEIVING;

	if (wants(CALL) && waited && (to == THREAD_READY || to == THREAD_RUNNING))
		record("back %s %s %lx", name_of_thread(t).text, thread_state_name(t->state),
		       (unsigned long)t->context.nr);
}
