/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmark answers its children: the first word of the answer. */
#pragma once

enum {
	ORDER_CALL = 0, /* again */
	ORDER_EXIT = 1, /* when the time-stamp counter is the second word */
	ORDER_FILL = 2, /* write to so many new pages as the second word says, then call */
};
