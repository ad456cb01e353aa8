/* SPDX-License-Identifier: BSD-2-Clause */
/* The block driver's queue and a device that lies in every field that it may write. */
#include "tests/unit/servers/virtqueue_machine.h"

static void a_bad_status_fails_its_request_only(void **state)
{
	static const uint8_t statuses[] = { 1, 2, 3, 0x80, 0xff };

	(void)state;
	for (unsigned i = 0; i < sizeof statuses; i++) {
		struct machine *m = machine_make(64);
		uint16_t head;
		unsigned slot;

		machine_put(m, 0, VIRTQUEUE_READ, 0, 0, 512);
		machine_put(m, 1, VIRTQUEUE_READ, 0, 0, 512);
		head = machine_next_head(m);
		machine_use(m, head, machine_carry_out(m, head, statuses[i]));
		machine_serve(m);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_FAILED);
		assert_int_equal(slot, 0);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
		assert_int_equal(slot, 1);
		free(m);
	}
}

/* The slot was used well before: the old status must not count. */
static void a_status_that_is_never_set_is_a_failure(void **state)
{
	struct machine *m = machine_make(64);
	unsigned slot;

	(void)state;
	machine_put(m, 0, VIRTQUEUE_WRITE, 0, 0, 512);
	machine_serve(m);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
	machine_put(m, 0, VIRTQUEUE_WRITE, 0, 0, 512);
	machine_use(m, machine_next_head(m), 1);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_FAILED);
	free(m);
}

static void a_read_of_another_length_is_a_failure(void **state)
{
	static const uint32_t lengths[] = { 0, 1, 512, 514, 4097, UINT32_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct machine *m = machine_make(64);
		uint16_t head;
		unsigned slot;

		machine_put(m, 0, VIRTQUEUE_READ, 0, 0, 512);
		head = machine_next_head(m);
		(void)machine_carry_out(m, head, 0);
		machine_use(m, head, lengths[i]);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_FAILED);
		assert_int_equal(virtqueue_free_slot(&m->queue), 0);
		free(m);
	}
}

static void an_id_that_is_no_request_breaks_the_queue_and_frees_no_slot(void **state)
{
	static const uint32_t ids[] = { 1, 17, 18, 36, 54, 63, 252, 0x10000, 18000000, UINT32_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct machine *m = machine_make(64);
		unsigned slot;

		machine_put(m, 0, VIRTQUEUE_READ, 0, 0, 512); /* only slot 0 is in flight */
		machine_use(m, ids[i], 513);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_BROKEN);
		assert_true(m->queue.slot[0].in_flight);
		free(m);
	}
}

static void an_id_twice_breaks_the_queue(void **state)
{
	struct machine *m = machine_make(64);
	unsigned slot;

	(void)state;
	machine_put(m, 0, VIRTQUEUE_READ, 0, 0, 512);
	machine_put(m, 1, VIRTQUEUE_READ, 0, 0, 512);
	machine_serve(m);
	machine_use(m, 0, 513);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_BROKEN);
	assert_true(m->queue.slot[1].in_flight);
	free(m);
}

static void more_answers_than_requests_break_the_queue(void **state)
{
	static const uint16_t jumps[] = { 1, 2, 64, 0x7fff, 0xfffe };

	(void)state;
	for (unsigned i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct machine *m = machine_make(64);
		unsigned slot;

		machine_put(m, 0, VIRTQUEUE_READ, 0, 0, 512);
		m->used = jumps[i];
		machine_use(m, 0, 513);
		assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_BROKEN);
		free(m);
	}
}

/* After a reset everything is as new, and what the device left in the rings is gone. */
static void a_broken_queue_works_again_when_it_is_made_anew(void **state)
{
	struct machine *m = machine_make(64);
	unsigned slot;

	(void)state;
	machine_put(m, 0, VIRTQUEUE_READ, 0, 0, 512);
	machine_use(m, 12345, 0);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_BROKEN);
	virtqueue_init(&m->queue, m->memory, m->bus, 64);
	m->seen = m->used = 0;
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_NOTHING);
	machine_put(m, 2, VIRTQUEUE_READ, 9, 0, 512);
	machine_serve(m);
	assert_int_equal(virtqueue_take(&m->queue, &slot), VIRTQUEUE_DONE);
	assert_int_equal(slot, 2);
	free(m);
}

/* Noise in all that the device may write, at every step: no slot is taken that was not in flight. */
static void noise_never_takes_what_is_not_in_flight(void **state)
{
	struct machine *m = machine_make(64);

	(void)state;
	srand(39);
	for (unsigned round = 0; round < 200000; round++) {
		unsigned slot = virtqueue_free_slot(&m->queue), taken;
		enum virtqueue_news news;
		uint8_t *ring = machine_reach(m, virtqueue_used(&m->queue), 1);
		bool in_flight[VIRTQUEUE_SLOTS_MAX];

		if (slot < m->queue.slots)
			machine_put(m, slot, VIRTQUEUE_READ, 0, 0, 512);
		ring[rand() % 600] = (uint8_t)rand();
		for (unsigned i = 0; i < VIRTQUEUE_SLOTS_MAX; i++)
			in_flight[i] = m->queue.slot[i].in_flight;
		news = virtqueue_take(&m->queue, &taken);
		if (news == VIRTQUEUE_DONE || news == VIRTQUEUE_FAILED)
			assert_true(taken < m->queue.slots && in_flight[taken]);
		if (news == VIRTQUEUE_BROKEN)
			virtqueue_init(&m->queue, m->memory, m->bus, 64);
	}
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_status_fails_its_request_only),
		cmocka_unit_test(a_status_that_is_never_set_is_a_failure),
		cmocka_unit_test(a_read_of_another_length_is_a_failure),
		cmocka_unit_test(an_id_that_is_no_request_breaks_the_queue_and_frees_no_slot),
		cmocka_unit_test(an_id_twice_breaks_the_queue),
		cmocka_unit_test(more_answers_than_requests_break_the_queue),
		cmocka_unit_test(a_broken_queue_works_again_when_it_is_made_anew),
		cmocka_unit_test(noise_never_takes_what_is_not_in_flight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
