/* SPDX-License-Identifier: BSD-2-Clause */
/* What CPUID says of the CPU, where the outcome depends on it. */
#include "servers/die/kinds.h"
#include <string.h>

enum { LEAF_FEATURES = 1, LEAF_MORE = 7, BIT_UMIP = 2, BIT_XSAVE = 27, BIT_HYPERVISOR = 31, BIT_SMAP = 20 };
#define LEAF_HYPERVISOR 0x40000000u

struct cpuid {
	uint32_t a, b, c, d;
};

static struct cpuid ask(uint32_t leaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
	return r;
}

static struct cpuid ask_if_known(uint32_t leaf) { return ask(0).a >= leaf ? ask(leaf) : (struct cpuid){ 0 }; }

static bool is_tcg(void)
{
	struct cpuid r;

	if (!(ask(LEAF_FEATURES).c >> BIT_HYPERVISOR & 1))
		return false;
	r = ask(LEAF_HYPERVISOR);
	return memcmp(&r.b, "TCGTCGTCGTCG", 3 * sizeof r.b) == 0;
}

bool feature_is_here(enum feature feature)
{
	switch (feature) {
	case HAS_UMIP:
		return ask_if_known(LEAF_MORE).c >> BIT_UMIP & 1;
	case HAS_XSAVE:
		return ask(LEAF_FEATURES).c >> BIT_XSAVE & 1;
	case IS_INTEL:
		return ask(0).b == 0x756e6547; /* "Genu" of GenuineIntel */
	case NOT_TCG:
		return !is_tcg();
	case FAR_WORKS:
		return !(is_tcg() && (ask_if_known(LEAF_MORE).b >> BIT_SMAP & 1));
	case ALWAYS:
		break;
	}
	return true;
}
