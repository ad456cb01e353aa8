/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A RAM disk: libsys/contracts/block.contract from the server's own data. What is
 * written is gone when it ends; the next instance starts with the disk that the
 * sealed image holds.
 */
#include "channels.h"
#include "servers/ramdisk/store.h"

extern uint8_t disk[], disk_end[]; /* image.asm */

int main(void)
{
	struct store store = { .bytes = disk, .size = (uint64_t)(disk_end - disk) };

	log_write("%lu KiB in memory", (unsigned long)(store.size >> 10));
	return store_serve(store, port());
}
