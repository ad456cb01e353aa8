/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a process from an image: for process_create, and for the supervisor at boot. */
#pragma once
#include "kernel/task/process.h"

/* Frames that must be free before it is worth trying. */
uint64_t spawn_frames(const struct image_header *image, uint64_t start_bytes);

/*
 * A process with its image loaded, its stack, its start information (copied from a
 * claim, whose space may be NULL: then `base` is the kernel's own pointer) and one
 * thread, NEW. Nothing is left behind on error. NO_MEMORY, EXISTS (a second pager).
 */
enum status spawn(struct process *parent, const struct image_header *image, const char *name, uint32_t rank,
		  uint32_t priority_cap, const struct claim *start, struct process **out);
/* Its thread runs; a pager is attached. */
void spawn_start(struct process *p);
