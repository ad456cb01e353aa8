/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel as a client of the pager, seen from the rest of it: who waits for pages and for memory, and the work that
 * is left for when the kernel is about to leave. page_in.h and page_out.h say how a page comes and goes, request.h how
 * the pager is asked, policy.h which pages.
 */
#pragma once
#include "kernel/task/process.h"

void pager_init(void);
/* The pager process has this port: it is given what its predecessor left, and asked for its store's size. NO_MEMORY. */
enum status pager_attach(struct port *port);

/*
 * The thread, RUNNING, waits for the page in `slot` at an address of its space, if need be for a pager. Its process is
 * condemned if none will ever come.
 */
void pager_wait_for_page(struct thread *t, uint64_t address, uint32_t slot);
/*
 * The thread, RUNNING, waits until this many frames are free. False: they will
 * never be (it waited before, and nothing could be evicted), and nothing happened.
 */
[[nodiscard]] bool pager_wait_for_frames(struct thread *t, uint32_t frames);
/* The same for a process at its limit of frames: one of its own pages must go first. */
[[nodiscard]] bool pager_wait_for_own(struct thread *t);
/*
 * Keeps free memory above the low mark, refills reserves, wakes who can go on. Called when the kernel is about to
 * leave; what is left when somebody more urgent is ready is done when it is about to leave the next time.
 */
void pager_work(void);

/* For page_in.c and page_out.c: these slots have settled, and a request is idle; the page of a slot is lost. */
void pager_wake(uint32_t slot, unsigned count);
void pager_condemn_owner(uint32_t slot, enum fault fault);
