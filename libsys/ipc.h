/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, as C functions. The shape of a message: kernel/abi/message.h. */
#pragma once
#include "libsys/system.h"

/* A message on its way, and what came back or came in. libsys/stubs.asm knows where each field is. */
struct message {
	uint64_t words[MESSAGE_WORDS];
	uint64_t tag;
	/* Set by receiving: */
	handle_t handles[MESSAGE_HANDLES_MAX];
	uint64_t badge;
	uint64_t token;   /* names the call in the reply */
	uint32_t channel; /* its id, for ipc_notify_client */
	uint32_t peer;    /* number of the caller's program in the system image */
};
_Static_assert(offsetof(struct message, tag) == 48 && offsetof(struct message, handles) == 56 &&
		       offsetof(struct message, badge) == 72 && offsetof(struct message, token) == 80 &&
		       offsetof(struct message, channel) == 88 && offsetof(struct message, peer) == 92,
	       "as in stubs.asm");

/*
 * buffers may be NULL when the message is words only. *m is what is sent, then what came back; as it was if the
 * call failed.
 */
enum status ipc_call(handle_t channel, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns);
enum status ipc_recv(handle_t port, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns);
/* Sends m->words and m->tag (with TAG_SET_BADGE, m->badge becomes the channel's). */
enum status ipc_reply(uint64_t token, const struct message *m, const struct ipc_buffers *buffers);
/* Sends `out` as ipc_reply does, then takes the next message as ipc_recv does: into `in`, which may be the same. */
enum status ipc_reply_recv(uint64_t token, const struct message *out, const struct ipc_buffers *buffers,
			   struct message *in, handle_t port, uint64_t deadline_ns);
enum status ipc_notify(handle_t channel, uint64_t bits);
enum status ipc_notify_client(handle_t port, uint32_t channel, uint64_t bits);
/* Who called: token is that of a call that this process holds, else STALE. */
enum status ipc_peer(uint64_t token, struct ipc_peer *peer);
