/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes pages, says how many are not what they should be, writes them anew, and gives them back, mostly from outside RAM. */
#include "tests/system/programs/flips.h"

static uint8_t bytes[MESSAGE_BYTES_MAX];

static void look_at_pages(struct message *m, void *pages)
{
	uint64_t count = tag_pages(m->tag), wrong = flips_wrong(pages, m->words[0], count, m->words[1]);

	flips_write(pages, m->words[0], count, m->words[1] + 1);
	m->words[0] = wrong;
	m->words[1] = flips_press();
}

int main(void)
{
	struct ipc_buffers buffers = { .landing_pages = FLIPS_PAGES,
				       .accept = ACCEPT_GIVEN,
				       .recv_bytes = (uint64_t)(uintptr_t)bytes,
				       .recv_capacity = sizeof bytes };
	struct message m = { 0 };
	uint64_t size;
	void *data;
	enum status st;

	if (mem_map(MEM_LANDING, FLIPS_PAGES, &data) != ST_OK)
		return 1;
	buffers.landing = buffers.send_pages = (uint64_t)(uintptr_t)data;
	st = ipc_recv(start_port(), &m, &buffers, DEADLINE_NEVER);
	while (st == ST_OK) {
		data = ipc_data(&m, &buffers, &size);
		if (tag_op(m.tag) == FLIPS_OPERATION_DATA)
			m.words[0] = flips_sum(data, size);
		else
			look_at_pages(&m, data);
		size = tag_pages_kind(m.tag) == MESSAGE_PAGES_GIVEN ? tag_pages(m.tag)
								    : 0; /* lent ones go by themselves */
		m.tag = tag_with_pages(tag_make(ST_OK), size != 0 ? MESSAGE_PAGES_GIVEN : MESSAGE_PAGES_NONE, size);
		st = ipc_reply_recv(m.token, &m, &buffers, &m, start_port(), DEADLINE_NEVER);
	}
	log_write("%s: %s", start_name(), status_text(st));
	return 1;
}
