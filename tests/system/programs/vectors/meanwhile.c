/* SPDX-License-Identifier: BSD-2-Clause */
/* See vectors.h. The compiler is told to leave the vector registers and x87 alone in this file. */
#include "channels.h"
#include "tests/system/programs/vectors/vectors.h"

void call_pong(void)
{
	uint64_t word = 0;

	(void)ping_words(channel_peer(), 0, 0, 0, 0, 0, 0, &word, &word, &word, &word, &word, &word);
}

void run_for_a_while(void)
{
	for (unsigned i = 0; i < 200000; i++)
		__asm__ volatile("");
}
