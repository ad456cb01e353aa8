/* SPDX-License-Identifier: BSD-2-Clause */
/* A child of the benchmark: calls, and does what the answer says. */
#include "channels.h"
#include "contracts/bench.h"
#include "libsys/ipc.h"
#include "libsys/words.h"
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
	struct ipc_words m;

	do {
		uint64_t tag = BENCH_OPERATION_WORDS;

		m = (struct ipc_words){ 0 };
		if (ipc_words_call(channel_parent().handle, &tag, &m) != ST_OK || tag != ST_OK)
			return 1;
		if (m.a == ORDER_FILL)
			fill(m.b);
	} while (m.a != ORDER_EXIT);
	while (__builtin_ia32_rdtsc() < m.b)
		;
	return 0;
}
