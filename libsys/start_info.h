/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process finds at LAYOUT_START_BASE, read-only: its name, the handles
 * that it was born with, its arguments and its parameters. Its creator writes
 * it. Offsets count from the start of the structure. The supervisor alone
 * finds its system description there instead, which has another magic.
 *
 *   struct start_info | struct start_handle [handle_count] | strings
 */
#pragma once
#include "kernel/abi/process.h"

#define START_INFO_MAGIC 0x314954454e474953ull /* "SIGNETI1" read as bytes */

enum {
	START_NAME_BYTES = 24,
	START_SERVES_MAX = 4,
	START_PROGRAMS_MAX = 128,
	START_INFO_BYTES_MAX = PROCESS_START_BYTES_MAX
};

enum start_kind {
	START_CHANNEL = 1, /* a client end; the name is the manifest's local name */
	START_PORT = 2,    /* where the process receives; its name is "port" */
	START_DEVICE = 3,  /* the name is the manifest's */
	START_IRQ = 4,     /* that of the device of the same name */
};

struct start_handle {
	char name[START_NAME_BYTES]; /* zero-terminated */
	handle_t handle;
	uint32_t kind;
};

/* What is optional and missing has no start_handle. */
struct start_info {
	uint64_t magic;
	uint32_t bytes; /* the whole, at most START_INFO_BYTES_MAX */
	uint32_t handle_count;
	char name[IMAGE_NAME_BYTES]; /* of the process */
	uint32_t argument_count;     /* argument 0 is the program's name */
	uint32_t arguments;          /* offset of that many zero-terminated strings, one after the other */
	uint32_t parameter_count;
	uint32_t parameters; /* offset of that many zero-terminated "key=value" strings */
	uint32_t restricted; /* bit i: only some programs may call contract i of those that the process serves */
	uint32_t unused;
	uint64_t clients[START_SERVES_MAX][2]; /* then bit n: program n of the system image may */
	struct start_handle handles[];
};

_Static_assert(sizeof(struct start_handle) == 32, "format");
_Static_assert(sizeof(struct start_info) == 136, "format");
