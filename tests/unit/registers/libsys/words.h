/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of libsys/words.h, whose assembly is for the kernel's registers: the same as functions, which a test defines. */
#pragma once
#include "kernel/abi/message.h"
#include "kernel/abi/status.h"

struct ipc_words {
	uint64_t a, b, c, d, e, f;
};

struct ipc_words_from {
	uint64_t badge, tag, token, channel_peer;
};

enum status ipc_words_call(handle_t channel, uint64_t *tag, struct ipc_words *w);
enum status ipc_words_reply_recv(handle_t port, uint64_t tag, struct ipc_words *w, struct ipc_words_from *from);
