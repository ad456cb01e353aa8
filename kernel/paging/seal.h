/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a page looks like outside RAM (I-SEAL). Today it is copied as it is: the
 * version and tag fields of a slot are in place, the encryption is not, and the
 * pager could read or change what it stores. Filling in these two functions is
 * all that sealing needs.
 */
#pragma once
#include "hal/mmu.h"
#include "kernel/mm/slot.h"

/* Writes the sealed form of a page into another frame, under the slot's number and version; sets the slot's tag. */
void seal_page(uint32_t slot, paddr_t page, paddr_t sealed);
/* Opens a sealed page in place. False: it is not what was sealed last in this slot. */
[[nodiscard]] bool seal_open(uint32_t slot, paddr_t frame);
