/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For each call of the API: a struct of its arguments and one of its results, in
 * register order, and the handler's prototype. Generated from the one table, so
 * that no handler picks registers apart.
 */
#pragma once
#include "kernel/abi/status.h"
#include "kernel/abi/syscall.h"

struct thread;

#define ARG(type, name) _Alignas(8) type name;
#define RES(type, name) uint64_t name; /* all of its register */

#define CALL(number, name, blocks, args, results, text)                                                                \
	struct name##_args {                                                                                           \
		args                                                                                                   \
	};                                                                                                             \
	struct name##_results {                                                                                        \
		results                                                                                                \
	};                                                                                                             \
	/* a and r are the same registers: results are written last, and if it is OK. PARKED: they come later. */      \
	enum status call_##name(struct thread *t, const struct name##_args *a, struct name##_results *r);              \
	_Static_assert(sizeof(struct name##_args) <= SYSCALL_ARGS_MAX * 8, #name ": too many arguments");
SYSCALL_LIST(CALL, ARG, RES)
#undef CALL
#undef ARG
#undef RES
