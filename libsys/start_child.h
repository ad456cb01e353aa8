/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making a child: its handles, in the order of its manifest, and its start information, put together step by step and
 * handed to process_create at once. First start_child_begin, then the port, the uses, the devices, then the texts.
 */
#pragma once
#include "libsys/start_info.h"
#include "libsys/system.h"
#include <stdbool.h>

enum { START_CHILD_BYTES = 8192 };

struct start_child {
	struct process_params params; /* rank, priority_cap, watch_port and watch_badge may be changed */
	bool serves;                  /* the first handle is its port */
	bool too_big;                 /* the start information */
	union {
		struct start_info info; /* info.bytes: so far */
		char bytes[START_CHILD_BYTES];
	} start;
};

/* Of this image, under this name; rank RANK_BELOW, priority as in its manifest. Nobody is told of its end. */
void start_child_begin(struct start_child *c, const char *image, const char *name);
/* Where it receives, if its manifest says that it serves. The caller keeps the port, whatever comes. */
void start_child_port(struct start_child *c, handle_t port);
/* The channel for the next of its uses; 0: it is optional, and missing. */
void start_child_use(struct start_child *c, const char *name, handle_t channel);
void start_child_device(struct start_child *c, const char *name, const struct device_claim *claim);
/* Bit n: program n of the system image may call this contract, of those that it serves. All bits: any. */
void start_child_clients(struct start_child *c, unsigned contract, const uint64_t clients[2]);
/* Zero-terminated strings, one after the other; argument 0 is the program's name. */
void start_child_arguments(struct start_child *c, const char *arguments, uint32_t bytes, uint32_t count);
void start_child_parameters(struct start_child *c, const char *parameters, uint32_t bytes);
/* As process_create, or TOO_BIG: the start information. The channels are the child's then; on any error they are closed. */
enum status start_child_create(struct start_child *c, handle_t *process);
/* It is not to be made after all: its channels are closed. */
void start_child_drop(struct start_child *c);

/* ---- a child that serves its maker, as a plug-in does ---- */

struct child_server {
	handle_t process, channel; /* the channel is the maker's to call over */
};

/* Instead of start_child_port: makes a port, which the child alone will have, and a channel to it. On error neither is there. */
enum status child_server_prepare(struct child_server *s, struct start_child *c, uint64_t contract);
/* Instead of start_child_create. When the child ends its port does: who calls it then gets PEER_GONE, at once. */
enum status child_server_create(struct child_server *s, struct start_child *c);
/*
 * Stops it, if it has not ended; waits until nothing of it is left, so that its memory is free and what it was lent is
 * back; tells how it ended. news: the watch_port, where nothing else arrives.
 */
enum status child_server_end(struct child_server *s, handle_t news, struct process_status *how);
