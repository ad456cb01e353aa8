/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to die, in tables by what they abuse. */
#pragma once
#include "kernel/abi/fault.h"
#include <stdint.h>

enum { FAULT_STATUS = 128, SURVIVED = 0 };
#define ENDS(fault) (FAULT_STATUS + FAULT_##fault)

struct kind {
	const char *name;
	int status;      /* exit status that a shell shall show */
	int also;        /* where the CPU model makes the difference, or the same */
	void (*run)(void); /* returns if nothing happened */
	const char *text; /* what it does */
};

/* Each ends with a kind without a name. */
extern const struct kind memory_kinds[];
extern const struct kind instruction_kinds[];
extern const struct kind state_kinds[];
extern const struct kind call_kinds[];

/* INT n: any vector. */
void instruction_interrupt(unsigned vector);
