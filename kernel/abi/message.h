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
};

/*
 * The tag, from bit 0: operation 16, pages kind 2, handles 3, replayable 1,
 * set badge 1, kind 2 (set by the kernel on receipt), unused 7, bytes 17,
 * pages 15. Unused bits must be zero.
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

#define TAG_OP_MASK        0xffffull
#define TAG_PAGES_KIND_BIT 16
#define TAG_HANDLES_BIT    18
#define TAG_IDEMPOTENT     (1ull << 21) /* may be delivered again to the next instance of a server that died */
#define TAG_SET_BADGE      (1ull << 22) /* in a reply: the channel's badge becomes the badge argument */
#define TAG_KIND_BIT       23
#define TAG_UNUSED         (0x7full << 25)
#define TAG_BYTES_BIT      32
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
static inline uint64_t tag_with_bytes(uint64_t tag, uint64_t bytes) { return tag | bytes << TAG_BYTES_BIT; }
static inline uint64_t tag_with_handles(uint64_t tag, unsigned n) { return tag | (uint64_t)n << TAG_HANDLES_BIT; }
static inline uint64_t tag_with_pages(uint64_t tag, enum message_pages kind, uint64_t pages)
{
	return tag | (uint64_t)kind << TAG_PAGES_KIND_BIT | pages << TAG_PAGES_BIT;
}

/* Notification bits of a channel. The upper eight belong to the kernel. */
#define NOTIFY_USER_BITS 0x00ffffffffffffffull
#define NOTIFY_CLOSED    (1ull << 63) /* the other end is gone; nothing more comes from this channel */
#define NOTIFY_RESTARTED (1ull << 62) /* to a server: this channel outlived your predecessor */

/* Where the optional parts of a message are. Read once, at the call; may be NULL when all parts are absent. */
struct ipc_buffers {
	uaddr_t send_bytes; /* length in the tag */
	uaddr_t send_pages; /* page-aligned; count in the tag */
	uaddr_t recv_bytes;
	uint64_t recv_capacity; /* bytes */
	uaddr_t landing;        /* page-aligned, in a landing region, absent */
	uint64_t landing_pages;
	handle_t send_handles[MESSAGE_HANDLES_MAX]; /* count in the tag */
};

/* No deadline. Any other deadline is a time of clock_now, in ns; 0 or the past: do not wait. */
#define DEADLINE_NEVER UINT64_MAX
