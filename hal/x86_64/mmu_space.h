/* SPDX-License-Identifier: BSD-2-Clause */
/* The tags of address spaces. */
#pragma once
#include "hal/mmu.h"

enum { MMU_TAGS_MAX = 1 << 12 }; /* PCIDs; 0 is nobody's */

/* No space has a tag from now on; `count` of them, below MMU_TAGS_MAX, may be given out: 0 without PCIDs. */
void mmu_space_module_init(unsigned count);
