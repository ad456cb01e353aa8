/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stubs of libsys/stubs.asm, one for each line of kernel/abi/syscall.h: its arguments, then where its results go,
 * eight bytes each; they mean nothing unless the status is OK. A call without results takes NULL. libsys/system.h
 * has what programs call; the four calls with messages have stubs of their own in libsys/ipc.h.
 */
#pragma once
#include "kernel/abi/status.h"
#include "kernel/abi/syscall.h"

#define ARG(type, name) type name,
#define RES(type, name)
#define CALL(number, name, blocks, arguments, results, text) enum status sys_##name(arguments uint64_t *to);
SYSCALL_LIST(CALL, ARG, RES)
#undef CALL
#undef ARG
#undef RES
