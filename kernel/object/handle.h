/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handle tables: how a process names objects (I-API). One frame a table. A
 * handle is an index and a generation, so that a closed one stays invalid when
 * its place is used again. Whoever installs or takes an entry keeps the object's
 * own references right; this module only stores them.
 */
#pragma once
#include "kernel/abi/status.h"
#include "kernel/abi/types.h"
#include "kernel/base/types.h"

enum handle_type { HANDLE_NONE = 0, HANDLE_PROCESS, HANDLE_PORT, HANDLE_CHANNEL, HANDLE_IRQ, HANDLE_DEVICE };

enum handle_right {
	RIGHT_RECEIVE = 1, /* port: take and answer messages */
	RIGHT_MAKE = 2,    /* port: make channels to it */
	RIGHT_CALL = 4,    /* channel: call and notify */
	RIGHT_MOVE = 8,    /* may be handed to another process */
	RIGHT_STOP = 16,   /* process: stop it, ask its status */
	RIGHT_USE = 32,    /* irq, device */
};

struct handle_entry {
	void *object;
	uint16_t generation; /* 1 less than in the handle: a zeroed table is an empty one */
	uint8_t type;        /* enum handle_type */
	uint8_t rights;      /* enum handle_right */
	uint32_t key;        /* what the fast path compares */
};

enum { HANDLE_INDEX_BITS = 8, HANDLE_COUNT = 1 << HANDLE_INDEX_BITS };

struct handle_table {
	struct handle_entry *entries; /* HANDLE_COUNT of them; entry 0 is never used */
	uint16_t top;                 /* no entry from here on was ever used */
	uint16_t lowest;              /* all below are in use */
};

/*
 * Type, right and generation in one comparison. An entry's key is its handle with the low byte, the index, changed by
 * what may be done with it. As a handle finds the entry of its own index only, what was made with one class equals
 * nothing that is asked for with another. What was never used has key 0, but for two (handle.c).
 */
enum handle_class {
	HANDLE_CALLABLE = 0,      /* a channel with RIGHT_CALL */
	HANDLE_RECEIVABLE = 0xff, /* a port with RIGHT_RECEIVE */
	HANDLE_OTHER = 1,         /* never asked for */
};

/* memory: one zeroed page. */
void handle_table_init(struct handle_table *t, void *memory);
/* Gives it back, zero again. */
void *handle_table_end(struct handle_table *t);

/* The lowest free place; its handle as a register has it. NO_HANDLE. */
enum status handle_install(struct handle_table *t, enum handle_type type, void *object, unsigned rights,
			   uint64_t *handle);
/* Place i of a table that is being filled, whatever the order: the lowest free one is not asked for. Pre: free. */
handle_t handle_put(struct handle_table *t, unsigned i, enum handle_type type, void *object, unsigned rights);
/* Leaves place i empty: the number that it would have had never names anything. Pre: free. */
void handle_skip(struct handle_table *t, unsigned i);
unsigned handle_free_count(const struct handle_table *t); /* stops counting at MESSAGE_HANDLES_MAX + 1 */

static inline uint16_t handle_generation(const struct handle_entry *e) { return (uint16_t)(e->generation + 1); }

/* BAD_HANDLE if closed, forged or of another type; NO_RIGHT. HANDLE_NONE accepts any type. */
static inline enum status handle_get(const struct handle_table *t, handle_t handle, enum handle_type type,
				     unsigned rights, struct handle_entry **entry)
{
	struct handle_entry *e = &t->entries[handle & (HANDLE_COUNT - 1)];

	if (e->type == HANDLE_NONE || handle_generation(e) != handle >> HANDLE_INDEX_BITS ||
	    (type != HANDLE_NONE && e->type != type))
		return ST_BAD_HANDLE;
	if ((e->rights & rights) != rights)
		return ST_NO_RIGHT;
	*entry = e;
	return ST_OK;
}
/* The same as handle_get of a callable channel or a receivable port, without the reason why not. */
static inline bool handle_find(const struct handle_table *t, handle_t handle, enum handle_class class, void **object)
{
	const struct handle_entry *e = &t->entries[handle & (HANDLE_COUNT - 1)];

	*object = e->object;
	return e->key == (handle ^ class);
}
/* Frees the place; the handle never works again. */
void handle_remove(struct handle_table *t, handle_t handle);
/* The handle of entry i if it is in use, else 0: for walking a table. */
handle_t handle_at(const struct handle_table *t, unsigned i);
