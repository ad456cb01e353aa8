/* SPDX-License-Identifier: BSD-2-Clause */
/* How many faults a string of references takes in so many frames: by published algorithms, and by kernel/paging/policy.c. */
#pragma once
#include "tests/unit/kernel/reference_strings.h"

enum replacement { REPLACE_OPT, REPLACE_LRU, REPLACE_FIFO, REPLACE_SIGNET, REPLACEMENTS };

struct replacement_result {
	unsigned faults[STRING_PROCESSES]; /* the first of each page too */
	unsigned writes;                   /* pages that had to be written out; REPLACE_SIGNET only */
};

static inline unsigned replacement_faults(struct replacement_result r) { return r.faults[0] + r.faults[1]; }

struct replacement_result replacement_run(const struct reference_string *s, unsigned frames, enum replacement how);
