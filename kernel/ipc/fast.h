/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: a call or answer of words only, to a thread that waits for it.
 * It does what port_call, port_reply and port_receive do for such a message, and
 * hands the CPU straight over: no queue, no scheduler. Whatever is unusual makes it
 * return NULL before anything has changed, and the slow path does it all.
 */
#pragma once
#include "kernel/task/thread.h"

/*
 * The thread that runs now, RUNNING, told everything but the words, which are still in t's context; or NULL.
 * Pre: t is RUNNING and makes this call.
 */
struct thread *fast_call(struct thread *t);
struct thread *fast_reply_recv(struct thread *t);
