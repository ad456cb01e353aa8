/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550 serial port, by interrupts in both directions. Owns what lies between
 * its registers and two rings; reaches the registers through functions, so that
 * tests can put a model of the chip behind them.
 *
 * Registers: the National Semiconductor PC16550D data sheet, "8.0 Registers".
 */
#pragma once
#include "servers/console/ring.h"

enum uart_register {
	UART_DATA = 0, /* read: the oldest byte received; write: the next to send */
	UART_IER = 1,  /* interrupt enable */
	UART_IIR = 2,  /* read: interrupt identification */
	UART_FCR = 2,  /* write: FIFO control */
	UART_LCR = 3,  /* line control */
	UART_MCR = 4,  /* modem control */
	UART_LSR = 5,  /* line status */
	UART_MSR = 6,  /* modem status */
};

enum {
	UART_IER_DATA = 0x01,  /* a byte has come */
	UART_IER_EMPTY = 0x02, /* there is room for bytes to send */
	UART_IIR_NONE = 0x01,
	UART_IIR_FIFO = 0xc0,  /* both bits: a FIFO that works */
	UART_FCR_RESET = 0x07, /* FIFO on and emptied, an interrupt from the first byte: most time for an answer */
	UART_LCR_8N1 = 0x03,
	UART_LCR_DIVISOR = 0x80,
	UART_MCR_ON = 0x0b, /* DTR, RTS, and OUT2, which lets interrupts through on a PC */
	UART_LSR_DATA = 0x01,
	UART_LSR_OVERRUN = 0x02,
	UART_LSR_BREAK = 0x10,
	UART_LSR_EMPTY = 0x20, /* the transmit FIFO is empty */
	UART_LSR_IDLE = 0x40,  /* and the last byte is on the wire */
	UART_NOBODY = 0xff,    /* what an absent chip reads as */
	UART_FIFO_BYTES = 16,
};

struct uart_io {
	uint8_t (*read)(enum uart_register reg);
	void (*write)(enum uart_register reg, uint8_t value);
	void (*send)(const uint8_t *bytes, size_t n); /* to UART_DATA, one after the other; at most UART_FIFO_BYTES */
};

struct uart {
	const struct uart_io *io;
	struct ring out, in;
	size_t burst;       /* bytes that an empty transmitter takes */
	uint64_t overruns;  /* times that bytes were lost because nobody took them */
	uint8_t interrupts; /* IER as it was written */
	bool present;
};

/* 115,200 baud, 8N1. False: no chip is there; what is put in `out` is discarded then and nothing ever comes in. */
bool uart_init(struct uart *u, const struct uart_io *io);
/*
 * Moves what can be moved between chip and rings. To be called after each
 * interrupt (acknowledged before, so that no edge is missed), after putting
 * bytes in `out` and after taking some from `in`.
 */
void uart_service(struct uart *u);
/* Everything put in `out` has left the chip. */
bool uart_is_idle(struct uart *u);
