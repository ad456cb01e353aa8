/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes pages, says how many are not what they should be, writes them anew, and gives them back, mostly from outside RAM. */
#include "tests/system/programs/flips.h"

int main(void)
{
	struct ipc_buffers buffers = { .landing_pages = FLIPS_PAGES, .accept = ACCEPT_GIVEN };
	struct message m = { 0 };
	void *window;
	enum status st;

	if (mem_map(MEM_LANDING, FLIPS_PAGES, &window) != ST_OK)
		return 1;
	buffers.landing = buffers.send_pages = (uint64_t)(uintptr_t)window;
	st = ipc_recv(start_port(), &m, &buffers, DEADLINE_NEVER);
	while (st == ST_OK) {
		uint64_t pages = tag_pages(m.tag), wrong = flips_wrong(window, m.words[0], pages, m.words[1]);

		flips_write(window, m.words[0], pages, m.words[1] + 1);
		m.words[0] = wrong;
		m.words[1] = flips_press();
		m.tag = tag_with_pages(tag_make(ST_OK), pages != 0 ? MESSAGE_PAGES_GIVEN : MESSAGE_PAGES_NONE, pages);
		st = ipc_reply_recv(m.token, &m, &buffers, &m, start_port(), DEADLINE_NEVER);
	}
	log_write("%s: %s", start_name(), status_text(st));
	return 1;
}
