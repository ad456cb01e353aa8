/* SPDX-License-Identifier: BSD-2-Clause */
/* See aead.h. */
#include "kernel/paging/aead.h"
#include "kernel/base/mem.h"

enum { AES_KEY_BYTES = 16 };

const char *aead_name(enum aead_algorithm algorithm)
{
	return algorithm == AEAD_AES_GCM ? "AES-128-GCM (AES-NI, PCLMULQDQ)" : "ChaCha20-Poly1305 (SSE2)";
}

bool aead_is_supported(enum aead_algorithm algorithm)
{
	return algorithm == AEAD_CHACHA || (br_aes_x86ni_ctr_get_vtable() != NULL && br_ghash_pclmul_get() != NULL);
}

void aead_init(struct aead *a, enum aead_algorithm algorithm, const uint8_t key[AEAD_KEY_BYTES])
{
	a->algorithm = algorithm;
	if (algorithm == AEAD_CHACHA) {
		memcpy(a->chacha, key, AEAD_KEY_BYTES);
		return;
	}
	br_aes_x86ni_ctr_init(&a->aes, key, AES_KEY_BYTES);
	br_gcm_init(&a->gcm, &a->aes.vtable, br_ghash_pclmul);
}

static void run(struct aead *a, const struct aead_message *m, int encrypt, uint8_t tag[AEAD_TAG_BYTES])
{
	if (a->algorithm == AEAD_CHACHA) {
		br_poly1305_ctmulq_run(a->chacha, m->nonce, m->text, m->bytes, m->beside, m->beside_bytes, tag,
				       br_chacha20_sse2_run, encrypt);
		return;
	}
	br_gcm_reset(&a->gcm, m->nonce, AEAD_NONCE_BYTES);
	if (m->beside_bytes != 0)
		br_gcm_aad_inject(&a->gcm, m->beside, m->beside_bytes);
	br_gcm_flip(&a->gcm);
	br_gcm_run(&a->gcm, encrypt, m->text, m->bytes);
	br_gcm_get_tag(&a->gcm, tag);
}

void aead_seal(struct aead *a, const struct aead_message *m, uint8_t tag[AEAD_TAG_BYTES]) { run(a, m, 1, tag); }

bool aead_open(struct aead *a, const struct aead_message *m, const uint8_t tag[AEAD_TAG_BYTES])
{
	uint64_t is[2], should_be[2];

	run(a, m, 0, (uint8_t *)is);
	memcpy(should_be, tag, sizeof should_be);
	if (((is[0] ^ should_be[0]) | (is[1] ^ should_be[1])) == 0) /* in a time that does not tell where they differ */
		return true;
	memset(m->text, 0, m->bytes);
	return false;
}
