/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trace points of the kernel that `signet run --trace` boots: each writes a line
 * for tools/signetkit/trace/trace.py (kernel/trace/trace.c says how it looks), if its
 * category was asked for. The other kernel has kernel/trace/off/trace/points.h:
 * the same points, and nothing in them. An argument must not be a call or
 * have another side effect: the usual kernel would make it.
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

/* Which categories: the word trace=A,B of the boot loader's command line. */
void trace_begin(const char *cmdline);

/* ipc: a call is made, has to wait, is taken after waiting, is answered with this tag, ends otherwise. */
void trace_call(const struct call *c);
void trace_queued(const struct call *c);
void trace_taken(const struct call *c);
void trace_reply(const struct call *c, uint64_t tag);
void trace_ended(const struct call *c, enum status st);
/* ipc: bits are set; a client end is about to go to another process. */
void trace_notify(const struct signal *s, uint64_t bits);
void trace_move(const struct channel *c, const struct process *to);

/* fault: a page fault and what became of it (enum touch; the slot of a page in swap); a process is to end (enum fault). */
void trace_fault(const struct thread *t, const struct trap_info *info, unsigned touch, const uint32_t *slot);
void trace_condemn(const struct process *p, unsigned fault, uint64_t address);

/* sched: the CPU goes from one thread to another; NULL: nobody. */
void trace_switch(const struct thread *from, const struct thread *to);

/* page: a stored page leaves RAM; a page is sent out, or asked for; the pager has answered. */
void trace_evict(const struct frame *f, uint32_t slot);
void trace_page_out(const struct frame *f, uint32_t slot);
void trace_page_in(const struct aspace *as, uint64_t address, uint32_t slot);
void trace_paged(const struct call *c, uint32_t slot, bool in, enum status st);

/* call: a system call was made; a thread that waited in one goes on (enum thread_state, before the change). */
void trace_syscall(const struct process *p, uint64_t nr, enum status st);
void trace_state(const struct thread *t, unsigned to);
