/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has the CPU's vector registers (x87, SSE, AVX). They keep the state of the last thread that used them, their
 * owner, and are closed (CR0.TS) when others run: the first use of them traps, and vectors_wanted changes the owner.
 * After that a thread gets them without asking for a while, so that two that both use them pay no trap at a switch;
 * then it has to ask again, so that one that uses them no more pays nothing. On a CPU where closed registers can
 * be read by speculation (CVE-2018-3665) everybody always gets his own.
 *
 * cpu.vectors_open is what CR0.TS says, kept so that CR0 is written only when that changes. While user code runs they
 * are open only to their owner.
 */
#pragma once
#include "kernel/task/thread.h"

struct cpu;

void vectors_init_thread(struct thread *t);
/* The CPU goes to this thread. Needed only if they are open or it HAS_VECTORS. */
void vectors_switch(struct cpu *cpu, struct thread *to);
/* The running thread used them while they were closed. */
void vectors_wanted(struct thread *t);

/* The kernel's own use of them, within one entry: they are open, and nothing of what it leaves in them is there after the end. */
void vectors_begin(void);
void vectors_end(void);
/* For a panic: nothing is in them. */
void vectors_wipe(void);
