/* SPDX-License-Identifier: BSD-2-Clause */
/* Proving what a call was given, before anything changes. */
#pragma once
#include "kernel/mm/claim.h"
#include "kernel/task/process.h"

/*
 * What a touch means for the thread that needs the page: OK; RETRY, it was parked and starts again; ENDED, its process was
 * condemned for want of memory; BAD_ARG, it has no such page.
 */
enum status decode_wait(struct thread *t, enum touch touch, uint64_t address, uint32_t slot);
/* The same in a call, which is what starts again. ENDED for a bad page too (BAD_RANGE), naming the address. */
enum status decode_touch(struct thread *t, enum touch touch, uint64_t address, uint32_t slot);

/* The thread's process is condemned for what the thread did. ENDED. */
enum status decode_end(struct thread *t, enum fault fault, uint64_t address);

/* A resolved claim on a range of the caller's. OK, RETRY, ENDED. */
enum status decode_range(struct thread *t, uaddr_t base, uint64_t bytes, bool write, struct claim *claim);

/* A handle's object. BAD_HANDLE, NO_RIGHT. */
enum status decode_handle(struct thread *t, handle_t handle, enum handle_type type, unsigned rights, void **object);

/* The rank that a process asks for, for a port or a child. BAD_RANK: 0 is the supervisor's, and 32 bits are all. */
enum status decode_rank(const struct process *self, uint64_t asked, uint32_t *rank);

/* The thread needs this many free frames, for something pinned: OK, RETRY, or NO_MEMORY if that will never be. */
enum status decode_frames(struct thread *t, uint64_t frames, bool pinned);
