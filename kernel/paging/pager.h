/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel as a client of the pager. The life of a page-out:
 *   1. Free frames are low; the clock chooses a page (policy.h).
 *   2. Clean and stored already: its entry becomes SWAPPED, the frame is free. Done.
 *   3. Else it is sealed into a request's bounce frame, its entry becomes SWAPPED,
 *      its slot LEAVING, the frame is free at once.
 *   4. The bounce frame is lent, for reading, in a PAGER_OUT call.
 *   5. The reply settles the slot. An error: the page is opened in place and stays in RAM.
 * and of a page-in:
 *   1. A thread touches a SWAPPED page; it waits, PAGING, on the slot.
 *   2. The slot becomes ARRIVING; a bounce frame is lent, for writing, in PAGER_IN.
 *   3. The reply comes: the seal is opened in place, the bounce frame becomes the page.
 *      A page that does not open, or can't be read twice, ends its process.
 *   4. The threads that waited run and touch it again; a fresh frame refills the reserve.
 * A thread that meets a slot on its way just waits for it to settle.
 */
#pragma once
#include "kernel/task/process.h"

void pager_init(void);
/* The pager process has this port: reserves the bounce frames and asks for the store's size. NO_MEMORY. */
enum status pager_attach(struct port *port);

/*
 * The thread, RUNNING, waits for the page in `slot` at an address of its space; without a pager its process is
 * condemned.
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
 * leave.
 */
void pager_work(void);
