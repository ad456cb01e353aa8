/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a page looks like outside RAM (I-SEAL): encrypted and authenticated under the slot's number and version, which
 * together are never used again, with a key made at boot that never leaves the kernel.
 *
 * Each page begins with a safe point and has none within: it is one stretch (I-BOUND).
 */
#pragma once
#include "hal/mmu.h"
#include "kernel/mm/slot.h"

/* Chooses the algorithm, checks it, makes the key and says so. */
void seal_init(void);

/* Around pages that are sealed or opened, any number of them, but nothing else that does. They take the vector registers. */
void seal_begin(void);
void seal_end(void);

/* Encrypts the page in this frame in place; sets the slot's tag. */
void seal_page(uint32_t slot, paddr_t frame);
/* Opens a sealed page in place. False: it is not what was sealed last in this slot; then the frame is zeros. */
[[nodiscard]] bool seal_open(uint32_t slot, paddr_t frame);

extern struct aead seal_keys; /* seal.c's own; tests look whether it is wiped, and found nowhere else */
