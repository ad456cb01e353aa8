/* SPDX-License-Identifier: BSD-2-Clause */
/* Two that have sent each other bytes, and send more, and pages. */
#pragma once
#include "tests/unit/kernel/waiting_fixture.h"

enum { BYTES_CAPACITY = 64 };

#define TEXT_AT   (PROGRAM_DATA + 0x100) /* what is sent: "hello" to the server, "world" to the client */
#define WITH_TEXT tag_with_bytes(3, sizeof "hello")

extern struct ipc_buffers usual;

int start_parts(void **state);

/* The client calls; the server answers its call and waits for more. */
enum status client_calls(uint64_t tag, struct ipc_buffers b);
enum status server_answers(uint64_t tag, struct ipc_buffers b);
/* Both ways once. */
void converse(struct ipc_buffers client, struct ipc_buffers server);
/* Where it usually receives is this text. */
bool has(struct thread *t, const char *text);
/* Did the last message go without being proved? All other ways write its tag down. */
bool was_known(void);
