/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to die, in tables by what they abuse. */
#pragma once
#include "kernel/abi/fault.h"
#include <stdbool.h>
#include <stdint.h>

enum { FAULT_STATUS = 128, SURVIVED = 0 };
#define ENDS(fault) (FAULT_STATUS + FAULT_##fault)

/* What an outcome may depend on. */
enum feature {
	ALWAYS,
	HAS_UMIP,
	HAS_XSAVE,
	IS_INTEL,
	NOT_TCG,   /* QEMU's translator raises neither #AC nor #XM, and does not know ICEBP */
	FAR_WORKS, /* with SMAP, QEMU 7.2's translator pops the frame of a far return as if it were ring 0,
		      and faults */
};

struct kind {
	const char *name;
	enum feature feature;
	int status;        /* exit status that a shell shall show, with the feature */
	int otherwise;     /* and without */
	void (*run)(void); /* returns if nothing happened */
	const char *text;  /* what it does */
};

#define KIND(name, status, run, text)                                                                                  \
	{                                                                                                              \
		name, ALWAYS, status, status, run, text                                                                \
	}
#define KIND_IF(feature, name, status, otherwise, run, text)                                                           \
	{                                                                                                              \
		name, feature, status, otherwise, run, text                                                            \
	}

/* Each ends with a kind without a name. */
extern const struct kind memory_kinds[];
extern const struct kind instruction_kinds[];
extern const struct kind state_kinds[];
extern const struct kind call_kinds[];

/* INT n: any vector. */
void instruction_interrupt(unsigned vector);

/* Asks CPUID. */
bool feature_is_here(enum feature feature);
