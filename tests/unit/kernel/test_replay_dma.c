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

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(pages_under_dma_go_home_only_when_the_device_is_quiet),
		STORY(a_call_with_dma_in_flight_is_given_to_the_next_driver_and_nothing_of_the_last_lands_after_it),
		STORY(a_device_that_is_given_up_lets_go_of_lent_pages_before_they_go_home),
		STORY(a_device_that_is_never_done_is_not_waited_for_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
