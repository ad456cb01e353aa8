/* SPDX-License-Identifier: BSD-2-Clause */
/* The same as hal/x86_64/inline/machine/local.h, of the fake machine: host_cpu.c. */
#pragma once
#include <stdint.h>

struct cpu;

struct cpu *hal_cpu_local(void);
void hal_tls_load(const uint64_t *base);
