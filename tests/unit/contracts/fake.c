/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake.h. */
#include "tests/unit/contracts/fake.h"
#include "libsys/start.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct fake_answer fake_answer;
struct message fake_sent, fake_replied;
struct ipc_buffers fake_sent_parts;
unsigned fake_calls, fake_replies, fake_closed, fake_exited, fake_in_registers;
bool (*fake_more)(struct message *m);
jmp_buf *fake_end;
uint64_t fake_deadline_ns, fake_badge, fake_windows;
handle_t fake_last_closed;
enum status fake_reply_status;
bool fake_restricted;
uint32_t fake_allowed_program;
struct serving serving;

static _Alignas(8) char memory[SAMPLE_SERVER_BYTES];
static struct ipc_buffers replied_parts;
static struct message queued;
static bool is_queued;

static void *pointer(uaddr_t address) { return (void *)(uintptr_t)address; }

void fake_reset(void)
{
	memset(&fake_answer, 0, sizeof fake_answer);
	memset(memory, 0, sizeof memory);
	serving = (struct serving){ .port = FAKE_PORT,
				    .contracts = { &sample_server },
				    .bytes = memory,
				    .bytes_size = sizeof memory,
				    .landing = pointer(0x10000),
				    .landing_pages = FAKE_PAGES };
	fake_badge = SAMPLE_STATE_START;
	fake_calls = fake_replies = fake_closed = fake_exited = fake_in_registers = 0;
	fake_more = NULL;
	fake_windows = 0;
	fake_reply_status = ST_OK;
	fake_restricted = is_queued = false;
}

/* ---- receiving and answering ---- */

void fake_queue(const struct message *m)
{
	queued = *m;
	is_queued = true;
}

enum status ipc_recv(handle_t port, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
{
	(void)buffers;
	if (port == FAKE_PORT && fake_more != NULL)
		return fake_more(m) ? ST_OK : ST_BAD_HANDLE;
	if (port != FAKE_PORT || !is_queued)
		return deadline_ns == DEADLINE_NEVER ? ST_BAD_HANDLE : ST_TIMED_OUT;
	*m = queued;
	is_queued = false;
	return ST_OK;
}

enum status ipc_reply(uint64_t token, const struct message *m, const struct ipc_buffers *buffers)
{
	enum status st = fake_reply_status;

	(void)token;
	fake_reply_status = ST_OK;
	if (st != ST_OK)
		return st;
	fake_replied = *m;
	fake_replies++;
	if (buffers != NULL)
		replied_parts = *buffers;
	if (m->tag & TAG_SET_BADGE)
		fake_badge = m->badge;
	return ST_OK;
}

enum status ipc_reply_recv(uint64_t token, const struct message *out, const struct ipc_buffers *buffers,
			   struct message *in, handle_t port, uint64_t deadline_ns)
{
	enum status st = ipc_reply(token, out, buffers);

	return st == ST_OK ? ipc_recv(port, in, buffers, deadline_ns) : st;
}

static struct ipc_words words_of(const struct message *m)
{
	return (struct ipc_words){ m->words[0], m->words[1], m->words[2], m->words[3], m->words[4], m->words[5] };
}

enum status ipc_words_reply_recv(handle_t port, uint64_t tag, struct ipc_words *w, struct ipc_words_from *from)
{
	struct message out = { .tag = tag }, in;
	enum status st;

	fake_in_registers++;
	serving_put_words(&out, w);
	st = ipc_reply_recv(from->token, &out, NULL, &in, port, DEADLINE_NEVER);
	if (st != ST_OK)
		return st;
	*w = words_of(&in);
	*from = (struct ipc_words_from){ .badge = in.badge,
					 .tag = in.tag,
					 .token = in.token,
					 .channel_peer = in.channel | (uint64_t)in.peer << 32 };
	return ST_OK;
}

struct message fake_deliver(const struct message *m, const void *bytes)
{
	struct message none = { .tag = TAG_OP_MASK };

	(void)serve_next(&serving, 0); /* it begins */
	serving.in = *m;
	serving.in.badge = fake_badge;
	if (bytes != NULL)
		memcpy(serving.bytes, bytes, tag_bytes(m->tag));
	fake_replied = none;
	serve_take(&serving);
	(void)serve_next(&serving, 0);
	return fake_replied;
}

/* ---- calling ---- */

static void take_answer(struct message *m, const struct message *answer, const void *bytes,
			const struct ipc_buffers *parts)
{
	*m = *answer;
	if (tag_bytes(m->tag) != 0 && parts != NULL && bytes != NULL)
		memcpy(pointer(parts->recv_bytes), bytes, tag_bytes(m->tag));
}

/* What the kernel would tell the receiver: the contract of each end. Sample's first, then other's. */
static uint64_t with_ends(uint64_t tag, const struct ipc_buffers *taker, const uint64_t contracts[])
{
	for (unsigned i = 0; i < tag_handles(tag); i++)
		for (unsigned k = 0; k < MESSAGE_CONTRACTS_MAX; k++)
			if (taker->accept_contracts[k] == contracts[i])
				tag |= (uint64_t)k << (TAG_ENDS_BIT + 2 * i);
	return tag;
}

enum status ipc_call(handle_t channel, struct message *m, const struct ipc_buffers *parts, uint64_t deadline_ns)
{
	static const uint64_t sent[] = { SAMPLE_CONTRACT, OTHER_CONTRACT },
			      back[] = { OTHER_CONTRACT, SAMPLE_CONTRACT };
	struct message in = *m;

	(void)channel;
	fake_calls++;
	fake_sent = *m;
	fake_sent_parts = parts == NULL ? (struct ipc_buffers){ 0 } : *parts;
	fake_deadline_ns = deadline_ns;
	if (fake_answer.given) {
		if (fake_answer.status == ST_OK)
			take_answer(m, &fake_answer.message, fake_answer.bytes, parts);
		return fake_answer.status;
	}
	(void)serve_next(&serving, 0);
	in.tag = with_ends(in.tag, &serving.parts, sent);
	memcpy(in.handles, fake_sent_parts.send_handles, sizeof in.handles);
	in = fake_deliver(&in, parts == NULL ? NULL : pointer(parts->send_bytes));
	memcpy(in.handles, replied_parts.send_handles, sizeof in.handles);
	in.tag = with_ends(in.tag, &fake_sent_parts, back);
	take_answer(m, &in, pointer(replied_parts.send_bytes), parts);
	return ST_OK;
}

enum status ipc_words_call(handle_t channel, uint64_t *tag, struct ipc_words *w)
{
	struct message m = { .tag = *tag };
	enum status st;

	serving_put_words(&m, w);
	st = ipc_call(channel, &m, NULL, DEADLINE_NEVER);
	*w = words_of(&m);
	*tag = m.tag;
	return st;
}

/* ---- the rest of libsys that is asked ---- */

enum status handle_close(handle_t handle)
{
	fake_closed++;
	fake_last_closed = handle;
	return ST_OK;
}

enum status ipc_notify(handle_t channel, uint64_t bits) { return channel == 3 && bits == 1 ? ST_OK : ST_BAD_ARG; }

enum status ipc_notify_client(handle_t port, uint32_t channel, uint64_t bits)
{
	return port == FAKE_PORT && channel == 4 && bits == 2 ? ST_OK : ST_BAD_ARG;
}

enum status channel_create(handle_t port, uint64_t badge, uint64_t contract, handle_t *channel, uint32_t *id)
{
	*channel = port == FAKE_PORT && contract == SAMPLE_CONTRACT ? 66 : 0;
	fake_badge = badge;
	if (id != NULL)
		*id = 4;
	return ST_OK;
}

enum status mem_map(enum mem_kind kind, uint64_t pages, void **address)
{
	*address = pointer(0x100000 + 0x10000 * fake_windows++);
	return kind == MEM_LANDING && pages == FAKE_PAGES ? ST_OK : ST_BAD_ARG;
}

enum status mem_unmap(void *address, uint64_t pages)
{
	(void)address;
	return pages == FAKE_PAGES ? ST_OK : ST_BAD_ARG;
}

void log_write(const char *format, ...) { (void)format; }

_Noreturn void process_exit(unsigned code)
{
	fake_exited++;
	if (fake_end != NULL)
		longjmp(*fake_end, 1);
	exit((int)code);
}

const char *status_text(enum status st)
{
	(void)st;
	return "";
}

bool start_is_restricted(unsigned contract) { return fake_restricted && contract == 0; }
bool start_may_call(unsigned contract, uint32_t program)
{
	return !start_is_restricted(contract) || program == fake_allowed_program;
}
