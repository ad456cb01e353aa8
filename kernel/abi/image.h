/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host's image maker writes and the kernel loads. All integers are
 * little-endian, all offsets in bytes from the start of the structure's file.
 *
 * A sealed image is one program: header, then page-aligned segment contents.
 * The system image is every sealed image and the system description, hashed
 * once at boot. The kernel trusts neither: see kernel/task/image.c.
 */
#pragma once
#include "kernel/abi/types.h"

enum {
	IMAGE_NAME_BYTES = 32, /* zero-terminated, so at most 31 characters */
	IMAGE_SEGMENTS_MAX = 6,
	IMAGE_HASH_BYTES = 32, /* SHA-256 */
	IMAGE_VERSION = 2,
	MANIFEST_SERVES_MAX = 4,
	MANIFEST_USES_MAX = 12,
};

#define IMAGE_MAGIC        0x315054454e474953ull /* "SIGNETP1" read as bytes */
#define SYSTEM_IMAGE_MAGIC 0x315354454e474953ull /* "SIGNETS1" read as bytes */

enum image_prot {
	IMAGE_READ = 1,
	IMAGE_WRITE = 2,
	IMAGE_EXECUTE = 4, /* never together with write */
};

struct image_segment {
	uint64_t address;      /* page-aligned, within LAYOUT_IMAGE_BASE..END; segments ascend and do not overlap */
	uint64_t offset;       /* page-aligned, in the image */
	uint64_t file_bytes;   /* <= memory_bytes */
	uint64_t memory_bytes; /* > 0; the rest is zero */
	uint64_t prot;         /* READ, READ|WRITE or READ|EXECUTE */
};

/*
 * What a process may be and use: the manifest, in the form the kernel reads. A process has exactly the handles that
 * its manifest names (process.h). Contracts are named by their ids, never 0; arrays are filled from the front, and
 * what is unused is zero.
 */
struct manifest {
	uint64_t allowed_calls;  /* bit n: call number n */
	uint64_t flags;          /* enum manifest_flag */
	uint32_t frames_max;     /* pages of RAM, page tables included */
	uint32_t frames_min;     /* resident pages that eviction leaves alone */
	uint32_t swap_max;       /* pages */
	uint32_t kernel_kib_max; /* KiB of kernel objects */
	uint32_t busy_max;       /* pages that blocked calls may keep resident, and pages under DMA */
	uint32_t stack_pages;    /* of the first thread */
	uint32_t priority;       /* 0 (least urgent) to 31 */
	uint32_t unused;         /* 0 */
	uint32_t serve_count;    /* contracts that one port receives; 0: it is born without a port */
	uint32_t use_count;
	uint32_t device_count;
	uint32_t optional_uses; /* bit i: use i may be missing */
	uint64_t serves[MANIFEST_SERVES_MAX];
	uint64_t uses[MANIFEST_USES_MAX]; /* in the order of its handles */
};

enum manifest_flag {
	MANIFEST_PINNED = 1,     /* never paged: all memory is committed at creation */
	MANIFEST_PAGER = 2,      /* its first port receives the kernel's page requests; implies pinned */
	MANIFEST_SUPERVISOR = 4, /* may create processes of any rank and claim devices for them; implies pinned */
};

struct image_header {
	uint64_t magic;
	uint32_t version;
	uint32_t segment_count;
	uint64_t image_bytes; /* the whole, a multiple of the page size */
	uint64_t entry;       /* in an executable segment */
	uint64_t stub_base;   /* SYSCALL returns only to stub_base < RIP <= stub_base + stub_bytes */
	uint64_t stub_bytes;
	char name[IMAGE_NAME_BYTES];
	struct manifest manifest;
	struct image_segment segments[IMAGE_SEGMENTS_MAX]; /* unused ones are zero */
};

/* What a program is, to a server that asks (ipc_peer), is the hash of these bytes: SHA-256, before page padding. */
struct system_image_entry {
	char name[IMAGE_NAME_BYTES]; /* unique */
	uint64_t offset;             /* page-aligned */
	uint64_t bytes;
	uint8_t hash[IMAGE_HASH_BYTES];
};

/* The entry of this name is the system description, handed to the supervisor as its start information. */
#define SYSTEM_IMAGE_DESCRIPTION "system"
#define SYSTEM_IMAGE_SUPERVISOR  "supervisor"

enum { SYSTEM_IMAGE_ENTRIES_MAX = 100 };

struct system_image_header {
	uint64_t magic;
	uint32_t version;
	uint32_t entry_count;
	uint64_t image_bytes;           /* the whole */
	uint8_t hash[IMAGE_HASH_BYTES]; /* SHA-256 of the whole, with this field zero */
	struct system_image_entry entries[SYSTEM_IMAGE_ENTRIES_MAX];
};

_Static_assert(sizeof(struct image_segment) == 40, "ABI");
_Static_assert(sizeof(struct manifest) == 192, "ABI");
_Static_assert(sizeof(struct image_header) == 80 + 192 + 240, "ABI");
_Static_assert(sizeof(struct system_image_header) == 56 + 100 * 80, "ABI");
