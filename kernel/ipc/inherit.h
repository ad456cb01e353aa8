/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Priority inheritance: a server runs at the most urgent call that it holds or
 * that waits at its ports, and so do the servers that it is itself waiting for.
 * Ranks bound the chain. This keeps priority inversion as short as the call.
 */
#pragma once
#include "kernel/task/process.h"

/* A call of this priority has reached the server (NULL: nobody). */
void inherit_raise(struct process *server, unsigned priority);
/* A call under way is as urgent as this from now on, if it was not: queued and held. Pre: not IDLE. */
void inherit_raise_call(struct call *c, unsigned priority);
/* A call has left it. */
void inherit_drop(struct process *server);
