/* SPDX-License-Identifier: BSD-2-Clause */
/* The same as hal/x86_64/inline/machine/tlb.h, of the fake machine: host_tlb.c. */
#pragma once
#include <stdint.h>

void tlb_load(uint64_t cr3);
uint64_t tlb_loaded(void);
void tlb_drop_page(uint64_t address);
void tlb_drop_all(void);
