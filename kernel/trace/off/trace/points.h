/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace points of the usual kernel: nothing. kernel/trace/on/trace/points.h
 * says what they are for; CMake chooses between the two.
 */
#pragma once
#include "kernel/abi/status.h"
#include "kernel/base/types.h"

struct aspace;
struct call;
struct channel;
struct frame;
struct process;
struct signal;
struct thread;
struct trap_info;

static inline void trace_begin(const char *) {}
static inline void trace_call(const struct call *) {}
static inline void trace_queued(const struct call *) {}
static inline void trace_taken(const struct call *) {}
static inline void trace_reply(const struct call *, uint64_t) {}
static inline void trace_ended(const struct call *, enum status) {}
static inline void trace_notify(const struct signal *, uint64_t) {}
static inline void trace_move(const struct channel *, const struct process *) {}
static inline void trace_fault(const struct thread *, const struct trap_info *, unsigned, const uint32_t *) {}
static inline void trace_condemn(const struct process *, unsigned, uint64_t) {}
static inline void trace_switch(const struct thread *, const struct thread *) {}
static inline void trace_evict(const struct frame *, uint32_t) {}
static inline void trace_page_out(const struct frame *, uint32_t) {}
static inline void trace_page_in(const struct aspace *, uint64_t, uint32_t) {}
static inline void trace_paged(const struct call *, uint32_t, bool, enum status) {}
static inline void trace_syscall(const struct process *, uint64_t, enum status) {}
static inline void trace_state(const struct thread *, unsigned) {}
