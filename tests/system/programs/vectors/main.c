/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vectors SEED N: fills the vector registers, x87's and the control words with values made of SEED, then N
 * times makes a call or just runs for a while, and looks whether they are still there. Several at once show
 * whether they leak.
 */
#include "tests/system/programs/vectors/vectors.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTERS = 16, LANE_BYTES = 32 };

struct state {
	_Alignas(LANE_BYTES) uint8_t vector[REGISTERS][LANE_BYTES];
	uint32_t mxcsr;
	uint16_t control;
	uint64_t x87; /* an integer on the x87 stack */
};

static bool has_avx(void)
{
	uint32_t a = 1, b, c, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	return (c >> 27 & 3) == 3; /* OSXSAVE and AVX: Intel SDM 1, "Detection of AVX Instructions" */
}

static void make(struct state *s, uint32_t seed)
{
	for (unsigned i = 0; i < REGISTERS; i++)
		memset(s->vector[i], (int)(seed * 16 + i), LANE_BYTES);
	s->mxcsr = 0x1f80 | (seed & 3) << 13; /* the rounding mode */
	s->control = (uint16_t)(0x37f | (seed & 3) << 10);
	s->x87 = 1000003ull * seed;
}

/* Between load and store the compiler must not touch these registers: all is one piece of assembly, call included. */
// clang-format off
#define MOVE_ALL(OP)                                                                                                   \
	OP(0) OP(1) OP(2) OP(3) OP(4) OP(5) OP(6) OP(7) OP(8) OP(9) OP(10) OP(11) OP(12) OP(13) OP(14) OP(15)
// clang-format on
#define LOAD_SSE(n)  "movaps " #n "*32(%%rbx), %%xmm" #n "\n\t"
#define STORE_SSE(n) "movaps %%xmm" #n ", " #n "*32(%%r12)\n\t"
#define LOAD_AVX(n)  "vmovaps " #n "*32(%%rbx), %%ymm" #n "\n\t"
#define STORE_AVX(n) "vmovaps %%ymm" #n ", " #n "*32(%%r12)\n\t"
#define CONTROL_IN   "ldmxcsr 512(%%rbx)\n\tfldcw 516(%%rbx)\n\tfildq 520(%%rbx)\n\t"
#define CONTROL_OUT  "stmxcsr 512(%%r12)\n\tfnstcw 516(%%r12)\n\tfistpq 520(%%r12)\n\t"
#define CALL         "sub $128, %%rsp\n\tcall *%%r13\n\tadd $128, %%rsp\n\t" /* clear of the red zone */
#define CLOBBERS     "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc"

_Static_assert(offsetof(struct state, mxcsr) == 512 && offsetof(struct state, control) == 516 &&
		       offsetof(struct state, x87) == 520,
	       "as in CONTROL_IN");

static void hold_sse(const struct state *in, struct state *out, void (*meanwhile)(void))
{
	__asm__ volatile("mov %0, %%rbx\n\tmov %1, %%r12\n\tmov %2, %%r13\n\t" MOVE_ALL(LOAD_SSE)
				 CONTROL_IN CALL CONTROL_OUT MOVE_ALL(STORE_SSE)
			 :
			 : "r"(in), "r"(out), "r"(meanwhile)
			 : "rbx", "r12", "r13", CLOBBERS);
}

static void hold_avx(const struct state *in, struct state *out, void (*meanwhile)(void))
{
	__asm__ volatile("mov %0, %%rbx\n\tmov %1, %%r12\n\tmov %2, %%r13\n\t" MOVE_ALL(LOAD_AVX)
				 CONTROL_IN CALL CONTROL_OUT MOVE_ALL(STORE_AVX) "vzeroupper\n\t"
			 :
			 : "r"(in), "r"(out), "r"(meanwhile)
			 : "rbx", "r12", "r13", CLOBBERS);
}

int main(int argc, char *argv[])
{
	uint32_t seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000;
	bool avx = has_avx();
	size_t lane = avx ? LANE_BYTES : LANE_BYTES / 2;
	static struct state in, out;

	make(&in, seed);
	for (unsigned long i = 0; i < rounds; i++) {
		memset(&out, 0, sizeof out);
		(avx ? hold_avx : hold_sse)(&in, &out, i % 16 == 0 ? run_for_a_while : call_pong);
		for (unsigned r = 0; r < REGISTERS; r++)
			if (memcmp(in.vector[r], out.vector[r], lane) != 0) {
				printf("vectors %u: register %u changed in round %lu\n", (unsigned)seed, r, i);
				return 1;
			}
		if ((out.mxcsr & 0xffc0) != in.mxcsr || out.control != in.control || out.x87 != in.x87) {
			printf("vectors %u: a control word or x87 changed in round %lu\n", (unsigned)seed, i);
			return 1;
		}
	}
	printf("vectors %u: kept for %lu rounds with %s\n", (unsigned)seed, rounds, avx ? "AVX" : "SSE");
	return 0;
}
