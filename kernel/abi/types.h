/* SPDX-License-Identifier: BSD-2-Clause */
/* Types that the kernel and user space share. */
#pragma once
#include <stdint.h>

typedef uint64_t uaddr_t;  /* a user address: in the kernel a claim, never dereferenced */
typedef uint32_t handle_t; /* index (low 8 bits) and generation into the process's own handle table; 0 is never valid */

enum { ABI_PAGE_BYTES = 4096 };
