/* SPDX-License-Identifier: BSD-2-Clause */
/* See store_fixture.h. */
#include "tests/unit/kernel/store_fixture.h"
#include "kernel/abi/message.h"

struct store_fixture store;

void store_start(const struct device_claim *claim)
{
	struct process_params p = world_params("driver", PAGING_RANK - 1);

	p.claim_count = claim != NULL;
	if (claim != NULL)
		p.claims[0] = *claim;
	assert_ok(ask(sup, port_create, PAGING_RANK - 1));
	p.handle_count = 1;
	p.handles[0] = (handle_t)sup->context.arg[0];
	assert_ok(ask(sup, channel_create, p.handles[0], 1, 1));
	paging.below = (handle_t)sup->context.arg[0];
	store.process = world_create(&p);
	assert_non_null(store.process);
	store.thread = first_thread(store.process);
	store.window = user_map(store.thread, MEM_LANDING, MESSAGE_PAGES_MAX);
	world_stop(paging.pager);
	paging_start_pager();
	paging_serve_all();
}

enum status store_lend_from(uint64_t where, uint64_t pages, uint64_t deadline_ns)
{
	uint64_t at = paging.window + where * PAGE_BYTES;
	uint64_t b = user_post(paging.server, (struct ipc_buffers){ .send_pages = at });

	return ask(paging.server, ipc_call, INITIAL_HANDLE(1), tag_with_pages(2, MESSAGE_PAGES_LENT_READ, pages), b,
		   deadline_ns);
}

enum status store_lend(uint64_t pages, uint64_t deadline_ns) { return store_lend_from(0, pages, deadline_ns); }

enum status store_takes(uint64_t where)
{
	struct ipc_buffers b = { .landing = store.window + where * PAGE_BYTES, .landing_pages = PAGER_RUN_MAX };

	return ask(store.thread, ipc_recv, INITIAL_HANDLE(0), 0, user_post(store.thread, b), 0);
}
