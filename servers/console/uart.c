/* SPDX-License-Identifier: BSD-2-Clause */
/* See uart.h. */
#include "servers/console/uart.h"

enum { DIVISOR_115200 = 1, ROUNDS_MAX = 64 };

/* Reading the register clears its error bits, so every reader has to count them. */
static uint8_t line_status(struct uart *u)
{
	uint8_t status = u->io->read(UART_LSR);

	if (status & UART_LSR_OVERRUN)
		u->overruns++;
	return status;
}

static void enable(struct uart *u, uint8_t interrupts)
{
	if (interrupts == u->interrupts)
		return;
	u->interrupts = interrupts;
	u->io->write(UART_IER, interrupts);
}

bool uart_init(struct uart *u, const struct uart_io *io)
{
	u->io = io;
	u->present = io->read(UART_LSR) != UART_NOBODY;
	if (!u->present)
		return false;
	io->write(UART_IER, 0);
	io->write(UART_LCR, UART_LCR_8N1 | UART_LCR_DIVISOR);
	io->write(UART_DATA, DIVISOR_115200);
	io->write(UART_IER, 0); /* the divisor's upper half */
	io->write(UART_LCR, UART_LCR_8N1);
	io->write(UART_FCR, UART_FCR_RESET);
	io->write(UART_MCR, UART_MCR_ON);
	u->burst = (io->read(UART_IIR) & UART_IIR_FIFO) == UART_IIR_FIFO ? UART_FIFO_BYTES : 1;
	(void)io->read(UART_MSR);
	u->interrupts = 0;
	uart_service(u);
	return true;
}

/* With no room left the bytes wait in the chip; the sender may be able to wait, too. */
static void receive(struct uart *u)
{
	while (ring_room(&u->in) > 0) {
		uint8_t status = line_status(u), byte;

		if (!(status & UART_LSR_DATA))
			return;
		byte = u->io->read(UART_DATA);
		if (!(status & UART_LSR_BREAK))
			ring_put(&u->in, byte);
	}
}

/* An emulated chip has sent a burst at once, and then the next can follow without an interrupt. */
static void transmit(struct uart *u)
{
	uint8_t bytes[UART_FIFO_BYTES];

	while (ring_used(&u->out) > 0 && (line_status(u) & UART_LSR_EMPTY)) {
		size_t n = ring_peek(&u->out, bytes, u->burst);

		u->io->send(bytes, n);
		ring_drop(&u->out, n);
	}
}

/*
 * Goes on until the chip's interrupt line is down: the line is edge-triggered,
 * so what comes later raises it again. The limit is for a chip gone mad.
 */
void uart_service(struct uart *u)
{
	unsigned rounds = 0;

	if (!u->present) {
		ring_drop(&u->out, ring_used(&u->out));
		return;
	}
	do {
		receive(u);
		transmit(u);
		enable(u, (uint8_t)((ring_room(&u->in) > 0 ? UART_IER_DATA : 0) |
				    (ring_used(&u->out) > 0 ? UART_IER_EMPTY : 0)));
	} while (!(u->io->read(UART_IIR) & UART_IIR_NONE) && ++rounds < ROUNDS_MAX);
}

bool uart_is_idle(struct uart *u)
{
	return !u->present || (ring_used(&u->out) == 0 && (line_status(u) & UART_LSR_IDLE));
}
