/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of a message. A message is a tag and six words in registers, plus
 * optionally bytes (copied once), pages (flipped) and handles (moved), which
 * struct ipc_buffers describes. docs/architecture.md draws it.
 */
#pragma once
#include "kernel/abi/types.h"

enum {
	MESSAGE_WORDS = 6,
	MESSAGE_BYTES_MAX = 65536, /* bytes copied by one message */
	MESSAGE_PAGES_MAX = 16384, /* pages flipped by one message: 64 MiB */
	MESSAGE_HANDLES_MAX = 4,
	MESSAGE_CONTRACTS_MAX = 4, /* contracts of the ends that a receiver takes */
};

/*
 * The tag, from bit 0: operation 12, kind 2, unused 2, pages kind 2, handles 3,
 * replayable 1, set badge 1, ends 8, unused 1, bytes 17, pages 15. Kind and ends
 * are the kernel's, set on receipt: a sender leaves them zero, as the unused bits.
 * Ends: for handle i two bits, the entry of the receiver's accept_contracts that
 * its contract is.
 */
enum message_pages {
	MESSAGE_PAGES_NONE = 0,
	MESSAGE_PAGES_LENT_READ = 1,  /* the receiver may read them until it replies */
	MESSAGE_PAGES_LENT_WRITE = 2, /* the receiver may read and write them until it replies */
	MESSAGE_PAGES_GIVEN = 3,      /* theirs for good, charge and all */
};

enum message_kind {
	MESSAGE_KIND_CALL = 0,   /* a call: token is valid, and a reply is owed */
	MESSAGE_KIND_NOTIFY = 1, /* notification bits of one channel, in word 0 */
	MESSAGE_KIND_IRQ = 2,    /* an interrupt; the badge is the irq's handle */
	MESSAGE_KIND_CHILD = 3,  /* a child's state changed; the badge is what its creator chose */
};

#define TAG_OP_MASK        0xfffull
#define TAG_KIND_BIT       12
#define TAG_PAGES_KIND_BIT 16
#define TAG_HANDLES_BIT    18
#define TAG_IDEMPOTENT     (1ull << 21) /* may be delivered again to the next server; not with handles or given pages */
#define TAG_SET_BADGE      (1ull << 22) /* in a reply: the channel's badge becomes the badge argument */
#define TAG_ENDS_BIT       23
#define TAG_UNUSED         (3ull << 14 | 1ull << 31)
#define TAG_OF_KERNEL      (3ull << TAG_KIND_BIT | 0xffull << TAG_ENDS_BIT)
#define TAG_BYTES_BIT      32
#define TAG_BYTES_MASK     (0x1ffffull << TAG_BYTES_BIT)
#define TAG_PAGES_BIT      49

static inline uint64_t tag_make(uint16_t op) { return op; }
static inline uint16_t tag_op(uint64_t tag) { return (uint16_t)(tag & TAG_OP_MASK); }
static inline uint64_t tag_bytes(uint64_t tag) { return (tag >> TAG_BYTES_BIT) & 0x1ffff; }
static inline uint64_t tag_pages(uint64_t tag) { return tag >> TAG_PAGES_BIT; }
static inline unsigned tag_handles(uint64_t tag) { return (unsigned)(tag >> TAG_HANDLES_BIT) & 7; }
static inline enum message_pages tag_pages_kind(uint64_t tag)
{
	return (enum message_pages)((tag >> TAG_PAGES_KIND_BIT) & 3);
}
static inline enum message_kind tag_kind(uint64_t tag) { return (enum message_kind)((tag >> TAG_KIND_BIT) & 3); }
/* Which of the receiver's accept_contracts handle i belongs to. */
static inline unsigned tag_end(uint64_t tag, unsigned i) { return (unsigned)(tag >> (TAG_ENDS_BIT + 2 * i)) & 3; }
static inline uint64_t tag_with_bytes(uint64_t tag, uint64_t bytes) { return tag | bytes << TAG_BYTES_BIT; }
static inline uint64_t tag_with_handles(uint64_t tag, unsigned n) { return tag | (uint64_t)n << TAG_HANDLES_BIT; }
static inline uint64_t tag_with_pages(uint64_t tag, enum message_pages kind, uint64_t pages)
{
	return tag | (uint64_t)kind << TAG_PAGES_KIND_BIT | pages << TAG_PAGES_BIT;
}

/* Notification bits of a channel. The upper eight belong to the kernel. */
#define NOTIFY_USER_BITS 0x00ffffffffffffffull
#define NOTIFY_CLOSED    (1ull << 63) /* the other end is gone; nothing more comes from this channel */
#define NOTIFY_RESTARTED (1ull << 62) /* to a server: this channel outlived your predecessor; all user bits are set */

/*
 * What a receiver takes beside words, bytes and lent pages; what it does not take is refused to the sender. Bits 0 to
 * 2: the most handles, 0 to MESSAGE_HANDLES_MAX. Other bits are zero.
 */
#define ACCEPT_HANDLES_MASK 7ull
#define ACCEPT_GIVEN        8ull /* pages that are given */

/* Where the optional parts of a message are. Read once, at the call; may be NULL when all parts are absent. */
struct ipc_buffers {
	uaddr_t send_bytes; /* length in the tag */
	uaddr_t send_pages; /* page-aligned; count in the tag */
	uaddr_t recv_bytes;
	uint64_t recv_capacity; /* bytes */
	uaddr_t landing;        /* page-aligned, in a landing region, absent */
	uint64_t landing_pages;
	handle_t send_handles[MESSAGE_HANDLES_MAX];       /* count in the tag */
	uint64_t accept;                                  /* without buffers: 0 */
	uint64_t accept_contracts[MESSAGE_CONTRACTS_MAX]; /* a handle is of one of these, or refused; 0: unused */
};
_Static_assert(sizeof(struct ipc_buffers) == 104, "ABI");

/* No deadline. Any other deadline is a time of clock_now, in ns; 0 or the past: do not wait. */
#define DEADLINE_NEVER UINT64_MAX
