/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving the CPU to another thread: page tables and vector registers. */
#pragma once
#include "kernel/core/cpu.h"
#include "kernel/task/thread.h"

/* The thread, RUNNING, is who this CPU returns to next. */
void switch_to(struct cpu *cpu, struct thread *t);
/* Nobody runs. */
void switch_to_nobody(struct cpu *cpu);
