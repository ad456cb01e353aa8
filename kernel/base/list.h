/* SPDX-License-Identifier: BSD-2-Clause */
/* Intrusive circular doubly linked lists. A node not on a list points to itself. */
#pragma once
#include "kernel/base/types.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_is_empty(const struct list *l) { return l->next == l; }
static inline bool list_is_linked(const struct list *node) { return node->next != node; }

static inline void list_insert_before(struct list *at, struct list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
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

/* The first node, or NULL. */
static inline struct list *list_first(const struct list *l) { return list_is_empty(l) ? NULL : l->next; }

#define list_for_each(node, l) for (struct list *node = (l)->next; node != (l); node = node->next)
/* The same, but the body may remove the node. */
#define list_for_each_safe(node, l)                                                                                    \
	for (struct list *node = (l)->next, *node##_next = node->next; node != (l);                                    \
	     node = node##_next, node##_next = node->next)
