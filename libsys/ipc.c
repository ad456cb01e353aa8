/* SPDX-License-Identifier: BSD-2-Clause */
/* See ipc.h. */
#include "libsys/ipc.h"

static uint64_t word_of(const void *p) { return (uint64_t)(uintptr_t)p; }

/* What a receiver is told: kernel/abi/syscall.h, the results of ipc_recv. */
static void take(struct message *m, const uint64_t a[6])
{
	m->badge = a[0];
	m->tag = a[1];
	m->token = a[2];
	m->handles[0] = (handle_t)a[3];
	m->handles[1] = (handle_t)(a[3] >> 32);
	m->channel = (uint32_t)a[4];
	m->peer = (uint32_t)(a[4] >> 32);
	m->handles[2] = (handle_t)a[5];
	m->handles[3] = (handle_t)(a[5] >> 32);
}

enum status ipc_call(handle_t channel, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
{
	uint64_t a[6] = { channel, m->tag, word_of(buffers), deadline_ns };
	enum status st = (enum status)system_call_words(SYS_ipc_call, a, m->words);

	if (st == ST_OK)
		take(m, a);
	return st;
}

enum status ipc_recv(handle_t port, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
{
	uint64_t a[6] = { port, 0, word_of(buffers), deadline_ns };
	enum status st = (enum status)system_call_words(SYS_ipc_recv, a, m->words);

	if (st == ST_OK)
		take(m, a);
	return st;
}

enum status ipc_reply(uint64_t token, const struct message *m, const struct ipc_buffers *buffers)
{
	uint64_t a[6] = { token, m->tag, word_of(buffers), 0, 0, m->badge };
	uint64_t words[MESSAGE_WORDS];

	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		words[i] = m->words[i];
	return (enum status)system_call_words(SYS_ipc_reply, a, words);
}

enum status ipc_reply_recv(handle_t port, uint64_t token, struct message *m, const struct ipc_buffers *buffers,
			   uint64_t deadline_ns)
{
	uint64_t a[6] = { token, m->tag, word_of(buffers), deadline_ns, port, m->badge };
	enum status st = (enum status)system_call_words(SYS_ipc_reply_recv, a, m->words);

	if (st == ST_OK)
		take(m, a);
	return st;
}

enum status ipc_notify(handle_t channel, uint64_t bits)
{
	uint64_t a[6] = { channel, 0, bits };

	return (enum status)system_call(SYS_ipc_notify, a);
}

enum status ipc_notify_client(handle_t port, uint32_t channel, uint64_t bits)
{
	uint64_t a[6] = { port, channel, bits };

	return (enum status)system_call(SYS_ipc_notify, a);
}
