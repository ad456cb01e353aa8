/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark's client, over libsys; what it finds goes to the log, which is the first serial port. */
#include "channels.h"
#include "libsys/start.h"
#include "libsys/stubs.h"
#include "tests/bench/client.h"
#include "tests/bench/report.h"
#include "tests/bench/signet/bench/bench.h"
#include "transport_impl.h"

enum { CALIBRATION_NS = 2000000, NS_PER_SECOND = 1000000000 };

uint64_t bench_hz;
struct ipc_buffers transport_buffers;
struct message transport_message;
handle_t transport_moved;

/* ---- what the portable parts ask for ---- */

void report_line(const char *line, uint64_t bytes) { (void)sys_log_write((uint64_t)(uintptr_t)line, bytes, NULL); }

_Noreturn void bench_fail(const char *what)
{
	report_error(what, "");
	report_end();
	(void)supervisor_poweroff((struct supervisor_channel){ transport_moved });
	process_exit(1);
}

void transport_expect(enum transport_mode mode, uint64_t size)
{
	struct ipc_words m = { .a = mode, .b = size };
	uint64_t tag = BENCH_OPERATION_MODE;

	transport_buffers = (struct ipc_buffers){ .accept = 1, .accept_contracts = { SUPERVISOR_CONTRACT } };
	if (mode != EXPECT_END)
		transport_buffers = (struct ipc_buffers){ 0 };
	must(ipc_words_call(channel_peer().handle, &tag, &m) == ST_OK && tag == ST_OK,
	     "the server does not know this mode");
}

/* A landing window, so that what comes back can lie where it was. It is filled by way of the server: only pages that
 * somebody gave can be in a window. */
void *transport_home(size_t bytes)
{
	uint64_t pages = bytes / ABI_PAGE_BYTES;
	void *buffer, *window;

	must_be_ok(mem_map(MEM_BUFFER, pages, &buffer), "no memory");
	must_be_ok(mem_map(MEM_LANDING, pages, &window), "no window");
	for (size_t at = 0; at < bytes; at += ABI_PAGE_BYTES)
		*(volatile char *)((char *)buffer + at) = 0;
	transport_expect(EXPECT_GIVE, bytes);
	transport_give(buffer, bytes);
	transport_give_back(window, bytes);
	must_be_ok(mem_unmap(buffer, pages), "what was given cannot be unmapped");
	return window;
}

void transport_give_back(void *memory, size_t bytes)
{
	transport_buffers = (struct ipc_buffers){ .landing = transport_address(memory),
						  .landing_pages = bytes / ABI_PAGE_BYTES,
						  .accept = ACCEPT_GIVEN };
	transport_exchange(BENCH_OPERATION_GIVE_BACK, "pages did not come back");
	must(tag_pages(transport_message.tag) == bytes / ABI_PAGE_BYTES, "not all pages came back");
	transport_buffers = (struct ipc_buffers){ 0 };
}

/* ---- the whole ---- */

static uint64_t measure_hz(void)
{
	uint64_t from_ns = clock_now(), from = ticks(), ns;

	do
		ns = clock_now() - from_ns;
	while (ns < CALIBRATION_NS);
	return (uint64_t)((unsigned __int128)(ticks() - from) * NS_PER_SECOND / ns);
}

int main(void)
{
	const struct row_list lists[] = { client_rows(), thread_rows(), call_rows(), object_rows(), held_rows(),
					  memory_rows(), life_rows(),   time_rows(), paging_rows(), late_rows() };

	must(port() == TRANSPORT_PORT && channel_peer().handle == TRANSPORT_PEER, "handles are not where they were");
	transport_moved = channel_supervisor().handle;
	bench_hz = measure_hz();
	count_find_out();
	report_begin("signet", "0.1", bench_hz);
	rows_run(lists, sizeof lists / sizeof *lists, start_parameter("rows"));
	count_tell_maximum();
	report_end();
	return supervisor_poweroff((struct supervisor_channel){ transport_moved }) == ST_OK ? 0 : 1;
}
