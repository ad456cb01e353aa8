/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver whose interrupt comes by itself: in loop-back the UART (16550) receives what it sends, and with a FIFO that
 * waits for more it interrupts four characters' time later. The first thing done then is to read the clock.
 */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "tests/bench/signet/benchirq/orders.h"

enum { DATA = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { IER_DATA = 1, FCR_ON_RESET_14 = 0xc7, LCR_8N1 = 3, LCR_DIVISOR = 0x83, MCR_LOOP_IRQ = 0x18, NOBODY = 0xff };
enum { DIVISOR_115200 = 1 };

static uint64_t taken;

static uint8_t get(unsigned reg)
{
	uint64_t value = 0;

	(void)device_io(device_uart(), DEVICE_IO_READ(1), reg, &value);
	return (uint8_t)value;
}

static void put(unsigned reg, uint64_t value) { (void)device_io(device_uart(), DEVICE_IO_WRITE(1), reg, &value); }

static uint64_t arm(void)
{
	if (get(LSR) == NOBODY)
		return 0;
	taken = 0;
	put(LCR, LCR_DIVISOR);
	put(DATA, DIVISOR_115200);
	put(IER, 0); /* the divisor's upper half */
	put(LCR, LCR_8N1);
	put(FCR, FCR_ON_RESET_14);
	put(MCR, MCR_LOOP_IRQ);
	put(IER, IER_DATA);
	(void)irq_ack(irq_uart());
	put(DATA, 0);
	return 1;
}

static void calm(void)
{
	put(IER, 0);
	(void)get(DATA);
	put(MCR, 0);
}

int main(void)
{
	struct message m;
	enum status st = ipc_recv(port(), &m, NULL, DEADLINE_NEVER);

	while (st == ST_OK) {
		uint64_t now = __builtin_ia32_rdtsc();

		if (tag_kind(m.tag) == MESSAGE_KIND_IRQ) {
			taken = taken == 0 ? now : taken;
			calm();
			st = ipc_recv(port(), &m, NULL, DEADLINE_NEVER);
			continue;
		}
		m.words[0] = m.words[0] == IRQ_ARM ? arm() : taken;
		m.tag = ST_OK;
		st = ipc_reply_recv(m.token, &m, NULL, &m, port(), DEADLINE_NEVER);
	}
	log_write("cannot receive: %s", status_text(st));
	return 1;
}
