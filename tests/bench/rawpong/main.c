/* SPDX-License-Identifier: BSD-2-Clause */
/* Adds 1 to each word of every message: the least that a server can be. It checks nothing that a dispatcher would. */
#include "channels.h"
#include "libsys/ipc.h"

int main(void)
{
	struct message m;
	enum status st = ipc_recv(port(), &m, NULL, DEADLINE_NEVER);

	while (st == ST_OK) {
		for (unsigned i = 0; i < MESSAGE_WORDS; i++)
			m.words[i]++;
		m.tag = ST_OK;
		st = ipc_reply_recv(m.token, &m, NULL, &m, port(), DEADLINE_NEVER);
	}
	log_write("cannot receive: %s", status_text(st));
	return 1;
}
