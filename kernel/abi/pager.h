/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel asks of the pager, over the pager's first port. A slot is a
 * block of 4 KiB of the pager's store: slot n is block n, so a pager keeps no
 * state. Every reply's operation is 0, or an enum status when it failed.
 */
#pragma once

enum pager_op {
	PAGER_INFO = 1, /* reply: word 0 = number of slots (0: no store) */
	PAGER_OUT = 2,  /* words: slot, pages; the pages are lent for reading: write them to the store */
	PAGER_IN = 3,   /* words: slot, pages; the pages are lent for writing: fill them from the store */
};

enum { PAGER_RUN_MAX = 8 }; /* pages in one request, at adjacent slots */
