/* SPDX-License-Identifier: BSD-2-Clause */
/* One hostile call: what is made ready for it, and what is then made hostile. */
#pragma once
#include "kernel/abi/process.h"
#include "kernel/abi/status.h"
#include "tests/system/programs/numbers/order.h"
#include <stdbool.h>
#include <stddef.h>

void hostile_call(struct registers *r);
/* Any call with up to four arguments; its first result, if it has one. */
enum status make_call(uint64_t nr, const uint64_t args[4], uint64_t *result);
_Noreturn void leave(uint64_t code);
uint64_t address_of(const volatile void *p);

/* What a sound call names. */
struct stage {
	handle_t parent, port, far_port, own_channel, far_channel, process, closed;
	uint64_t channel_id, token, memory, landing;
	struct ipc_buffers buffers;
	struct process_params params;
	struct order child; /* the start information of the process that process_create makes */
	uint64_t room[64];  /* for what a call writes */
};
extern struct stage stage;

/* Makes handles, memory, and for the calls that want it a held call; ends the process if it cannot. */
void stage_set(uint64_t nr);
/* Leaves no handle free. */
void stage_fill_table(void);

/* Entry `index` of one of the lists in order.h. */
uint64_t hostile_value(enum value_kind kind, unsigned index);
