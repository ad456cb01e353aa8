/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What published documents say that the two algorithms compute, and for a whole page what another implementation (Python's cryptography,
 * over OpenSSL) computes. Run on the host (test_aead.c) and by the kernel on the machine (tests/system/probe).
 */
#pragma once
#include "kernel/paging/aead.h"

/* The name of the first example that comes out otherwise, sealed or opened; NULL: none. */
const char *aead_vectors_wrong(struct aead *a, enum aead_algorithm algorithm);
/* How many there are for it, the page included. */
unsigned aead_vectors_count(enum aead_algorithm algorithm);

/* A page of bytes none of whose blocks is another. */
void aead_vectors_fill(uint8_t page[PAGE_BYTES]);
