/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (BearSSL), with a safe point every 256 bytes (I-BOUND). */
#pragma once
#include "kernel/base/types.h"

enum { HASH_BYTES = 32 };

struct hash_part {
	const void *at; /* NULL: zeros */
	uint64_t bytes; /* at most 64 when zeros */
};

/* The hash of the parts, one after the other. */
void hash_parts(const struct hash_part *parts, unsigned count, uint8_t hash[HASH_BYTES]);
/* The first eight bytes of a hash in hexadecimal, for the log; size at least 17. */
void hash_prefix(const uint8_t hash[HASH_BYTES], char *text, size_t size);
