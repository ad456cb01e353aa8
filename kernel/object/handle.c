/* SPDX-License-Identifier: BSD-2-Clause */
/* See handle.h. */
#include "kernel/object/handle.h"
#include "kernel/abi/message.h"

_Static_assert(sizeof(struct handle_entry) * HANDLE_COUNT == PAGE_BYTES, "a table fills one page");

static handle_t handle_of(const struct handle_table *t, unsigned i)
{
	return (handle_t)handle_generation(&t->entries[i]) << HANDLE_INDEX_BITS | i;
}

static enum handle_class class_of(enum handle_type type, unsigned rights)
{
	return type == HANDLE_CHANNEL && (rights & RIGHT_CALL)   ? HANDLE_CALLABLE
	       : type == HANDLE_PORT && (rights & RIGHT_RECEIVE) ? HANDLE_RECEIVABLE
								 : HANDLE_OTHER;
}

void handle_table_init(struct handle_table *t, void *memory)
{
	t->entries = memory;
	t->top = t->lowest = 1;
	t->entries[HANDLE_CALLABLE].key = t->entries[HANDLE_RECEIVABLE]
						  .key = HANDLE_OTHER; /* not found by their zero */
}

void *handle_table_end(struct handle_table *t)
{
	void *memory = t->entries;

	for (unsigned i = 0; i < t->top; i++)
		t->entries[i] = (struct handle_entry){ 0 };
	t->entries[HANDLE_CALLABLE].key = t->entries[HANDLE_RECEIVABLE].key = 0;
	t->entries = NULL;
	return memory;
}

/* Entry i is or was in use. */
static struct handle_entry *entry_used(struct handle_table *t, unsigned i)
{
	if (i >= t->top)
		t->top = (uint16_t)(i + 1);
	return &t->entries[i];
}

handle_t handle_put(struct handle_table *t, unsigned i, enum handle_type type, void *object, unsigned rights)
{
	struct handle_entry *e = entry_used(t, i);

	e->object = object;
	e->type = (uint8_t)type;
	e->rights = (uint8_t)rights;
	e->key = handle_of(t, i) ^ class_of(type, rights);
	return handle_of(t, i);
}

void handle_skip(struct handle_table *t, unsigned i) { entry_used(t, i)->generation++; }

enum status handle_install(struct handle_table *t, enum handle_type type, void *object, unsigned rights,
			   uint64_t *handle)
{
	while (t->lowest < HANDLE_COUNT && t->entries[t->lowest].type != HANDLE_NONE)
		t->lowest++;
	if (t->lowest == HANDLE_COUNT)
		return ST_NO_HANDLE;
	*handle = handle_put(t, t->lowest, type, object, rights);
	return ST_OK;
}

unsigned handle_free_count(const struct handle_table *t)
{
	unsigned n = HANDLE_COUNT - t->top;

	if (n > MESSAGE_HANDLES_MAX)
		return MESSAGE_HANDLES_MAX + 1;
	for (unsigned i = t->lowest; i < t->top && n <= MESSAGE_HANDLES_MAX; i++)
		n += t->entries[i].type == HANDLE_NONE;
	return n;
}

void handle_remove(struct handle_table *t, handle_t handle)
{
	struct handle_entry *e = &t->entries[handle & (HANDLE_COUNT - 1)];

	if ((handle & (HANDLE_COUNT - 1)) < t->lowest)
		t->lowest = (uint16_t)(handle & (HANDLE_COUNT - 1));
	*e = (struct handle_entry){ .generation = (uint16_t)(e->generation + 1),
				    .key = (handle & (HANDLE_COUNT - 1)) ^ HANDLE_OTHER };
}

handle_t handle_at(const struct handle_table *t, unsigned i)
{
	return t->entries[i].type == HANDLE_NONE ? 0 : handle_of(t, i);
}
