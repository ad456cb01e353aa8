/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `numbers` orders its children to do, as their start information: one call each, from the image `loud`, whose
 * manifest allows every call, or from `mute`, the same program under a manifest that allows none.
 */
#pragma once
#include "kernel/abi/message.h"
#include "kernel/abi/syscall.h"

/* A call's registers, in the order of libsys/stubs.asm; loud/call.asm knows it too. */
struct registers {
	uint64_t nr; /* afterwards the status */
	uint64_t args[SYSCALL_ARGS_MAX];
	uint64_t words[MESSAGE_WORDS];
};

enum role {
	ROLE_RAW,     /* loads `registers` and calls: nothing else is called before */
	ROLE_HOSTILE, /* sound arguments, but for one place */
	ROLE_CALLER,  /* calls its parent, and waits for the answer for ever */
};

/* What is hostile: argument 0 to 5, or a field of what an argument points to. */
enum place {
	PLACE_SEND_BYTES = SYSCALL_ARGS_MAX, /* of struct ipc_buffers */
	PLACE_SEND_BYTES_UNUSED,             /* with a length of 0 in the tag */
	PLACE_SEND_PAGES,
	PLACE_SEND_HANDLE,
	PLACE_RECV_BYTES,
	PLACE_RECV_BYTES_UNUSED,
	PLACE_RECV_CAPACITY,
	PLACE_LANDING,
	PLACE_LANDING_PAGES,
	PLACE_ACCEPT,
	PLACE_START, /* of struct process_params */
	PLACE_START_UNUSED,
	PLACE_START_BYTES,
	PLACE_WATCH,
	PLACE_CHILD_HANDLE,
	PLACE_HANDLE_COUNT,
	PLACE_CLAIM_COUNT,
	PLACE_CHILD_RANK,
	PLACE_TEXT_UNUSED, /* log_write's, with a length of 0 */
	PLACE_FULL_TABLE,  /* nothing: but no handle is free */
	PLACES,
};

enum value_kind { VALUE_POINTER, VALUE_HANDLE, VALUE_WORD, VALUE_KINDS };

/* Row by row what docs/faults.md lists. */
enum pointer_value {
	POINTER_NULL,
	POINTER_FIRST_PAGE,
	POINTER_UNMAPPED,
	POINTER_KERNEL,
	POINTER_KERNEL_LOW,
	POINTER_NON_CANONICAL,
	POINTER_LAST_PAGE,
	POINTER_WRAPPING,
	POINTER_STRADDLING,
	POINTER_FREED,
	POINTER_GUARD,
	POINTER_WINDOW, /* a landing window with nothing in it */
	POINTER_BAD,    /* all before it are bad for any use; the rest for writing */
	POINTER_TEXT = POINTER_BAD,
	POINTER_START,
	POINTERS,
};

enum handle_value {
	HANDLE_NULL,
	HANDLE_NO_GENERATION,
	HANDLE_FORGED,
	HANDLE_ALL_ONES,
	HANDLE_WRONG_GENERATION,
	HANDLE_WIDE_GENERATION,
	HANDLE_CLOSED,
	HANDLE_BAD, /* all before it name nothing; the rest something, not always of the right type */
	HANDLE_PARENT = HANDLE_BAD,
	HANDLE_PORT,
	HANDLE_FAR_PORT,    /* of a higher rank: served by nobody */
	HANDLE_FAR_CHANNEL, /* to that port: no right to call */
	HANDLE_PROCESS,
	HANDLES,
};

enum { WORDS_CHOSEN = 24, WORD_BITS = 64, WORDS = WORDS_CHOSEN + WORD_BITS };

struct order {
	struct registers registers; /* of ROLE_RAW; nr for all */
	uint32_t role, place, kind, value;
};

/* What a child of ROLE_HOSTILE exits with: the status, or this and more: what failed before. */
enum { EXIT_SETUP = 64 };

enum { RANK_CHILD = 1000, RANK_GRANDCHILD = 2000 };
