/* SPDX-License-Identifier: BSD-2-Clause */
/* A child of the benchmark: calls, and does what the answer says. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "tests/bench/signet/benchchild/orders.h"

static void fill(uint64_t pages)
{
	void *memory;

	if (mem_map(MEM_BUFFER, pages, &memory) != ST_OK)
		process_exit(1);
	for (uint64_t i = 0; i < pages; i++)
		*(volatile char *)((char *)memory + i * ABI_PAGE_BYTES) = 1;
}

int main(void)
{
	struct plain_message m = { 0 };

	do {
		m.tag = BENCH_OPERATION_WORDS;
		m.words[0] = 0;
		if (ipc_call_plain(channel_parent().handle, &m) != 0)
			return 1;
		if (m.words[0] == ORDER_FILL)
			fill(m.words[1]);
	} while (m.words[0] != ORDER_EXIT);
	while (__builtin_ia32_rdtsc() < m.words[1])
		;
	return 0;
}
