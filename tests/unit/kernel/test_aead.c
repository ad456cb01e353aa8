/* SPDX-License-Identifier: BSD-2-Clause */
/* Authenticated encryption against published examples, and against whoever changes a bit. */
#include "tests/unit/kernel/aead_vectors.h"
#include "tests/unit/kernel/world.h"
#include <string.h>

static struct aead a;
static uint8_t key[AEAD_KEY_BYTES];

static void both_algorithms_compute_what_their_documents_say(void **state)
{
	(void)state;
	assert_int_equal(aead_vectors_count(AEAD_AES_GCM), 6);
	assert_int_equal(aead_vectors_count(AEAD_CHACHA), 3);
	for (enum aead_algorithm of = 0; of < AEAD_ALGORITHMS; of++) {
		const char *wrong = aead_is_supported(of) ? aead_vectors_wrong(&a, of) : NULL;

		if (wrong != NULL)
			fail_msg("%s: %s", aead_name(of), wrong);
		assert_true(!aead_is_supported(of) || aead_check(&a, of));
	}
}

/* A page sealed under a nonce; then these bits of page, tag and nonce are changed. */
static bool opens(enum aead_algorithm of, int page_bit, int tag_bit, int nonce_bit)
{
	static uint8_t page[PAGE_BYTES], before[PAGE_BYTES], zeros[PAGE_BYTES];
	uint8_t nonce[AEAD_NONCE_BYTES] = { 1, 2, 3 }, tag[AEAD_TAG_BYTES];
	struct aead_message m = { nonce, page, PAGE_BYTES, NULL, 0 };
	bool good;

	aead_vectors_fill(before);
	aead_vectors_fill(page);
	aead_init(&a, of, key);
	aead_seal(&a, &m, tag);
	assert_memory_not_equal(page, before, 64);
	if (page_bit >= 0)
		page[page_bit / 8] ^= (uint8_t)(1 << page_bit % 8);
	if (tag_bit >= 0)
		tag[tag_bit / 8] ^= (uint8_t)(1 << tag_bit % 8);
	if (nonce_bit >= 0)
		nonce[nonce_bit / 8] ^= (uint8_t)(1 << nonce_bit % 8);
	good = aead_open(&a, &m, tag);
	assert_memory_equal(page, good ? before : zeros, PAGE_BYTES);
	return good;
}

static void a_changed_bit_of_page_tag_or_nonce_opens_nothing_and_leaves_zeros(void **state)
{
	(void)state;
	for (enum aead_algorithm of = 0; of < AEAD_ALGORITHMS; of++) {
		if (!aead_is_supported(of))
			continue;
		assert_true(opens(of, -1, -1, -1));
		for (int bit = 0; bit < 8 * PAGE_BYTES; bit += 8 * 16 + 1)
			assert_false(opens(of, bit, -1, -1));
		assert_false(opens(of, 8 * PAGE_BYTES - 1, -1, -1));
		for (int bit = 0; bit < 8 * AEAD_TAG_BYTES; bit++)
			assert_false(opens(of, -1, bit, -1));
		for (int bit = 0; bit < 8 * AEAD_NONCE_BYTES; bit++)
			assert_false(opens(of, -1, -1, bit));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_algorithms_compute_what_their_documents_say),
		cmocka_unit_test(a_changed_bit_of_page_tag_or_nonce_opens_nothing_and_leaves_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
