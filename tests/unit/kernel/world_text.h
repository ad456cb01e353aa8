/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world as text, without pointers: everything that a program could ever tell by. Two worlds that read the same
 * behave the same. Left out is what means nothing (the registers of a thread that waits, but for a message that may
 * still be delivered) and what says only which way the kernel went (hints, turns, the timer).
 */
#pragma once
#include <stdio.h>
#include "tests/unit/kernel/world.h"

void world_write(FILE *to, bool pages); /* pages: with the content of each */
/* "2.1": the first thread of process 2. */
void thread_write(FILE *to, const struct thread *t); /* NULL: nobody */
