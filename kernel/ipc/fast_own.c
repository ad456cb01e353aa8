/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path of the kernel's own calls, of which each lends frames (paging/request.c): to a thread that waits for
 * nothing else, and the answers, by who then waits in the window that it had. It does what port_call does, and
 * ipc_reply_recv, for such a one; whatever is unusual goes the long way, and nothing has happened then. The kernel goes on
 * where it was: nobody is handed the CPU.
 */
#include "kernel/ipc/fast.h"
#include "kernel/ipc/parts.h"

/* ---- the call ---- */

bool fast_own_call(struct port *p, struct call *c)
{
	static const handle_t none[MESSAGE_HANDLES_MAX];
	uint64_t tag = c->message.tag, pages = tag_pages(tag);
	struct thread *to = port_first_receiver(p);
	struct envelope *m;
	struct process *server;
	struct loan *l = c->loan;

	if (to == NULL)
		return false;
	m = &to->call.message;
	server = to->process;
	if (pages > m->landing_pages || m->recv.bytes != 0 || (to->special & THREAD_HAS_LIMIT) ||
	    c->priority > process_priority(server) ||
	    !aspace_land_frames(&server->aspace, m->landing, c->message.frames, pages,
				tag_pages_kind(tag) == MESSAGE_PAGES_LENT_WRITE))
		return false;
	/* It has gone. */
	trace_call(c);
	l->borrower = &server->aspace;
	l->borrower_at = m->landing;
	l->pages = (uint32_t)pages;
	channel_call_began(c->channel);
	c->deaths = 0;
	c->state = CALL_HELD;
	c->server = server;
	c->order = ++call_next_order;
	c->kept = call_new_token(c);
	port_move_words(&c->message, m);
	port_tell(to, tag, MESSAGE_KIND_CALL, c->channel->badge, c->token, channel_peer(c->channel), none);
	port_leave(to);
	to->port = NULL;
	trace_state(to, THREAD_READY);
	thread_move(to, THREAD_RECEIVING, THREAD_READY);
	sched_join(to);
	return true;
}

/* ---- the answer ---- */

/* It posts a window and nothing else, as before, and says so where it did. Each field is read once. */
static inline bool posts_window(struct thread *t, struct aspace *as, uint64_t buffers)
{
	struct envelope *m = &t->call.message;
	const volatile struct ipc_buffers *b = (const void *)m->buffers.at;
	uint64_t landing, pages;

	if (!claim_is_known(&m->buffers, buffers, sizeof *b) || m->buffers.frame == NULL ||
	    (m->send.bytes | m->recv.bytes) != 0)
		return false;
	landing = b->landing;
	pages = b->landing_pages;
	if ((b->recv_capacity | b->accept) != 0 || !aspace_is_landing(as, landing, pages))
		return false;
	m->landing = landing;
	m->landing_pages = pages;
	m->accept = m->takes = m->known = 0;
	t->special |= THREAD_HAS_PARTS; /* until it waits without */
	return true;
}

/* The same, wherever it says so. */
static bool proves_window(struct thread *t, uint64_t tag, uint64_t buffers)
{
	const struct envelope *m = &t->call.message;
	struct miss miss;

	return parts_prove(t, tag, buffers, true, &miss) == ST_OK && (m->send.bytes | m->recv.bytes) == 0;
}

/* An answer by the stubs, by who may wait at this port then, where nothing does. NULL: not so. */
static struct port *find_port(const struct process *server, uint64_t handle, uint64_t pc)
{
	void *object;
	struct port *p;

	if (pc - server->stub_return >= server->reply_recv_stub_bytes || server->boost != 0 ||
	    !handle_find(&server->handles, (handle_t)handle, HANDLE_RECEIVABLE, &object))
		return NULL;
	p = object;
	return p->server == server && list_is_empty(&p->callers) && list_is_empty(&p->signals) ? p : NULL;
}

/* Does not return if the answer has gone. The vector registers' code that opens a seal wants the stack aligned. */
__attribute__((noinline, force_align_arg_pointer)) static void answer_own(struct thread *t, uint64_t token,
									  uint64_t tag, uint64_t buffers,
									  uint64_t handle)
{
	struct process *server = t->process;
	struct call *c = call_find_held(server, token);
	struct port *port = find_port(server, handle, t->context.pc);
	struct envelope *m = &t->call.message;

	if (c == NULL || c->loan == NULL || c->channel->told || port == NULL || (tag & ~(uint64_t)TAG_OP_MASK) != 0 ||
	    (t->special & THREAD_HAS_LIMIT) ||
	    !(posts_window(t, &server->aspace, buffers) || proves_window(t, tag, buffers)) ||
	    !aspace_take_frames(&server->aspace, c->loan->borrower_at, c->message.frames, c->loan->pages))
		return;
	/* They have gone back. */
	if (m->buffers.frame != NULL && m->buffers.base - c->loan->borrower_at >= c->loan->pages * PAGE_BYTES)
		m->buffers.seen = server->aspace.space.changes; /* all else is where it was */
	c->loan->pages = 0;
	c->loan = NULL;
	c->message.tag = tag;
	c->state = CALL_IDLE;
	c->server = NULL;
	c->channel->calls--;
	thread_move(t, THREAD_RUNNING, THREAD_RECEIVING);
	port_join(port, t);
	port->signals_next = true;
	c->done(c, ST_OK);
	kernel_leave();
}

void kernel_own_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t handle, struct thread *t)
{
	answer_own(t, token, tag, buffers, handle);
	hal_decline_reply_recv(token, tag, buffers, handle);
}
