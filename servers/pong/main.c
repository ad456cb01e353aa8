/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pong: answers every call of libsys/contracts/ping.contract. This thread takes words
 * only and waits with nothing but registers, the least that a call can cost; another
 * one, at a port of its own, takes everything else (full.c). Whatever a client
 * sends or does, both go on.
 */
#include "channels.h"
#include "servers/pong/full.h"

static struct serving plain = { .contracts = { &ping_server } };

/* Inline where it is served, so that the words stay in registers. */
inline enum status ping_serve_words(struct serving *serving, const struct ping_words_request *request,
				    struct ping_words_reply *reply)
{
	(void)serving;
	reply->a_plus_1 = request->a + 1;
	reply->b_plus_1 = request->b + 1;
	reply->c_plus_1 = request->c + 1;
	reply->d_plus_1 = request->d + 1;
	reply->e_plus_1 = request->e + 1;
	reply->f_plus_1 = request->f + 1;
	return ST_OK;
}

enum status ping_serve_open(struct serving *serving, const struct ping_open_request *request,
			    struct ping_open_reply *reply)
{
	(void)serving;
	return ping_channel_make(&full, request->value, PING_STATE_FULL, &reply->opened, NULL);
}

int main(void)
{
	enum status st = full_start();

	if (st != ST_OK) {
		log_write("cannot start: %s", status_text(st));
		return 1;
	}
	plain.port = port();
	ping_serve(&plain);
}
