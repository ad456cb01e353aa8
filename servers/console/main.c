/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server: libsys/contracts/console.h over a 16550. Owns who waits
 * for what. One write may wait for room in the transmit ring while calls and
 * interrupts go on being served; a call that would overtake it waits for it. So
 * writes keep their order and nothing here grows with the number of clients.
 */
#include "libsys/ipc.h"
#include "libsys/start.h"
#include "servers/console/output.h"
#include "servers/console/uart.h"

enum { WRITE_BYTES_MAX = 4096, READERS_MAX = 16 };
enum { NAP_NS = 1000000 }; /* about what 11 bytes take */

static handle_t port, irq, device;
static handle_t quiet_port; /* nobody knows it: to wait there is to sleep */
static struct uart uart;
static enum console_mode mode;

static struct {
	uint64_t token;
	enum console_stream stream;
	size_t bytes;
	bool waits;
} held; /* the write that waits for room; its bytes are in buffers[1 - receiving] */
static uint8_t buffers[2][WRITE_BYTES_MAX];
static unsigned receiving; /* which buffer the next call fills */

static struct {
	uint64_t token;
	uint32_t channel;
} readers[READERS_MAX]; /* first come, first served */
static unsigned reader_count;

/* ---- the chip's registers ---- */

static uint8_t read_register(enum uart_register reg)
{
	uint64_t value = UART_NOBODY;

	return device_io(device, DEVICE_IO_READ(1), reg, &value) == ST_OK ? (uint8_t)value : UART_NOBODY;
}

static void write_register(enum uart_register reg, uint8_t byte)
{
	uint64_t value = byte;

	(void)device_io(device, DEVICE_IO_WRITE(1), reg, &value); /* fails only where reading does, too */
}

static void send_bytes(const uint8_t *bytes, size_t n)
{
	for (size_t done = 0, piece; done < n; done += piece) {
		uint64_t value = 0;

		piece = n - done < sizeof value ? n - done : sizeof value;
		for (size_t i = 0; i < piece; i++)
			value |= (uint64_t)bytes[done + i] << (8 * i);
		(void)device_io(device, DEVICE_IO_WRITE_BYTES(piece), UART_DATA, &value);
	}
}

static const struct uart_io registers = { read_register, write_register, send_bytes };

/* ---- answers ---- */

/* A caller that is gone needs none. */
static void answer(uint64_t token, enum status st)
{
	struct message m = { .tag = tag_make((uint16_t)st) };

	(void)ipc_reply(token, &m, NULL);
}

static void drop_reader(unsigned i)
{
	reader_count--;
	for (; i < reader_count; i++)
		readers[i] = readers[i + 1];
}

static void drop_readers_of(uint32_t channel)
{
	for (unsigned i = reader_count; i-- > 0;) {
		if (readers[i].channel != channel)
			continue;
		answer(readers[i].token, ST_PEER_GONE);
		drop_reader(i);
	}
}

/* Input goes to the first reader; if that one is gone or has no room for it, to the next. */
static bool answer_readers(void)
{
	uint8_t bytes[CONSOLE_READ_MAX];
	bool moved = false;

	while (reader_count > 0 && ring_used(&uart.in) > 0) {
		size_t n = ring_peek(&uart.in, bytes, sizeof bytes);
		struct ipc_buffers b = { .send_bytes = (uaddr_t)(uintptr_t)bytes };
		struct message m = { .tag = tag_with_bytes(tag_make(ST_OK), n) };
		enum status st = ipc_reply(readers[0].token, &m, &b);

		if (st == ST_OK)
			ring_drop(&uart.in, n);
		else
			answer(readers[0].token, st);
		drop_reader(0);
		moved = true;
	}
	return moved;
}

static bool answer_writer(void)
{
	if (!held.waits || !output_write(&uart.out, mode, held.stream, buffers[1 - receiving], held.bytes))
		return false;
	held.waits = false;
	answer(held.token, ST_OK);
	return true;
}

/* Serving the chip frees room and brings input; using these may give it work again: until nothing moves. */
static void progress(void)
{
	do
		uart_service(&uart);
	while (answer_writer() || answer_readers());
}

/* Interrupts arrive at the port where calls do, so while no call can be taken the chip is polled. */
static void nap(void)
{
	struct message m = { 0 };

	(void)ipc_recv(quiet_port, &m, NULL, clock_now() + NAP_NS);
	progress();
}

/* ---- calls ---- */

static void write_bytes(const struct message *m)
{
	held.token = m->token;
	held.stream = (enum console_stream)m->words[0];
	held.bytes = tag_bytes(m->tag);
	held.waits = true;
	receiving = 1 - receiving;
}

static void read_bytes(const struct message *m)
{
	if (reader_count == READERS_MAX) {
		answer(m->token, ST_BUSY);
		return;
	}
	readers[reader_count].token = m->token;
	readers[reader_count].channel = m->channel;
	reader_count++;
}

static void set_mode(const struct message *m)
{
	mode = (enum console_mode)m->words[0];
	answer(m->token, ST_OK);
}

/* The machine may be switched off after the answer, so it comes when the last bit is on the wire. */
static void end_commands(const struct message *m)
{
	while (!output_status(&uart.out, (unsigned)m->words[0]))
		nap();
	progress();
	while (!uart_is_idle(&uart))
		nap();
	answer(m->token, ST_OK);
}

static bool is_good(const struct message *m)
{
	switch (tag_op(m->tag)) {
	case CONSOLE_WRITE:
		return m->words[0] == CONSOLE_OUT || m->words[0] == CONSOLE_ERR;
	case CONSOLE_READ:
		return true;
	case CONSOLE_MODE:
		return m->words[0] == CONSOLE_INTERACTIVE || m->words[0] == CONSOLE_FRAMED;
	case CONSOLE_STATUS:
		return mode == CONSOLE_FRAMED && m->words[0] <= 999;
	default:
		return false;
	}
}

static void serve(const struct message *m)
{
	for (unsigned i = 0; i < tag_handles(m->tag); i++)
		(void)handle_close(m->handles[i]); /* the contract knows none */
	if (!is_good(m)) {
		answer(m->token, ST_BAD_ARG);
		return;
	}
	if (tag_op(m->tag) == CONSOLE_READ) {
		read_bytes(m);
		return;
	}
	while (held.waits)
		nap();
	if (tag_op(m->tag) == CONSOLE_WRITE)
		write_bytes(m);
	else if (tag_op(m->tag) == CONSOLE_MODE)
		set_mode(m);
	else
		end_commands(m);
}

static void tell_overruns(void)
{
	static uint64_t told;

	if (uart.overruns == told)
		return;
	told = uart.overruns;
	log_write("input was lost, for the %luth time", (unsigned long)told);
}

static bool set_up(void)
{
	port = start_port();
	device = start_device("uart");
	irq = start_irq("uart");
	if (port_create(PORT_RANK_OWN, &quiet_port) != ST_OK) {
		log_write("no port to wait at");
		return false;
	}
	if (!uart_init(&uart, &registers))
		log_write("no UART answers: output is discarded, input never comes");
	else if (irq_ack(irq) != ST_OK)
		log_write("the UART's interrupt cannot be used");
	return true;
}

int main(void)
{
	if (!set_up())
		return 1;
	for (;;) {
		struct ipc_buffers b = { .recv_bytes = (uaddr_t)(uintptr_t)buffers[receiving],
					 .recv_capacity = WRITE_BYTES_MAX };
		struct message m = { 0 };

		progress();
		if (ipc_recv(port, &m, &b, DEADLINE_NEVER) != ST_OK)
			return 1;
		if (tag_kind(m.tag) == MESSAGE_KIND_CALL)
			serve(&m);
		else if (tag_kind(m.tag) == MESSAGE_KIND_IRQ)
			(void)irq_ack(irq); /* before the chip is served: see uart_service */
		else if (m.words[0] & NOTIFY_CLOSED)
			drop_readers_of(m.channel);
		tell_overruns();
	}
}
