/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver dies while its device writes into pages that a client has lent: they go home, and the call goes on, only
 * when the device is quiet. The device here is a virtio function that writes whenever anybody looks at it.
 */
#include "tests/unit/kernel/driver_fixture.h"
#include "tests/unit/kernel/pair_fixture.h"

enum { OP = 7, PAGES = 2, WINDOW_PAGES = 4 };
enum { MASTER = 4, COMMON_AT = 0x60, WINDOW_AT = 0x80, EXPRESS_AT = 0xa0, COMMON_OFFSET = 0x100 };
enum { BUSY_READS = 5 }; /* how often each of its two signs of life says that it is still at it */

static struct {
	paddr_t target; /* what it writes to; PADDR_NONE: it is idle */
	uint64_t next;
	unsigned writes, pending, resetting;
	bool master_at_reset;
} device;

static bool masters(const struct host_pci *f) { return (host_pci_get(f, 4, 2) & MASTER) != 0; }

/* Requests that it took are written to memory until it is reset, as QEMU does: that it may not master the bus stops new ones. */
static void act(const struct host_pci *f)
{
	if (paddr_is_none(device.target))
		return;
	*(uint64_t *)hal_frame_ptr(device.target) = ++device.next;
	device.writes++;
	/* As long as it can write, the page is out, and under DMA. */
	assert_int_equal(aspace_entry(&pair.client->aspace, pair_heap).kind, MMU_LENT);
	assert_int_equal(frame_record(device.target)->dma, 1);
	if (masters(f))
		device.pending = BUSY_READS;
}

static void touched(struct host_pci *f, unsigned offset, bool write)
{
	act(f);
	if (offset == EXPRESS_AT + 0x0a && !write)
		host_pci_put(f, offset, 2, device.pending > 0 && device.pending-- > 0 ? 0x20 : 0);
	if (offset != WINDOW_AT + 16 || host_pci_get(f, WINDOW_AT + 8, 4) != COMMON_OFFSET + 0x14)
		return;
	if (write && host_pci_get(f, offset, 1) == 0) {
		device.master_at_reset = masters(f);
		device.resetting = BUSY_READS;
	}
	host_pci_put(f, offset, 1, device.resetting);
	if (!write && device.resetting > 0 && --device.resetting == 0)
		device.target = PADDR_NONE;
}

static void add_capabilities(struct host_pci *f)
{
	host_pci_put(f, 0x51, 1, COMMON_AT); /* behind MSI-X */
	host_pci_put(f, COMMON_AT, 4, 0x01100009 | WINDOW_AT << 8);
	host_pci_put(f, COMMON_AT + 4, 1, 4);
	host_pci_put(f, COMMON_AT + 8, 4, COMMON_OFFSET);
	host_pci_put(f, WINDOW_AT, 4, 0x05140009 | EXPRESS_AT << 8);
	host_pci_put(f, EXPRESS_AT, 4, 0x0010);
	for (unsigned i = WINDOW_AT + 4; i < WINDOW_AT + 20; i++)
		f->writable[i] = 0xff;
	f->touched = touched;
}

static void start_driver(void)
{
	struct process_params p = world_params("driver", 10);

	p.handle_count = 1;
	p.handles[0] = pair.made_port;
	p.claim_count = 1;
	p.claims[0] = driver_pci_claim;
	pair.server = world_create(&p);
	assert_non_null(pair.server);
	pair.s = first_thread(pair.server);
	pair_window = user_map(pair.s, MEM_LANDING, WINDOW_PAGES);
}

static int start(void **state)
{
	(void)driver_start(state);
	device = (typeof(device)){ .target = PADDR_NONE };
	add_capabilities(driver.function);
	pair = world_pair("app", "app");
	pair_heap = user_map(pair.c, MEM_HEAP, PAGES);
	assert_true(user_put(pair.c, pair_heap, 1000));
	world_stop(pair.server);
	start_driver();
	assert_ok(pair_receive());
	assert_int_equal(pair.s->context.word[0], INHERITED);
	return 0;
}

static void driver_takes_the_call(void)
{
	uint64_t b = user_post(pair.s, (struct ipc_buffers){ .landing = pair_window, .landing_pages = WINDOW_PAGES });

	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, b, 0));
	assert_int_equal(tag_op(pair.s->context.arg[1]), OP);
}

static void device_writes(void)
{
	uint64_t at = PROGRAM_DATA;

	assert_ok(ask(pair.s, dma_map, INITIAL_HANDLE(1), pair_window, PAGES, at));
	device.target = (paddr_t){ user_get(pair.s, at) };
	device.writes = 0;
}

static void lend(uint64_t flags)
{
	uint64_t b = user_post(pair.c, (struct ipc_buffers){ .send_pages = pair_heap });

	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_pages(OP | flags, MESSAGE_PAGES_LENT_WRITE, PAGES),
			  b, NEVER),
		      PARKED);
	driver_takes_the_call();
	device_writes();
}

static void assert_quiet(void)
{
	assert_true(device.writes > BUSY_READS);
	assert_true(paddr_is_none(device.target));
	assert_int_equal(device.pending, 0);
	assert_false(device.master_at_reset);
	assert_int_equal(host_pci_get(driver.function, 4, 2) & 6, 0);
}

static void pages_under_dma_go_home_only_when_the_device_is_quiet(void **state)
{
	(void)state;
	lend(0);
	world_stop(pair.server);
	assert_quiet();
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(user_get(pair.c, pair_heap), device.next);
}

static void a_call_with_dma_in_flight_is_given_to_the_next_driver_and_nothing_of_the_last_lands_after_it(void **state)
{
	(void)state;
	lend(TAG_IDEMPOTENT);
	world_stop(pair.server);
	assert_quiet();
	assert_int_equal(pair.c->state, THREAD_QUEUED);
	start_driver();
	assert_ok(pair_receive());
	driver_takes_the_call();
	assert_true(user_put(pair.s, pair_window, 77)); /* as a device of its own would */
	assert_int_equal(host_pci_get(driver.function, 4, 2) & 6, 6);
	assert_ok(pair_answer(0, 0));
	assert_ok(pair.c->context.nr);
	assert_int_equal(user_get(pair.c, pair_heap), 77);
}

/* The device's handle is closed by the driver itself: the loan is still out, the pages are no device's any more. */
static void a_device_that_is_given_up_lets_go_of_lent_pages_before_they_go_home(void **state)
{
	uint64_t token;

	(void)state;
	lend(TAG_IDEMPOTENT);
	token = call_token(&pair.c->call);
	assert_status(ask(pair.s, ipc_reply, token, 0, 0), BUSY);
	assert_ok(ask(pair.s, handle_close, INITIAL_HANDLE(1)));
	assert_quiet();
	assert_int_equal(pair.client->aspace.away, PAGES);
	assert_ok(ask(pair.s, ipc_reply, token, 0, 0));
	assert_int_equal(user_get(pair.c, pair_heap), device.next);
}

/* What never says that it is done cannot hold the kernel up: it may not master the bus, at least. */
static void a_device_that_is_never_done_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	lend(0);
	device.pending = UINT32_MAX;
	host_pci_put(driver.function, 0x51, 1, 0); /* and nothing to reset it by */
	host_pci_put(driver.function, 0x50, 1, 0x10);
	device.target = PADDR_NONE;
	world_stop(pair.server);
	assert_int_equal(host_pci_get(driver.function, 4, 2) & 6, 0);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
}

/* ---- 2 MiB that were lent by their table ---- */

enum { AT = 100, UNDER_DMA = 3, LIMIT = 3000 };

/* The driver has them, and the device some of them, of which only the second was there before. */
static uint64_t lend_table(void)
{
	uint64_t buffer, b;

	pair.client->aspace.frames_max = pair.client->aspace.swap_max = LIMIT;
	world_manifest("driver")->flags &= ~(uint64_t)MANIFEST_PINNED; /* into a pinned one all go page by page */
	world_stop(pair.server);
	start_driver();
	assert_ok(pair_receive());
	buffer = user_map(pair.c, MEM_BUFFER, MMU_ENTRIES);
	pair_window = user_map(pair.s, MEM_LANDING, MMU_ENTRIES);
	assert_true(user_put(pair.c, buffer + (AT + 1) * PAGE_BYTES, 1000));
	b = user_post(pair.c, (struct ipc_buffers){ .send_pages = buffer });
	assert_status(ask(pair.c, ipc_call, pair.channel, tag_with_pages(OP, MESSAGE_PAGES_LENT_WRITE, MMU_ENTRIES), b,
			  NEVER),
		      PARKED);
	b = user_post(pair.s, (struct ipc_buffers){ .landing = pair_window, .landing_pages = MMU_ENTRIES });
	assert_ok(ask(pair.s, ipc_recv, pair.port, 0, b, 0));
	assert_true(aspace_table_is_lent(&pair.client->aspace, buffer));
	assert_ok(ask(pair.s, dma_map, INITIAL_HANDLE(1), pair_window + AT * PAGE_BYTES, UNDER_DMA, PROGRAM_DATA));
	world_check();
	return buffer;
}

/* What the device was told of is the client's, at the client's charge, and stays where it is. */
static paddr_t assert_under_dma(unsigned page)
{
	struct mmu_entry e = aspace_entry(&pair.server->aspace, pair_window + (AT + page) * PAGE_BYTES);

	assert_int_equal(user_get(pair.s, PROGRAM_DATA + 8 * page), e.frame.v);
	assert_int_equal(frame_record(e.frame)->dma, 1);
	assert_ptr_equal(aspace_payer_of(frame_record(e.frame)), &pair.client->aspace);
	return e.frame;
}

static void pages_of_2_mib_that_were_lent_whole_are_a_devices_until_it_lets_go(void **state)
{
	uint32_t resident = pair.client->aspace.resident;
	uint64_t buffer = lend_table(), token = call_token(&pair.c->call);

	(void)state;
	assert_int_equal(pair.client->aspace.resident, resident + UNDER_DMA);
	assert_int_equal(pair.server->aspace.busy, UNDER_DMA);
	for (unsigned i = 0; i < UNDER_DMA; i++)
		*(uint64_t *)hal_frame_ptr(assert_under_dma(i)) += 5 + i; /* as the device would */
	for (unsigned i = 0; i < 3 * UNDER_DMA; i++) {                    /* nobody takes them */
		const struct frame *victim = world_victim(&pair.client->aspace);

		assert_true(victim == NULL || victim->dma == 0);
	}
	assert_status(ask(pair.s, ipc_reply, token, 0, 0), BUSY);
	assert_ok(ask(pair.s, dma_unmap, INITIAL_HANDLE(1), pair_window + AT * PAGE_BYTES, UNDER_DMA));
	for (unsigned i = 0; i < UNDER_DMA; i++)
		assert_true(aspace_entry(&pair.server->aspace, pair_window + (AT + i) * PAGE_BYTES).dirty);
	assert_ok(ask(pair.s, ipc_reply, token, 0, 0));
	for (unsigned i = 0; i < UNDER_DMA; i++)
		assert_int_equal(user_get(pair.c, buffer + (AT + i) * PAGE_BYTES), 5 + i + (i == 1 ? 1000 : 0));
	assert_int_equal(pair.server->aspace.busy, 0);
	assert_int_equal(pair.client->aspace.away | pair.client->aspace.reserved, 0);
}

static void a_driver_that_dies_with_2_mib_under_dma_brings_them_home(void **state)
{
	uint64_t buffer = lend_table();
	paddr_t frame = assert_under_dma(2);

	(void)state;
	*(uint64_t *)hal_frame_ptr(frame) = 9;
	world_stop(pair.server);
	assert_int_equal(host_pci_get(driver.function, 4, 2) & 6, 0);
	assert_int_equal(pair.c->context.nr, ST_INTERRUPTED);
	assert_int_equal(frame_record(frame)->dma, 0);
	assert_int_equal(user_get(pair.c, buffer + (AT + 2) * PAGE_BYTES), 9);
	assert_int_equal(pair.client->aspace.away | pair.client->aspace.reserved, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(pages_under_dma_go_home_only_when_the_device_is_quiet),
		STORY(a_call_with_dma_in_flight_is_given_to_the_next_driver_and_nothing_of_the_last_lands_after_it),
		STORY(a_device_that_is_given_up_lets_go_of_lent_pages_before_they_go_home),
		STORY(a_device_that_is_never_done_is_not_waited_for_for_ever),
		STORY(pages_of_2_mib_that_were_lent_whole_are_a_devices_until_it_lets_go),
		STORY(a_driver_that_dies_with_2_mib_under_dma_brings_them_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
