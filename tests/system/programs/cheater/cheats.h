/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hostile pager can do with a request. */
#pragma once
#include "contracts/pager_server.h"

/* Calls that the kernel should refuse, and did. */
struct cheat_counts {
	uint32_t tried, refused;
};
extern struct cheat_counts cheat_counts;

/* A cheat that cannot be done with this request. */
#define CHEAT_NOT_NOW ST_RETRY

typedef enum status cheat_in(struct serving *serving, const struct pager_in_request *request);
typedef enum status cheat_out(struct serving *serving, const struct pager_out_request *request);

/* kind: enum cheat_kind of contracts/cheat.contract. NULL: it is not of that kind. The result is a handler's. */
cheat_in *cheat_in_of(unsigned kind);
cheat_out *cheat_out_of(unsigned kind);

/* As an honest pager would. */
cheat_in cheat_honest_in;
cheat_out cheat_honest_out;

/* The next pages that are stored are the owner's. */
void cheat_owner(void);
