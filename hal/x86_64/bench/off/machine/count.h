/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the benchmark's kernel counts. In the usual kernel these are nothing: its build finds this file, that of
 * signet-bench.elf finds hal/x86_64/bench/on/machine/count.h, which says more.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Text of assembly, before an instruction that is counted. */
#define COUNT_CR3        ""
#define COUNT_CR0        ""
#define COUNT_MSR        ""
#define COUNT_INVLPG     ""
#define COUNT_XSAVE      ""
#define COUNT_XRSTOR     ""
#define COUNT_SAFE_POINT ""
#define COUNT_IDLE_BEGIN ""
#define COUNT_IDLE_END   ""

static inline bool count_takes_line(const char *text, size_t bytes)
{
	(void)text;
	(void)bytes;
	return false;
}
