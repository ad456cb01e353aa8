/* SPDX-License-Identifier: BSD-2-Clause */
/* Intrusive circular doubly linked lists. A node not on a list points to itself. */
#pragma once
#include "kernel/base/types.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l) { l->next = l->prev = l; }
/* Never NULL: the compiler need not ask. */
static inline struct list *list_next(const struct list *l)
{
	if (l->next == NULL)
		__builtin_unreachable();
	return l->next;
}
static inline bool list_is_empty(const struct list *l) { return l->next == l; }
static inline bool list_is_linked(const struct list *node) { return node->next != node; }

static inline void list_insert_before(struct list *at, struct list *node)
{
	struct list *prev = at->prev; /* read once */

	node->prev = prev;
	node->next = at;
	prev->next = node;
	at->prev = node;
}

static inline void list_push_back(struct list *l, struct list *node) { list_insert_before(l, node); }
static inline void list_push_front(struct list *l, struct list *node) { list_insert_before(l->next, node); }

/* Takes a node off whatever list it is on; harmless if it is on none. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#define list_for_each(node, l) for (struct list *node = (l)->next; node != (l); node = node->next)

/* What the first node is in, or NULL. */
#define list_first_entry(l, type, member) (list_is_empty(l) ? NULL : container_of(list_next(l), type, member))

/* The node in what was found by it, which may be no object if the node is the list's own. */
#define list_node(entry, type, member) ((struct list *)(void *)((char *)(entry) + offsetof(type, member)))
#define list_for_each_entry(entry, l, type, member)                                                                    \
	for (type *entry = container_of((l)->next, type, member); list_node(entry, type, member) != (l);               \
	     entry = container_of(list_node(entry, type, member)->next, type, member))
/* The same, but the body may remove it. */
#define list_for_each_entry_safe(entry, l, type, member)                                                               \
	for (type *entry = container_of((l)->next, type, member),                                                      \
		  *entry##_next = container_of(list_node(entry, type, member)->next, type, member);                    \
	     list_node(entry, type, member) != (l);                                                                    \
	     entry = entry##_next, entry##_next = container_of(list_node(entry, type, member)->next, type, member))
