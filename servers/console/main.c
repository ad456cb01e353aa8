/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console server: the contract console over a 16550. Owns who waits for
 * what. One write may wait for room in the transmit ring, or in a script's
 * session until it is sent, while calls and interrupts go on being served; a call
 * that would overtake it waits for it. So writes keep their order and nothing
 * here grows with the number of clients. A session is known by the state of its
 * channel, so it outlives this instance.
 */
#include "channels.h"
#include "contracts/console_server.h"
#include "servers/console/output.h"
#include "servers/console/uart.h"

enum { READERS_MAX = 16 };
enum { NAP_NS = 1000000 }; /* about what 11 bytes take */

static handle_t quiet_port; /* nobody knows it: to wait there is to sleep */
static struct uart uart;
static bool framed; /* a script's session lasts */

static struct {
	uint64_t token;
	enum console_stream stream;
	const uint8_t *data;
	size_t bytes;
	enum { NONE, WANTS_ROOM, HAS_ROOM } stage;
} held; /* the write that waits; its bytes are in the buffer that does not receive */
static _Alignas(8) uint8_t buffers[2][CONSOLE_SERVER_BYTES];
static struct serving serving = { .contracts = { &console_server }, .bytes_size = CONSOLE_SERVER_BYTES };

static struct {
	uint64_t token;
	uint32_t channel;
} readers[READERS_MAX]; /* first come, first served */
static unsigned reader_count;

/* ---- the chip's registers ---- */

static uint8_t read_register(enum uart_register reg)
{
	uint64_t value = UART_NOBODY;

	return device_io(device_uart(), DEVICE_IO_READ(1), reg, &value) == ST_OK ? (uint8_t)value : UART_NOBODY;
}

static void write_register(enum uart_register reg, uint8_t byte)
{
	uint64_t value = byte;

	(void)device_io(device_uart(), DEVICE_IO_WRITE(1), reg, &value); /* fails only where reading does, too */
}

static void send_bytes(const uint8_t *bytes, size_t n)
{
	for (size_t done = 0, piece; done < n; done += piece) {
		uint64_t value = 0;

		piece = n - done < sizeof value ? n - done : sizeof value;
		for (size_t i = 0; i < piece; i++)
			value |= (uint64_t)bytes[done + i] << (8 * i);
		(void)device_io(device_uart(), DEVICE_IO_WRITE_BYTES(piece), UART_DATA, &value);
	}
}

static const struct uart_io registers = { read_register, write_register, send_bytes };

/* ---- answers ---- */

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
		(void)console_answer_read(readers[i].token, ST_PEER_GONE, NULL);
		drop_reader(i);
	}
}

/* Input goes to the first reader; if that one is gone or has no room for it, to the next. */
static bool answer_readers(void)
{
	uint8_t bytes[CONSOLE_READ_BYTES_MAX];
	bool moved = false;

	while (reader_count > 0 && ring_used(&uart.in) > 0) {
		struct console_read_reply reply = { .data = bytes };

		reply.data_bytes = ring_peek(&uart.in, bytes, sizeof bytes);
		if (console_answer_read(readers[0].token, ST_OK, &reply) == ST_OK)
			ring_drop(&uart.in, reply.data_bytes);
		drop_reader(0);
		moved = true;
	}
	return moved;
}

/* A write is done when there is room for it; in a script's session, when the chip has it. */
static bool answer_writer(void)
{
	if (held.stage == WANTS_ROOM) {
		bool is_error = held.stream == CONSOLE_STREAM_ERR;

		if (!output_write(&uart.out, framed, is_error, held.data, held.bytes))
			return false;
		held.stage = HAS_ROOM;
		return true;
	}
	if (held.stage == NONE || (framed && ring_used(&uart.out) > 0))
		return false;
	held.stage = NONE;
	(void)console_answer_write(held.token, ST_OK);
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

/* A call that must not overtake the write that waits. */
static void let_writer_finish(void)
{
	while (held.stage != NONE)
		nap();
}

enum status console_serve_write(struct serving *s, const struct console_write_request *request)
{
	let_writer_finish();
	held.token = s->in.token;
	held.stream = request->stream;
	held.data = request->data;
	held.bytes = request->data_bytes;
	held.stage = WANTS_ROOM;
	serving_use_bytes(s, s->bytes == buffers[0] ? buffers[1] : buffers[0]);
	return ST_LATER;
}

enum status console_serve_read(struct serving *s, struct console_read_reply *reply)
{
	(void)reply;
	if (reader_count == READERS_MAX)
		return ST_BUSY;
	readers[reader_count].token = s->in.token;
	readers[reader_count].channel = s->in.channel;
	reader_count++;
	return ST_LATER;
}

enum status console_serve_frame(struct serving *s)
{
	(void)s;
	let_writer_finish();
	framed = true;
	return ST_OK;
}

/* The machine may be switched off after the answer, so it comes when the last bit is on the wire. */
enum status console_serve_finish(struct serving *s, const struct console_finish_request *request)
{
	(void)s;
	if (request->exit_status > CONSOLE_EXIT_STATUS_MAX)
		return ST_BAD_ARG;
	let_writer_finish();
	while (!output_status(&uart.out, request->exit_status))
		nap();
	progress();
	while (!uart_is_idle(&uart))
		nap();
	framed = false;
	return ST_OK;
}

/* A session that a predecessor had goes on; one whose client is gone is over. */
static void hear_of_channel(const struct serving *s)
{
	bool in_session = serving_state(s) == CONSOLE_STATE_FRAMED;

	if (s->in.words[0] & NOTIFY_CLOSED) {
		drop_readers_of(s->in.channel);
		framed = framed && !in_session;
	} else if (s->in.words[0] & NOTIFY_RESTARTED) {
		framed = framed || in_session;
	}
}

static void hear(struct serving *s)
{
	if (tag_kind(s->in.tag) == MESSAGE_KIND_IRQ)
		(void)irq_ack(irq_uart()); /* before the chip is served: see uart_service */
	else if (tag_kind(s->in.tag) == MESSAGE_KIND_NOTIFY)
		hear_of_channel(s);
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
	serving.port = port();
	serving.bytes = buffers[0];
	serving.hear = hear;
	if (port_create(PORT_RANK_OWN, &quiet_port) != ST_OK) {
		log_write("no port to wait at");
		return false;
	}
	if (!uart_init(&uart, &registers))
		log_write("no UART answers: output is discarded, input never comes");
	else if (irq_ack(irq_uart()) != ST_OK)
		log_write("the UART's interrupt cannot be used");
	return true;
}

int main(void)
{
	if (!set_up())
		return 1;
	for (;;) {
		progress();
		if (serve_next(&serving, DEADLINE_NEVER) != ST_OK)
			return 1;
		serve_take(&serving);
		tell_overruns();
	}
}
