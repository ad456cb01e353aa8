/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See numbers.h. Only the supervisor gives devices, so no child has one: here the calls about devices are made by this
 * process, which claims ports that are nobody's. A bad range ends it: each needs a run of its own.
 */
#include "channels.h"
#include "kernel/abi/layout.h"
#include "libsys/raw.h"
#include "tests/system/programs/numbers/numbers.h"
#include <string.h>

enum { PAGE = ABI_PAGE_BYTES, SMALL = 64, SINGLE_BITS = SMALL + 64, ALL_BUT_ONE = SINGLE_BITS + 64, PAGES = 2 };

/* As many pages as may be asked for with success. */
static char memory[SMALL * PAGE] __attribute__((aligned(PAGE)));
static uint64_t bus_addresses[SMALL];

static uint64_t at(const volatile void *p) { return (uint64_t)(uintptr_t)p; }

/* Small numbers, single bits, all but a single bit. */
static uint64_t number(unsigned i)
{
	if (i < SMALL)
		return i;
	return i < SINGLE_BITS ? 1ull << (i - SMALL) : ~(1ull << (i - SINGLE_BITS));
}

static unsigned call_with(uint64_t nr, unsigned place, uint64_t value, struct seen *seen, unsigned long *count)
{
	uint64_t args[6] = { nr == SYS_irq_ack ? irq_ports() : device_ports() };
	unsigned st;

	if (nr == SYS_device_io)
		args[1] = DEVICE_IO_READ(1);
	if (nr == SYS_dma_map || nr == SYS_dma_unmap) {
		args[1] = at(memory);
		args[2] = PAGES;
		args[3] = at(bus_addresses);
	}
	args[place] = value;
	st = (unsigned)system_call(nr, args);
	seen->statuses |= 1ull << st;
	++*count;
	return st;
}

/* Each ends what it began, lest the allowance is used up. */
static void undo(uint64_t nr, unsigned place, uint64_t value)
{
	if (nr == SYS_dma_map)
		(void)dma_unmap(device_ports(), place == 1 ? (void *)(uintptr_t)value : memory,
				place == 2 ? value : PAGES);
}

/* False for a handle that is none and is taken all the same. */
static bool try_handles(uint64_t nr, struct seen *seen, unsigned long *count)
{
	handle_t good = nr == SYS_irq_ack ? irq_ports() : device_ports();
	handle_t other = nr == SYS_irq_ack ? device_ports() : irq_ports();
	const uint64_t bad[] = { 0, 1, 0x1fe, UINT64_MAX, good + 0x100u, good | 1u << 31, other, port() };

	for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
		if (call_with(nr, 0, bad[i], seen, count) != ST_BAD_HANDLE)
			return false;
	return true;
}

void touch_devices(void) { memset(memory, 1, sizeof memory); }

bool sweep_devices(void)
{
	bool good = true;

	for (uint64_t nr = SYS_irq_ack; nr <= SYS_dma_unmap; nr++) {
		struct seen seen = { 0 };
		unsigned long count = 0;

		good = try_handles(nr, &seen, &count) && good;
		for (unsigned place = 1; place < arguments_of(nr); place++)
			for (unsigned i = 0; i < ALL_BUT_ONE; i++) {
				if (nr == SYS_dma_map && place != 2) /* an address: see bad_range */
					continue;
				if (call_with(nr, place, number(i), &seen, &count) == ST_OK)
					undo(nr, place, number(i));
			}
		tell(nr, &seen, count);
	}
	return good && irq_ack(irq_ports()) == ST_OK;
}

void pass_bad_range(unsigned n)
{
	static const uint64_t fixed[] = {
		0,
		PAGE,
		0x300000000000,
		0xffffffff80000000,
		0xffff800000000000,
		0x0000800000000000,
		LAYOUT_USER_END - PAGE,
		UINT64_MAX - PAGE + 1,
	};
	enum { FIXED = sizeof fixed / sizeof *fixed, STRADDLING = FIXED, FREED, READ_ONLY };
	char *half = memory;
	unsigned kind = n / 2;
	uint64_t bad;

	if (mem_map(MEM_BUFFER, PAGES, (void **)&half) != ST_OK || mem_unmap(half + PAGE, 1) != ST_OK)
		return;
	if (kind >= FREED && mem_unmap(half, 1) != ST_OK)
		return;
	bad = kind < FIXED         ? fixed[kind]
	      : kind == STRADDLING ? at(half) + (n % 2 ? PAGE - 8 : 0)
	      : kind == FREED      ? at(half)
				   : LAYOUT_IMAGE_BASE;
	(void)dma_map(device_ports(), n % 2 ? memory : (void *)(uintptr_t)bad, PAGES,
		      n % 2 ? (uint64_t *)(uintptr_t)bad : bus_addresses);
}
