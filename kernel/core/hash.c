/* SPDX-License-Identifier: BSD-2-Clause */
/* See hash.h. */
#include "kernel/core/hash.h"
#include "hal/cpu.h"
#include "kernel/base/arith.h"
#include "kernel/base/fmt.h"
#include <bearssl_hash.h>

enum { STRETCH_BYTES = 256 };

void hash_parts(const struct hash_part *parts, unsigned count, uint8_t hash[HASH_BYTES])
{
	static const uint8_t zeros[64];
	br_sha256_context context;

	br_sha256_init(&context);
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *at = parts[i].at != NULL ? parts[i].at : zeros;

		for (uint64_t done = 0, n; done < parts[i].bytes; done += n) {
			n = min_u64(STRETCH_BYTES, parts[i].bytes - done);
			br_sha256_update(&context, at + done, n);
			hal_cpu_safe_point();
		}
	}
	br_sha256_out(&context, hash);
}

void hash_prefix(const uint8_t hash[HASH_BYTES], char *text, size_t size)
{
	for (unsigned i = 0; i < 8; i++)
		fmt_print(text + 2 * i, size - 2 * i, "%02x", hash[i]);
}
