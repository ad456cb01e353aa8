/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that C has no words for, one function each. */
#pragma once
#include "machine/count.h"
#include <stdint.h>

enum {
	MSR_APIC_BASE = 0x1b,
	MSR_SYSENTER_CS = 0x174,
	MSR_SYSENTER_ESP = 0x175,
	MSR_SYSENTER_EIP = 0x176,
};
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_CSTAR          0xc0000083u
#define MSR_SFMASK         0xc0000084u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u

/* port_in8, port_out8 and so on. */
#define PORT_ACCESS(bits, suffix)                                                                                      \
	static inline uint##bits##_t port_in##bits(uint16_t port)                                                      \
	{                                                                                                              \
		uint##bits##_t value;                                                                                  \
		__asm__ volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port));                                    \
		return value;                                                                                          \
	}                                                                                                              \
	static inline void port_out##bits(uint16_t port, uint##bits##_t value)                                         \
	{                                                                                                              \
		__asm__ volatile("out" suffix " %0, %1" : : "a"(value), "Nd"(port));                                   \
	}
PORT_ACCESS(8, "b")
PORT_ACCESS(16, "w")
PORT_ACCESS(32, "l")
#undef PORT_ACCESS

static inline uint64_t msr_read(uint32_t msr)
{
	uint32_t low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile(COUNT_MSR "wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t tsc_read(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static inline uint64_t cr2_read(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline void cr4_write(uint64_t value) { __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory"); }

struct cpuid {
	uint32_t a, b, c, d;
};

static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t sub)
{
	struct cpuid r;
	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(sub));
	return r;
}
