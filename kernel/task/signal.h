/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source of news for a port: one direction of a channel, an interrupt, a
 * child. Bits that are set before they are taken merge, so there is no queue to
 * overflow. ipc/port.h delivers them.
 */
#pragma once
#include "kernel/abi/message.h"
#include "kernel/base/list.h"

struct port;

struct signal {
	struct list link;  /* of port.signals while bits are pending */
	struct port *port; /* who is told, or NULL */
	uint64_t bits;
	uint64_t badge;
	uint32_t id;  /* channel id, where there is one */
	uint8_t kind; /* enum message_kind */
};

static inline void signal_init(struct signal *s, enum message_kind kind, struct port *port)
{
	list_init(&s->link);
	s->kind = (uint8_t)kind;
	s->port = port;
}
