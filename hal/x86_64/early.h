/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot order within the HAL, and memory as it is before paging_init: the first 4 GiB lie at their own
 * addresses. */
#pragma once
#include "hal/boot.h"
#include "hal/x86_64/ranges.h"

#define EARLY_END 0x100000000ull

/* NULL if any of it is out of reach. Only before paging_init. */
static inline void *early_ptr(uint64_t at, uint64_t bytes)
{
	if (at == 0 || at >= EARLY_END || bytes > EARLY_END - at)
		return NULL;
	__asm__("" : "+r"(at)); /* the compiler knows no object there */
	return (void *)at;
}

/* get16 and so on: firmware aligns nothing. */
#define GET(bits)                                                                                                      \
	static inline uint##bits##_t get##bits(const void *p)                                                          \
	{                                                                                                              \
		uint##bits##_t v;                                                                                      \
		__builtin_memcpy(&v, p, sizeof v);                                                                     \
		return v;                                                                                              \
	}
GET(16)
GET(32)
GET(64)
#undef GET

/* boot_info.c: understands the loader; *rsdp := where it says the ACPI root is, or 0. */
void boot_info_read(struct boot_info *info, uint32_t magic, uint32_t at, uint64_t *rsdp);
/* Everything the firmware's memory map names: RAM, its own, reserved. */
extern struct ranges boot_firmware_memory;

void console_line(const char *text); /* uart.c: one line of the HAL's own */
void segments_init(void);            /* segments.c */
