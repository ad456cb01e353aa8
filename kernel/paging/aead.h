/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authenticated encryption (BearSSL): AES-128-GCM (NIST SP 800-38D) where the CPU computes it, ChaCha20-Poly1305 (RFC 8439)
 * on every other. Between vectors_begin and vectors_end only. A nonce is used once under a key.
 */
#pragma once
#include "kernel/base/types.h"

enum { AEAD_KEY_BYTES = 32, AEAD_NONCE_BYTES = 12, AEAD_TAG_BYTES = 16, AEAD_KEYS_BYTES = 448 };

enum aead_algorithm { AEAD_AES_GCM, AEAD_CHACHA, AEAD_ALGORITHMS };

/* Keys and what is made of them. Stays where it was initialised. */
struct aead {
	enum aead_algorithm algorithm;
	_Alignas(16) uint8_t keys[AEAD_KEYS_BYTES]; /* of aead.c */
};

struct aead_message {
	const uint8_t *nonce;
	void *text; /* changed in place */
	size_t bytes;
	const void *beside; /* authenticated with it, not encrypted */
	size_t beside_bytes;
};

const char *aead_name(enum aead_algorithm algorithm);
bool aead_is_supported(enum aead_algorithm algorithm);
/* AES takes the key's first 16 bytes. */
void aead_init(struct aead *a, enum aead_algorithm algorithm, const uint8_t key[AEAD_KEY_BYTES]);
void aead_seal(struct aead *a, const struct aead_message *m, uint8_t tag[AEAD_TAG_BYTES]);
/* False: it is not what was sealed with this key, nonce and tag; then the text is zeros. */
[[nodiscard]] bool aead_open(struct aead *a, const struct aead_message *m, const uint8_t tag[AEAD_TAG_BYTES]);

/* Does it compute what the standards say? Leaves *a with a key that everybody knows. */
bool aead_check(struct aead *a, enum aead_algorithm algorithm);
