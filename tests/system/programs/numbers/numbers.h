/* SPDX-License-Identifier: BSD-2-Clause */
/* The children of this test, and what became of each. */
#pragma once
#include "kernel/abi/fault.h"
#include "libsys/system.h"
#include "tests/system/programs/numbers/order.h"
#include <stdbool.h>

struct outcome {
	bool waited; /* it had not ended when patience was over, and was stopped */
	uint32_t fault, exit_code, fault_call;
	uint64_t fault_address;
};

/* Runs a child to its end, answering what it calls. False, and said why: none could be started, or it never ended. */
bool child_run(const char *image, const struct order *order, bool may_wait, struct outcome *outcome);

/* Every place of every call, with what is hostile there; all: also with values of other kinds. False, and said why. */
bool sweep(bool all);

/* What came of one call, whoever made it: bits of enum status and enum fault. */
struct seen {
	uint64_t statuses, faults;
	bool waited;
};

/* Prints a line: the names of what was seen. */
void tell(uint64_t nr, const struct seen *seen, unsigned long count);
unsigned arguments_of(uint64_t nr);

/* The calls about devices, by this process itself. A bad range ends it, so each of those is asked for singly. */
bool sweep_devices(void);
void touch_devices(void);        /* makes the memory that it uses present */
void pass_bad_range(unsigned n); /* returns if this did not end the process */
