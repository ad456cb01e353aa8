/* SPDX-License-Identifier: BSD-2-Clause */
/* What the client stubs made from a contract stand on. Programs call the stubs: build/contracts/NAME.h. */
#pragma once
#include "libsys/ipc.h"
#include "libsys/words.h"
#include <stdbool.h>

/*
 * Leaves a line in the program's section .signet.contracts, which is not loaded: "client files 0123456789abcdef". It
 * stands in the function that uses the contract, so that who never calls it has none. "library console": the system
 * library uses it where the manifest names it, so the program is not asked to.
 */
#define CONTRACT_USED(line)                                                                                            \
	__asm__ __inline__(".pushsection .signet.contracts, \"MS\", @progbits, 1\n\t.string \"" line                   \
			   "\"\n\t.popsection")

/* The tag without its lengths and the ends' contracts: operation, kinds, number of handles, marks. */
#define TAG_SHAPE      (0xffffffffull & ~(0xffull << TAG_ENDS_BIT))
#define TAG_LENT_READ  ((uint64_t)MESSAGE_PAGES_LENT_READ << TAG_PAGES_KIND_BIT)
#define TAG_LENT_WRITE ((uint64_t)MESSAGE_PAGES_LENT_WRITE << TAG_PAGES_KIND_BIT)
#define TAG_GIVEN      ((uint64_t)MESSAGE_PAGES_GIVEN << TAG_PAGES_KIND_BIT)
#define TAG_ENDS(n)    ((uint64_t)(n) << TAG_HANDLES_BIT)

static inline bool length_is_within(uint64_t n, uint64_t low, uint64_t high) { return n - low <= high - low; }

/* What to offer for an answer of at most `most`. */
static inline size_t client_room(size_t size, size_t most) { return size < most ? size : most; }

/* The status that a call returned, or that an answer's tag tells, when that is not simply OK. */
enum status client_status(uint64_t tag);

/* Calls with words only. OK: *m is an answer of words only. */
static inline __attribute__((always_inline)) enum status client_call_words(handle_t channel, uint64_t tag,
									   struct ipc_words *m)
{
	enum status st = ipc_words_call(channel, &tag, m);

	return st != ST_OK || tag == ST_OK ? st : client_status(tag);
}

/*
 * Calls with more. OK: the answer has `handles` ends, all of the contracts that *parts accepts, pages of the kind or
 * none, and lengths within the bounds; else whatever came along is dropped.
 */
struct client_answer {
	unsigned handles;
	uint64_t bytes_low, bytes_high;
	uint64_t pages_low, pages_high; /* given */
};
enum status client_call(handle_t channel, struct message *m, const struct ipc_buffers *parts, uint64_t deadline_ns,
			const struct client_answer *expected);

/* Drops an answer that is not of the contract: its ends are closed. */
enum status client_refuse(const struct message *m);
