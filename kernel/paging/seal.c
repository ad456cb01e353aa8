/* SPDX-License-Identifier: BSD-2-Clause */
/* See seal.h. Owns the key. What is made of it is in seal_keys, in vector registers until seal_end, and on the stack within a page. */
#include "kernel/paging/seal.h"
#include "hal/cpu.h"
#include "hal/random.h"
#include "kernel/base/mem.h"
#include "kernel/core/hash.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/paging/aead.h"
#include "kernel/task/vectors.h"

enum { STACK_BYTES = 1024 }; /* at least what encryption takes of it: tests/system/probe looks for more */

_Static_assert((int)SLOT_TAG_BYTES == (int)AEAD_TAG_BYTES && (int)AEAD_KEY_BYTES == (int)HASH_BYTES, "aead.h");

struct aead seal_keys;
static bool begun;
static uint64_t busy_below; /* the stack below has what is made of the key; 0: it does not */

/* The nonce: the same slot has another version each time. */
struct nonce {
	uint32_t slot, version[2];
};
_Static_assert(sizeof(struct nonce) == AEAD_NONCE_BYTES, "aead.h");

__attribute__((noinline)) static void wipe_stack(void)
{
	uint8_t below[STACK_BYTES];

	memset(below, 0, sizeof below);
	__asm__ volatile("" : : "r"(below) : "memory");
}

/* Before a panic says anything. An exception within a page has left what is below busy_below to whoever handles it, from sp down. */
static void wipe(uint64_t sp)
{
	memset(&seal_keys, 0, sizeof seal_keys);
	if (sp != 0 && sp < busy_below)
		memset((void *)sp, 0, busy_below - sp);
	wipe_stack();
	vectors_wipe();
}

static void make_key(const char **sources)
{
	static struct hal_random random;
	static uint8_t key[HASH_BYTES];
	struct hash_part part = { &random, sizeof random };

	*sources = hal_random_fill(&random);
	hash_parts(&part, 1, key);
	aead_init(&seal_keys, seal_keys.algorithm, key);
	memset(&random, 0, sizeof random);
	memset(key, 0, sizeof key);
}

void seal_init(void)
{
	enum aead_algorithm algorithm = aead_is_supported(AEAD_AES_GCM) ? AEAD_AES_GCM : AEAD_CHACHA;
	const char *sources;
	bool good;

	panic_wipe = wipe;
	begun = false;
	seal_begin();
	good = aead_check(&seal_keys, algorithm);
	make_key(&sources);
	wipe_stack();
	seal_end();
	if (!good)
		refuse_boot("paging: this CPU computes %s wrongly", aead_name(algorithm));
	log_line("paging: pages are sealed with %s, key from %s", aead_name(algorithm), sources);
}

void seal_begin(void)
{
	kassert(!begun, "one user of the vector registers at a time");
	begun = true;
	vectors_begin();
}

void seal_end(void)
{
	kassert(begun, "what ends has begun");
	vectors_end();
	begun = false;
}

__attribute__((noinline)) static bool work(bool opens, uint32_t slot, paddr_t frame)
{
	struct slot *s = slot_at(slot);
	struct nonce nonce = { slot, { (uint32_t)s->version, (uint32_t)(s->version >> 32) } };
	struct aead_message m = { .nonce = (const uint8_t *)&nonce, .text = hal_frame_ptr(frame), .bytes = PAGE_BYTES };

	kassert(begun, "the vector registers are the kernel's");
	hal_cpu_safe_point();
	busy_below = (uint64_t)__builtin_frame_address(0);
	if (opens)
		return aead_open(&seal_keys, &m, s->tag);
	aead_seal(&seal_keys, &m, s->tag);
	return true;
}

void seal_page(uint32_t slot, paddr_t frame)
{
	(void)work(false, slot, frame);
	wipe_stack();
	busy_below = 0;
}

bool seal_open(uint32_t slot, paddr_t frame)
{
	bool good = work(true, slot, frame);

	wipe_stack();
	busy_below = 0;
	return good;
}
