/* SPDX-License-Identifier: BSD-2-Clause */
/* A child: born, heard of, ended. What it asks for and what it is told is in tests/bench/signet/benchchild/orders.h. */
#pragma once
#include "libsys/ipc.h"

/* Only process_create is measured, if ticks is not NULL. */
handle_t child_create(uint64_t *ticks);
/* Takes the child's next call. */
void child_hear(struct message *m);
/* Waits until nothing of it is left but the record, and closes that. */
void child_wait_gone(handle_t process);
/* All of it, for one that waits for an answer. */
void child_end(handle_t process, uint64_t token);
