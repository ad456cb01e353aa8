/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550 driver against a model of the chip: what is on the wire, what the
 * interrupt line does, what is lost. The model sends at once (as QEMU does), or
 * a burst whenever a test lets time pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "servers/console/uart.h"

static struct chip {
	uint8_t ier, lcr, mcr, fcr;
	bool absent, no_fifo, instant, break_next, overrun, mad;
	bool empty_told; /* the transmitter's interrupt was taken note of */
	uint8_t fifo[UART_FIFO_BYTES];
	size_t fifo_used;
	uint8_t wire[3 * RING_BYTES];
	size_t wire_used;
	uint8_t coming[3 * RING_BYTES];
	size_t coming_used, coming_taken;
	unsigned reads;
} chip;
static struct uart uart;

static bool data_ready(void) { return chip.coming_taken < chip.coming_used; }

static bool line_up(void)
{
	return chip.mad || ((chip.ier & UART_IER_DATA) && data_ready()) ||
	       ((chip.ier & UART_IER_EMPTY) && chip.fifo_used == 0 && !chip.empty_told);
}

static void time_passes(void)
{
	memcpy(chip.wire + chip.wire_used, chip.fifo, chip.fifo_used);
	chip.wire_used += chip.fifo_used;
	chip.fifo_used = 0;
	chip.empty_told = false;
}

static uint8_t line_status(void)
{
	uint8_t status = chip.fifo_used == 0 ? UART_LSR_EMPTY | UART_LSR_IDLE : 0;

	status |= data_ready() ? UART_LSR_DATA : 0;
	status |= chip.break_next ? UART_LSR_BREAK : 0;
	status |= chip.overrun ? UART_LSR_OVERRUN : 0;
	chip.overrun = chip.break_next = false;
	return status;
}

static uint8_t identification(void)
{
	uint8_t fifo = chip.no_fifo ? 0 : UART_IIR_FIFO;

	if (!line_up())
		return fifo | UART_IIR_NONE;
	if (!data_ready())
		chip.empty_told = true;
	return fifo | 2;
}

static uint8_t read_register(enum uart_register reg)
{
	assert_true(chip.reads++ < 1000000);
	if (chip.absent)
		return UART_NOBODY;
	if (reg == UART_LSR)
		return line_status();
	if (reg == UART_IIR)
		return identification();
	if (reg == UART_DATA) {
		assert_true(data_ready());
		return chip.coming[chip.coming_taken++];
	}
	return 0;
}

static void write_register(enum uart_register reg, uint8_t value)
{
	assert_false(chip.absent);
	if (reg == UART_IER && !(chip.lcr & UART_LCR_DIVISOR)) {
		chip.ier = value;
		chip.empty_told = false;
	}
	if (reg == UART_FCR)
		chip.fcr = value;
	if (reg == UART_LCR)
		chip.lcr = value;
	if (reg == UART_MCR)
		chip.mcr = value;
}

static void send(const uint8_t *bytes, size_t n)
{
	assert_int_equal(chip.fifo_used, 0); /* more would be lost by a real chip */
	assert_in_range(n, 1, chip.no_fifo ? 1 : UART_FIFO_BYTES);
	memcpy(chip.fifo, bytes, n);
	chip.fifo_used = n;
	chip.empty_told = false;
	if (chip.instant)
		time_passes();
}

static const struct uart_io io = { read_register, write_register, send };

static int set_up(void **state)
{
	(void)state;
	memset(&chip, 0, sizeof chip);
	memset(&uart, 0, sizeof uart);
	return 0;
}

static uint8_t pattern(size_t i) { return (uint8_t)(i * 7 + i / 256); }

static void put_output(size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring_put(&uart.out, pattern(i));
}

static void input_comes(size_t n)
{
	for (size_t i = 0; i < n; i++)
		chip.coming[chip.coming_used++] = pattern(i);
}

static void assert_wire(size_t n)
{
	assert_int_equal(chip.wire_used, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(chip.wire[i], pattern(i));
}

static void initialisation_lets_interrupts_through_and_enables_only_input(void **state)
{
	(void)state;
	assert_true(uart_init(&uart, &io));
	assert_int_equal(chip.ier, UART_IER_DATA);
	assert_int_equal(chip.lcr, UART_LCR_8N1);
	assert_int_equal(chip.mcr, UART_MCR_ON);
	assert_int_equal(chip.fcr, UART_FCR_RESET);
	assert_int_equal(uart.burst, UART_FIFO_BYTES);
}

static void an_absent_chip_discards_output_and_is_always_idle(void **state)
{
	(void)state;
	chip.absent = true;
	assert_false(uart_init(&uart, &io));
	put_output(RING_BYTES);
	uart_service(&uart);
	assert_int_equal(ring_room(&uart.out), RING_BYTES);
	assert_true(uart_is_idle(&uart));
}

static void output_leaves_in_bursts_by_one_interrupt_each(void **state)
{
	unsigned interrupts = 0;

	(void)state;
	assert_true(uart_init(&uart, &io));
	put_output(100);
	uart_service(&uart);
	assert_true(chip.ier & UART_IER_EMPTY);
	while (!uart_is_idle(&uart)) {
		assert_false(line_up());
		time_passes();
		if (line_up()) {
			interrupts++;
			uart_service(&uart);
		}
	}
	assert_wire(100);
	assert_int_equal(interrupts, 100 / UART_FIFO_BYTES);
	assert_int_equal(chip.ier, UART_IER_DATA);
}

static void a_chip_that_sends_at_once_needs_no_interrupt(void **state)
{
	(void)state;
	chip.instant = true;
	assert_true(uart_init(&uart, &io));
	put_output(RING_BYTES);
	uart_service(&uart);
	assert_wire(RING_BYTES);
	assert_true(uart_is_idle(&uart));
	assert_int_equal(chip.ier, UART_IER_DATA);
	assert_false(line_up());
}

static void a_chip_without_fifo_gets_one_byte_at_a_time(void **state)
{
	(void)state;
	chip.no_fifo = true;
	assert_true(uart_init(&uart, &io));
	put_output(3);
	for (int i = 0; i < 3; i++) {
		uart_service(&uart);
		time_passes();
	}
	assert_wire(3);
}

static void input_fills_the_ring_in_order_and_the_line_goes_down(void **state)
{
	uint8_t got[RING_BYTES];

	(void)state;
	assert_true(uart_init(&uart, &io));
	input_comes(300);
	assert_true(line_up());
	uart_service(&uart);
	assert_false(line_up());
	assert_int_equal(ring_peek(&uart.in, got, sizeof got), 300);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(got[i], pattern(i));
}

static void input_that_finds_no_room_waits_in_the_chip_until_some_is_taken(void **state)
{
	(void)state;
	assert_true(uart_init(&uart, &io));
	input_comes(RING_BYTES + 10);
	uart_service(&uart);
	assert_int_equal(ring_room(&uart.in), 0);
	assert_false(line_up());
	ring_drop(&uart.in, 4);
	uart_service(&uart);
	assert_int_equal(ring_room(&uart.in), 0);
	ring_drop(&uart.in, 100);
	uart_service(&uart);
	assert_int_equal(chip.coming_taken, RING_BYTES + 10);
	assert_int_equal(chip.ier, UART_IER_DATA);
}

static void overruns_are_counted_wherever_they_show(void **state)
{
	(void)state;
	assert_true(uart_init(&uart, &io));
	chip.overrun = true;
	uart_service(&uart);
	chip.overrun = true;
	assert_true(uart_is_idle(&uart));
	assert_int_equal(uart.overruns, 2);
}

static void a_break_is_no_input(void **state)
{
	uint8_t got;

	(void)state;
	assert_true(uart_init(&uart, &io));
	input_comes(2);
	chip.break_next = true;
	uart_service(&uart);
	assert_int_equal(ring_peek(&uart.in, &got, 1), 1);
	assert_int_equal(got, pattern(1));
}

static void a_chip_gone_mad_cannot_hold_the_driver(void **state)
{
	(void)state;
	assert_true(uart_init(&uart, &io));
	chip.mad = true;
	uart_service(&uart);
	assert_in_range(chip.reads, 1, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(initialisation_lets_interrupts_through_and_enables_only_input, set_up),
		cmocka_unit_test_setup(an_absent_chip_discards_output_and_is_always_idle, set_up),
		cmocka_unit_test_setup(output_leaves_in_bursts_by_one_interrupt_each, set_up),
		cmocka_unit_test_setup(a_chip_that_sends_at_once_needs_no_interrupt, set_up),
		cmocka_unit_test_setup(a_chip_without_fifo_gets_one_byte_at_a_time, set_up),
		cmocka_unit_test_setup(input_fills_the_ring_in_order_and_the_line_goes_down, set_up),
		cmocka_unit_test_setup(input_that_finds_no_room_waits_in_the_chip_until_some_is_taken, set_up),
		cmocka_unit_test_setup(overruns_are_counted_wherever_they_show, set_up),
		cmocka_unit_test_setup(a_break_is_no_input, set_up),
		cmocka_unit_test_setup(a_chip_gone_mad_cannot_hold_the_driver, set_up),
	};

	return cmocka_run_group_tests_name("servers/console/uart", tests, NULL, NULL);
}
