/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system description as the supervisor finds it at LAYOUT_START_BASE (all
 * others find a struct start_info there). tools/make_system.py makes and
 * checks it, and the system image's hash seals it: the reader may trust it.
 *
 * Header, where each record is, the records, text. First come the processes in
 * the order to start them in: 0 is the supervisor itself, and every server
 * stands before its clients. Then come the kinds of programs for run time. A
 * record is as long as its arrays need. Text is named by its offset from the
 * header, zero-terminated, the same text once. Little-endian.
 */
#pragma once
#include "kernel/abi/process.h"

#define DESCRIPTION_MAGIC 0x314454454e474953ull /* "SIGNETD1" read as bytes */

enum {
	DESCRIPTION_VERSION = 2,
	DESCRIPTION_BYTES_MAX = 1048576,        /* as much as the start information's part of an address space */
	DESCRIPTION_LOCAL_NAME_BYTES = 24,      /* zero-terminated */
	DESCRIPTION_PROGRAM_WORDS = 2,          /* a bit for each entry of the system image */
	DESCRIPTION_PARAMETER_BYTES_MAX = 4096, /* of one entry */
	DESCRIPTION_NOBODY = 0xffff,
};

enum description_flag {
	DESCRIPTION_OPTIONAL = 1, /* not started without its devices or a server that it must have */
	DESCRIPTION_KIND = 2,     /* a program that may be started at run time, max_count times at once */
	DESCRIPTION_SUPERVISOR = 4,
	DESCRIPTION_PAGER = 8,
	DESCRIPTION_PINNED = 16,
};

/* When a process that ended is started again: servers/supervisor/restart.h. */
enum description_policy {
	DESCRIPTION_RESTART_NEVER = 0,
	DESCRIPTION_RESTART_FAULT = 1, /* if a fault ended it, or it exited with a code that is not 0 */
	DESCRIPTION_RESTART_ALWAYS = 2,
};

struct description_restart {
	uint32_t policy;
	uint32_t limit; /* that many times in a row; then it is given up */
	uint32_t backoff_ms;
	uint32_t backoff_max_ms;
	uint32_t healthy_ms; /* what lived that long begins a new row */
};

/* A contract that a process serves; one port receives them all. */
struct description_serve {
	uint64_t contract;
	uint64_t clients
		[DESCRIPTION_PROGRAM_WORDS]; /* bit n: the program that is entry n of the system image may call */
};

/* A use of the manifest, in its order. */
struct description_channel {
	uint64_t contract;
	uint32_t name;   /* text: the manifest's local name */
	uint16_t server; /* index of a process, below the index of the one that uses it; or NOBODY: not wired */
	uint8_t serve;   /* which of the server's contracts it is */
	uint8_t optional;
};

struct description_claim {
	uint32_t name; /* text */
	struct device_claim claim;
};

/* Behind it in this order: serves, channels, claims. */
struct description_process {
	uint32_t name;  /* text; unique; less than IMAGE_NAME_BYTES */
	uint32_t image; /* text; in the system image */
	uint32_t flags;
	uint32_t rank; /* above that of every server it uses; 0 is the supervisor's alone */
	uint32_t priority_cap;
	uint32_t max_count;       /* 1 unless a kind */
	uint32_t parameters;      /* text: "key=value" strings, each with its zero */
	uint32_t parameter_bytes; /* of them all */
	struct description_restart restart;
	uint16_t serve_count;
	uint8_t channel_count;
	uint8_t claim_count;
	struct description_serve serves[];
};

struct description {
	uint64_t magic;
	uint32_t version;
	uint32_t bytes; /* the whole */
	uint32_t process_count;
	uint32_t kind_count;
	uint32_t records[]; /* offsets: process_count, then kind_count */
};

static inline const struct description_process *description_entry(const struct description *d, uint32_t i)
{
	return (const struct description_process *)(const void *)((const char *)d + d->records[i]);
}

static inline const char *description_text(const struct description *d, uint32_t offset)
{
	return (const char *)d + offset;
}

static inline const struct description_channel *description_channels(const struct description_process *p)
{
	return (const struct description_channel *)(const void *)(p->serves + p->serve_count);
}

static inline const struct description_claim *description_claims(const struct description_process *p)
{
	return (const struct description_claim *)(const void *)(description_channels(p) + p->channel_count);
}

_Static_assert(sizeof(struct description_serve) == 24, "format");
_Static_assert(sizeof(struct description_channel) == 16, "format");
_Static_assert(sizeof(struct description_claim) == 20, "format");
_Static_assert(sizeof(struct description_process) == 56, "format");
_Static_assert(sizeof(struct description) == 24, "format");
_Static_assert(DESCRIPTION_PROGRAM_WORDS * 64 >= (int)SYSTEM_IMAGE_ENTRIES_MAX, "a bit for every program");
