/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x87, SSE and AVX registers of a thread (Intel SDM 1, "Managing State
 * Using the XSAVE Feature Set"). The kernel itself uses none of them. CR0.MP is
 * set, so WAIT traps with the others (boot.asm).
 */
#include "hal/context.h"
#include "hal/mmu.h"
#include "hal/x86_64/cpu.h"
#include "machine/count.h"

enum { CR0_TS = 8 };
enum { AT_CONTROL_WORD = 0, AT_MXCSR = 24, AT_HEADER = 512, HEADER_BYTES = 64 };

/* x87 and SSE as after FNINIT: all exceptions masked. */
static const uint16_t initial_control_word = 0x37f;
static const uint32_t initial_mxcsr = 0x1f80;

/* A header of zeros tells XRSTOR that every part is in its first state, whatever lies in the parts; FXRSTOR loads them. */
void hal_vector_init(struct vector_state *v)
{
	if (cpu_features.xsave)
		__builtin_memset(v->bytes + AT_HEADER, 0, HEADER_BYTES);
	else
		__builtin_memset(v, 0, AT_HEADER);
	__builtin_memcpy(v->bytes + AT_CONTROL_WORD, &initial_control_word, sizeof initial_control_word);
	__builtin_memcpy(v->bytes + AT_MXCSR, &initial_mxcsr, sizeof initial_mxcsr);
}

/* Where the CPU would leave the last owner's instruction and data address, a harmless load replaces them
 * first. */
static void forget_x87_pointers(void)
{
	static const uint32_t zero = 0;

	__asm__ volatile("fnclex; emms; fildl %0" : : "m"(zero));
}

/*
 * 32 bytes a step where the CPU has AVX, by one register, which its owner has back with all that it held. It may be
 * closed meanwhile.
 */
void hal_frame_clear(paddr_t frame)
{
	uint64_t *at = hal_frame_ptr(frame), cr0, steps = PAGE_BYTES / (32 * 32);
	uint8_t was[32];

	if (!cpu_features.avx) {
		__builtin_memset(at, 0, PAGE_BYTES);
		return;
	}
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	hal_vector_trap(false);
	__asm__ volatile("vmovdqu %%ymm0, %2; vpxor %%xmm0, %%xmm0, %%xmm0\n"
			 "1:\n"
			 ".set n, 0\n.rept 32\nvmovdqa %%ymm0, n(%0)\n.set n, n + 32\n.endr\n"
			 "add $1024, %0; dec %1; jnz 1b\n"
			 "vmovdqu %2, %%ymm0"
			 : "+r"(at), "+r"(steps), "=m"(was)
			 :
			 : "memory");
	if (cr0 & CR0_TS)
		hal_vector_trap(true);
}

bool hal_vector_is_lazy(void) { return cpu_features.lazy_vectors; }

void hal_vector_trap(bool on)
{
	if (on)
		__asm__ volatile(COUNT_CR0 "mov %%cr0, %%rax; or %0, %%al; mov %%rax, %%cr0" : : "i"(CR0_TS) : "rax");
	else
		__asm__ volatile(COUNT_CR0 "clts" : :);
}

void hal_vector_switch(struct vector_state *save, const struct vector_state *restore)
{
	if (save != NULL && cpu_features.xsave)
		__asm__ volatile(COUNT_XSAVE "xsave64 %0" : "+m"(*save) : "a"(7), "d"(0));
	else if (save != NULL)
		__asm__ volatile(COUNT_XSAVE "fxsave64 %0" : "=m"(*save));
	if (restore == NULL)
		return;
	if (cpu_features.keeps_x87_pointers)
		forget_x87_pointers();
	if (cpu_features.xsave)
		__asm__ volatile(COUNT_XRSTOR "xrstor64 %0" : : "m"(*restore), "a"(7), "d"(0) : "memory");
	else
		__asm__ volatile(COUNT_XRSTOR "fxrstor64 %0" : : "m"(*restore) : "memory");
}
