/* SPDX-License-Identifier: BSD-2-Clause */
/* The block driver's queue and an honest device. */
#include "tests/unit/servers/virtqueue_machine.h"

static void a_read_fills_the_bytes_asked_for_and_no_others(void **state)
{
	static const struct {
		uint64_t sector, within, bytes;
	} cases[] = {
		{ 0, 0, 512 },     { 255, 0, 512 },     { 3, 512, 1024 },      { 1, 4095, 512 },
		{ 8, 3584, 4096 }, { 0, 0, 16 * PAGE }, { 7, 100, 15 * PAGE }, { 2, 16 * PAGE - 512, 512 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct machine *m = machine_make(256);
		uint64_t end = cases[i].within + cases[i].bytes;
		unsigned slot;

		memset(machine_data(m), 0xee, DATA_PAGES * PAGE);
		machine_put(m, 5, VIRTQUEUE_READ, cases[i].sector, cases[i].within, cases[i].bytes);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_NOTHING);
		machine_serve(m);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
		assert_int_equal(slot, 5);
		for (uint64_t at = 0; at < DATA_PAGES * PAGE; at++) {
			uint64_t on_disk = cases[i].sector * BLOCK_SECTOR_BYTES + at - cases[i].within;

			assert_int_equal(machine_data(m)[at],
					 at >= cases[i].within && at < end ? m->disk[on_disk] : 0xee);
		}
		free(m);
	}
}

static void a_write_reaches_the_disk_and_a_flush_the_device(void **state)
{
	struct machine *m = machine_make(64);
	unsigned slot;

	(void)state;
	memset(machine_data(m), 0x55, DATA_PAGES * PAGE);
	machine_put(m, 0, VIRTQUEUE_WRITE, 16, 2048, 8192);
	virtqueue_put(&m->queue, 1, VIRTQUEUE_FLUSH, 0, NULL);
	machine_serve(m);
	machine_serve(m);
	assert_true(m->flushed);
	assert_int_equal(m->disk[16 * 512 - 1], (uint8_t)((16 * 512 - 1) * 13 + 15));
	for (unsigned i = 0; i < 8192; i++)
		assert_int_equal(m->disk[16 * 512 + i], 0x55);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_NOTHING);
	free(m);
}

static void every_size_of_queue_has_its_slots(void **state)
{
	(void)state;
	for (uint16_t size = VIRTQUEUE_SIZE_MIN; size <= VIRTQUEUE_SIZE_MAX; size *= 2) {
		struct machine *m = machine_make(size);
		unsigned slots = 0;

		for (unsigned slot; (slot = virtqueue_free_slot(&m->queue)) < m->queue.slots; slots++)
			machine_put(m, slot, VIRTQUEUE_READ, slot, 0, 16 * PAGE);
		assert_int_equal(slots, size / VIRTQUEUE_CHAIN);
		for (unsigned i = 0; i < slots; i++)
			(void)machine_carry_out(m, machine_next_head(m), 0);
		free(m);
	}
}

/* Long enough that the counts of the rings wrap, ending in any order. */
static void requests_end_in_any_order_for_ever(void **state)
{
	struct machine *m = machine_make(64);
	uint16_t heads[3];

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 30000; round++) {
		for (unsigned i = 0; i < 3; i++) {
			unsigned slot = virtqueue_free_slot(&m->queue);

			assert_true(slot < m->queue.slots);
			machine_put(m, slot, VIRTQUEUE_READ, slot, 0, 512);
			heads[i] = machine_next_head(m);
		}
		assert_int_equal(virtqueue_free_slot(&m->queue), m->queue.slots);
		for (unsigned i = 0, first = (unsigned)rand() % 3; i < 3; i++) {
			uint16_t head = heads[(first + i) % 3];
			unsigned slot;

			machine_use(m, head, machine_carry_out(m, head, 0));
			assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
			assert_int_equal(slot, head / VIRTQUEUE_CHAIN);
		}
	}
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_fills_the_bytes_asked_for_and_no_others),
		cmocka_unit_test(a_write_reaches_the_disk_and_a_flush_the_device),
		cmocka_unit_test(every_size_of_queue_has_its_slots),
		cmocka_unit_test(requests_end_in_any_order_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
