/* SPDX-License-Identifier: BSD-2-Clause */
/* Any call by its number, for programs that test the kernel. Not in libsys: who wants it links the library `raw`. */
#pragma once
#include <stdint.h>

/* args go in, results come back in their place. Returns the status. */
uint64_t system_call(uint64_t nr, uint64_t args[6]);
