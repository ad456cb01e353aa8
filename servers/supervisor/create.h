/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a process of a record: its channels, its start information, then the whole at once. */
#pragma once
#include "libsys/system.h"
#include "servers/supervisor/description.h"

struct creation {
	const struct description *description;
	const struct description_process *record;
	const handle_t *ports; /* where each process of the description receives; 0: nobody does */
	handle_t port;         /* where this one will, if it serves */
	handle_t watch_port;
	uint64_t watch_badge;
	const char *arguments; /* zero-terminated, the first its name */
	uint32_t argument_bytes, argument_count;
};

/*
 * PEER_GONE: a server that it must have is not there. NOT_FOUND: a device is not. Nothing is left behind on error; the
 * port stays the caller's either way.
 */
enum status create_process(const struct creation *c, handle_t *process);
