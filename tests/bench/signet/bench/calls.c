/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that change nothing that would have to be undone: each at its cheapest, by the stub that programs call. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "libsys/stubs.h"
#include "tests/bench/signet/bench/bench.h"

enum { AHCI_REGISTERS = 5, UART_SCRATCH = 7 };

/* A row that repeats one call, which is `expected` each time; it is looked at once. */
#define REPEAT(function, expected, call)                                                                               \
	static uint64_t function(const struct row *row, uint64_t ops)                                                  \
	{                                                                                                              \
		enum status st = (expected);                                                                           \
		uint64_t t;                                                                                            \
                                                                                                                       \
		(void)row;                                                                                             \
		t = measure_begin();                                                                                   \
		for (uint64_t i = 0; i < ops; i++)                                                                     \
			st = (call);                                                                                   \
		t = measure_end(t);                                                                                    \
		must(st == (expected), "a call did not return what it must");                                          \
		return t;                                                                                              \
	}

static uint64_t results[2];
static struct message m;
static handle_t quiet_port; /* where nothing ever comes */
static uint32_t own_id;
static struct process_status status;
static char page[ABI_PAGE_BYTES] __attribute__((aligned(4096)));
static uint64_t bus_address;

static uint64_t address_of(const void *p) { return (uint64_t)(uintptr_t)p; }

static handle_t a_quiet_port(void)
{
	if (quiet_port == 0)
		must_be_ok(port_create(PORT_RANK_OWN, &quiet_port), "no port");
	return quiet_port;
}

/* A channel of ours, to ourselves: its notifications come to the port that we were born with, and wait there. */
static uint32_t own_channel(void)
{
	static uint32_t id;
	handle_t end;

	if (id == 0)
		must_be_ok(channel_create(a_quiet_port(), 0, BENCH_CONTRACT, &end, &id), "no channel");
	return id;
}

/* Deadlines that have passed: neither waits for anybody. */
REPEAT(call_ipc_call, ST_TIMED_OUT, ipc_call(channel_peer().handle, &m, NULL, 0))
REPEAT(call_ipc_recv, ST_TIMED_OUT, ipc_recv(quiet_port, &m, NULL, 0))
/* Bits that are set already, and nobody waits for. */
REPEAT(call_ipc_notify, ST_OK, sys_ipc_notify(quiet_port, own_id, 1, NULL))
REPEAT(call_process_status, ST_OK, sys_process_status(0, address_of(&status), NULL))
/* A line that is not masked; a register of no device. */
REPEAT(call_irq_ack, ST_OK, sys_irq_ack(irq_ports(), NULL))
REPEAT(call_device_io, ST_OK, sys_device_io(device_ports(), DEVICE_IO_READ(1), UART_SCRATCH, 0, results))
REPEAT(call_clock_now, ST_OK, sys_clock_now(results))
REPEAT(call_log_write, ST_OK, sys_log_write(address_of("x"), 1, NULL))

static uint64_t call_ipc_notify_and_drain(const struct row *row, uint64_t ops)
{
	uint64_t t;

	own_id = own_channel();
	t = call_ipc_notify(row, ops);
	must_be_ok(ipc_recv(port(), &m, NULL, 0), "the bits did not wait");
	return t;
}

static uint64_t call_ipc_recv_empty(const struct row *row, uint64_t ops)
{
	(void)a_quiet_port();
	return call_ipc_recv(row, ops);
}

/* dma_map and dma_unmap of one page, of which one is measured. */
static uint64_t run_dma(const struct row *row, uint64_t ops)
{
	uint64_t sum = 0;

	page[0] = 1;
	for (uint64_t i = 0; i < ops; i++) {
		uint64_t t = 0;

		if (row->size == SYS_dma_map)
			t = measure_begin();
		must_be_ok(sys_dma_map(device_ahci(), address_of(page), 1, address_of(&bus_address), NULL), "no DMA");
		if (row->size == SYS_dma_map)
			sum += measure_end(t);
		else
			t = measure_begin();
		must_be_ok(sys_dma_unmap(device_ahci(), address_of(page), 1, NULL), "DMA does not end");
		if (row->size == SYS_dma_unmap)
			sum += measure_end(t);
	}
	return sum;
}

/* A device's registers stay mapped as long as the device is ours, and make mem_map longer: so this comes last. */
static uint64_t run_device_map(const struct row *row, uint64_t ops)
{
	uint64_t t;

	(void)row;
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		must_be_ok(sys_device_map(device_ahci(), AHCI_REGISTERS, results), "no registers");
	return measure_end(t);
}

static const struct row rows[] = {
	{ "null_call", call_clock_now, 0, 1000, 0 },
	{ "call_clock_now", call_clock_now, 0, 1000, 0 },
	{ "call_ipc_call", call_ipc_call, 0, 1000, 0 },
	{ "call_ipc_recv", call_ipc_recv_empty, 0, 1000, 0 },
	{ "call_ipc_notify", call_ipc_notify_and_drain, 0, 1000, 0 },
	{ "call_process_status", call_process_status, 0, 500, 0 },
	{ "call_irq_ack", call_irq_ack, 0, 500, 0 },
	{ "call_device_io", call_device_io, 0, 500, 0 },
	{ "call_dma_map", run_dma, SYS_dma_map, 200, 0 },
	{ "call_dma_unmap", run_dma, SYS_dma_unmap, 200, 0 },
	{ "call_log_write", call_log_write, 0, 8, 0 },
};

struct row_list call_rows(void) { return ROW_LIST(rows); }

static const struct row late[] = {
	{ "call_device_map", run_device_map, 0, 16, 0 },
};

struct row_list late_rows(void) { return ROW_LIST(late); }
