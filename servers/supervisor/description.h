/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system description as the supervisor finds it at LAYOUT_START_BASE (all
 * others find a struct start_info there). tools/make_system.py makes and
 * checks it, and the system image's hash seals it: the reader may trust it.
 *
 * Header, then the processes, then the kinds of programs for run time, then
 * the parameters' text. Processes stand in the order to start them in: record
 * 0 is the supervisor itself, and every server stands before its clients.
 * Arrays are filled from the front; what is unused is zero. Little-endian.
 */
#pragma once
#include "kernel/abi/process.h"

#define DESCRIPTION_MAGIC 0x314454454e474953ull /* "SIGNETD1" read as bytes */

enum {
	DESCRIPTION_VERSION = 1,
	DESCRIPTION_BYTES_MAX = 65536,
	DESCRIPTION_LOCAL_NAME_BYTES = 24, /* zero-terminated */
	DESCRIPTION_SERVES_MAX = 4,
	DESCRIPTION_CHANNELS_MAX = 12,
};

enum description_flag {
	DESCRIPTION_OPTIONAL = 1, /* not started without its devices or a server that it must have */
	DESCRIPTION_KIND = 2,     /* a program that may be started at run time, max_count times at once */
	DESCRIPTION_SUPERVISOR = 4,
	DESCRIPTION_PAGER = 8,
	DESCRIPTION_PINNED = 16,
};

/* A channel to make before the process starts, and to give to it under a name. */
struct description_channel {
	char name[DESCRIPTION_LOCAL_NAME_BYTES];
	uint64_t contract;
	uint32_t server;   /* index of a process; below the index of the process that uses it */
	uint32_t optional; /* 1: the process may start without it */
};

struct description_claim {
	char name[DESCRIPTION_LOCAL_NAME_BYTES];
	struct device_claim claim;
};

struct description_process {
	char name[IMAGE_NAME_BYTES];  /* unique */
	char image[IMAGE_NAME_BYTES]; /* in the system image */
	uint32_t flags;
	uint32_t rank; /* above that of every server it uses; 0 is the supervisor's alone */
	uint32_t priority_cap;
	uint32_t max_count; /* 1 unless a kind */
	uint32_t serve_count;
	uint32_t channel_count;
	uint32_t claim_count;
	uint32_t parameter_bytes;                /* of its "key=value" strings, each with its zero */
	uint64_t parameters;                     /* where they are: offset from the header */
	uint64_t serves[DESCRIPTION_SERVES_MAX]; /* contracts; one port receives them all */
	struct description_channel channels[DESCRIPTION_CHANNELS_MAX];
	struct description_claim claims[PROCESS_CLAIMS_MAX];
};

struct description {
	uint64_t magic;
	uint32_t version;
	uint32_t bytes; /* the whole */
	uint32_t process_count;
	uint32_t kind_count;
	struct description_process processes[]; /* process_count, then kind_count */
};

_Static_assert(sizeof(struct description_channel) == 40, "format");
_Static_assert(sizeof(struct description_claim) == 40, "format");
_Static_assert(sizeof(struct description_process) == 136 + 12 * 40 + 8 * 40, "format");
_Static_assert(sizeof(struct description) == 24, "format");
_Static_assert(DESCRIPTION_BYTES_MAX <= (int)PROCESS_START_BYTES_MAX, "it must fit a process's start information");
