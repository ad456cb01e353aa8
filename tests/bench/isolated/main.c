/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark as one image without a kernel: the machine, as far as it is needed, and the rows. */
#include "tests/bench/client.h"
#include "tests/bench/isolated/domains.h"
#include "tests/bench/isolated/own_rows.h"
#include "tests/bench/report.h"

enum { COM1 = 0x3f8, COM_IER = 1, COM_LCR = 3, COM_MCR = 4, COM_LSR = 5, LSR_EMPTY = 0x20, LCR_8N1 = 3, MCR_ON = 3 };
enum {
	PIT_CHANNEL2 = 0x42,
	PIT_MODE = 0x43,
	PIT_GATE = 0x61,
	MODE_CHANNEL2_COUNT = 0xb0,
	GATE_ON = 1,
	GATE_OUTPUT = 0x20
};
enum { PIT_HZ = 1193182, PIT_COUNT = 23863, POLLS_MAX = 100000 };
enum { DEBUG_EXIT = 0xf4, DEBUG_EXIT_POWER_OFF = 0x10, DEBUG_EXIT_FAILED = 0x11 };

bool bench_counts;

/* ---- the machine ---- */

static void port_out(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static uint8_t port_in(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void serial_start(void)
{
	port_out(COM1 + COM_IER, 0);
	port_out(COM1 + COM_LCR, LCR_8N1);
	port_out(COM1 + COM_MCR, MCR_ON);
}

static void serial_put(char c)
{
	for (unsigned i = 0; i < POLLS_MAX && !(port_in(COM1 + COM_LSR) & LSR_EMPTY); i++)
		;
	port_out(COM1, (uint8_t)c);
}

void report_line(const char *line, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		serial_put(line[i]);
	serial_put('\n');
}

/* Against 20 ms of the PIT (Intel 8254): its channel 2 in mode 0 raises its output at the end. */
static uint64_t measure_hz(void)
{
	uint64_t from;

	port_out(PIT_GATE, GATE_ON);
	port_out(PIT_MODE, MODE_CHANNEL2_COUNT);
	port_out(PIT_CHANNEL2, PIT_COUNT & 0xff);
	from = ticks();
	port_out(PIT_CHANNEL2, PIT_COUNT >> 8);
	while (!(port_in(PIT_GATE) & GATE_OUTPUT))
		;
	return (ticks() - from) * PIT_HZ / PIT_COUNT;
}

static _Noreturn void stop(uint8_t how)
{
	port_out(DEBUG_EXIT, how);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* ---- what the portable parts ask for ---- */

_Noreturn void bench_fail(const char *what)
{
	report_error(what, "");
	report_end();
	stop(DEBUG_EXIT_FAILED);
}

void bench_count_begin(void) {}
void bench_count_end(void) {}
void bench_count_row(const char *name) { (void)name; }

/* Compilers call these two by themselves. */
void *memset(void *to, int value, size_t n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
	return to;
}

_Noreturn void main(void);

void main(void)
{
	const struct row_list lists[] = { client_rows(), own_rows() };

	serial_start();
	server_start();
	report_begin("isolated", "0.1", measure_hz());
	report_note("client and server in one address space in ring 0, a call is a function call with a hand-over");
	rows_run(lists, sizeof lists / sizeof *lists, NULL);
	report_end();
	stop(DEBUG_EXIT_POWER_OFF);
}
