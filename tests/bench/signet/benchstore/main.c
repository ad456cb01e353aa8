/* SPDX-License-Identifier: BSD-2-Clause */
/* What is paged out lies here. Like servers/ramdisk, but pinned, as all that the pager calls, and with nothing in it at first. */
#include "channels.h"
#include "servers/ramdisk/store.h"

enum { STORE_PAGES = 1024 };

int main(void)
{
	const uint64_t size = (uint64_t)STORE_PAGES * ABI_PAGE_BYTES;
	void *memory;

	if (mem_map(MEM_BUFFER, STORE_PAGES, &memory) != ST_OK) {
		log_write("there is no room for the store");
		return 1;
	}
	for (uint64_t at = 0; at < size; at += ABI_PAGE_BYTES) /* now, not while somebody waits */
		((volatile uint8_t *)memory)[at] = 0;
	return store_serve((struct store){ .bytes = memory, .size = size }, port());
}
