/* SPDX-License-Identifier: BSD-2-Clause */
/* Selectors; entry.asm and boot.asm know them. SYSRET wants user data just below user code. */
#pragma once

enum {
	SEGMENT_KERNEL_CODE = 0x08,
	SEGMENT_KERNEL_DATA = 0x10,
	SEGMENT_SYSRET_BASE = 0x10, /* SS is this + 8, CS this + 16, both with RPL 3 */
	SEGMENT_USER_DATA = 0x18,
	SEGMENT_USER_CODE = 0x20,
	SEGMENT_TASK = 0x28,
};
