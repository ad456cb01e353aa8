/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines: a list of alarms, soonest first. The HAL's one-shot timer may fire early, never late: it is set anew only
 * for an earlier time or once it has fired, so that most waits and switches do not touch it.
 */
#pragma once
#include "hal/timer.h"
#include "kernel/base/list.h"
#include "kernel/core/cpu.h"

struct alarm {
	struct list link; /* unlinked: not set */
	uint64_t when_ns;
	void (*fire)(struct alarm *); /* called with the alarm unset */
};

void timer_init(void);
void alarm_init(struct alarm *a, void (*fire)(struct alarm *));
void alarm_set(struct alarm *a, uint64_t when_ns); /* UINT64_MAX: never */
void alarm_cancel(struct alarm *a);                /* harmless if not set */
/* Fires everything that is due, and has the timer fire for the next. */
void timer_run(uint64_t now_ns);
/* It fires by then. */
static inline void timer_need(struct cpu *cpu, uint64_t when_ns)
{
	if (when_ns < cpu->armed_ns) {
		cpu->armed_ns = when_ns;
		hal_timer_arm(when_ns);
	}
}
