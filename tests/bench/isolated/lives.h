/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What such a system keeps of memory, threads and domains that come and go. There are no page tables: memory that is
 * allocated is there, cleared, because no language lets a program see what was there before. A thread is a stack and a
 * place in the run queue. A domain's end takes back all that it owns; it never runs again, as nobody switches to it.
 */
#pragma once
#include "tests/bench/isolated/domains.h"

/* A cleared page of this domain's; NULL: there is none. */
void *page_alloc(struct domain *owner);
/* False: it is not the running domain's. */
bool page_free(void *page);

/* A thread of this domain's, ready to run. False: no memory. */
bool thread_start(struct domain *domain, void (*entry)(uint64_t), uint64_t argument);
/* The running thread is no more. */
_Noreturn void thread_exit(void);
/* The running thread waits until the thread that has this name is made ready: others run. */
struct thread *thread_self(void);
void thread_wait(void);
void thread_ready(struct thread *t);

/* A new domain: its own copy of a program, and a thread that runs it. NULL: no memory. */
struct domain *domain_create(const void *program, size_t bytes, void (*entry)(uint64_t), uint64_t argument);
/* It runs no more, and nothing of it is left. */
void domain_stop(struct domain *d);
