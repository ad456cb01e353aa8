/* SPDX-License-Identifier: BSD-2-Clause */
/* See aead.h. */
#include "kernel/paging/aead.h"
#include "kernel/base/mem.h"
#include <bearssl_aead.h>

enum { AES_KEY_BYTES = 16 };

struct keys {
	uint8_t chacha[AEAD_KEY_BYTES];
	br_aes_x86ni_ctr_keys aes;
	br_gcm_context gcm;
};
_Static_assert(sizeof(struct keys) <= AEAD_KEYS_BYTES, "aead.h");

static struct keys *keys_of(struct aead *a) { return (struct keys *)a->keys; }

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
	struct keys *k = keys_of(a);

	a->algorithm = algorithm;
	if (algorithm == AEAD_CHACHA) {
		memcpy(k->chacha, key, AEAD_KEY_BYTES);
		return;
	}
	br_aes_x86ni_ctr_init(&k->aes, key, AES_KEY_BYTES);
	br_gcm_init(&k->gcm, &k->aes.vtable, br_ghash_pclmul);
}

static void run(struct aead *a, const struct aead_message *m, int encrypt, uint8_t tag[AEAD_TAG_BYTES])
{
	struct keys *k = keys_of(a);

	if (a->algorithm == AEAD_CHACHA) {
		br_poly1305_ctmulq_run(k->chacha, m->nonce, m->text, m->bytes, m->beside, m->beside_bytes, tag,
				       br_chacha20_sse2_run, encrypt);
		return;
	}
	br_gcm_reset(&k->gcm, m->nonce, AEAD_NONCE_BYTES);
	if (m->beside_bytes != 0)
		br_gcm_aad_inject(&k->gcm, m->beside, m->beside_bytes);
	br_gcm_flip(&k->gcm);
	br_gcm_run(&k->gcm, encrypt, m->text, m->bytes);
	br_gcm_get_tag(&k->gcm, tag);
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
