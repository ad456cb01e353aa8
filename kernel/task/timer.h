/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines: a list of alarms, soonest first. The HAL's one-shot timer is armed for the head at every return to
 * user mode.
 */
#pragma once
#include "kernel/base/list.h"

struct alarm {
	struct list link; /* unlinked: not set */
	uint64_t when_ns;
	void (*fire)(struct alarm *); /* called with the alarm unset */
};

void timer_init(void);
void alarm_init(struct alarm *a, void (*fire)(struct alarm *));
void alarm_set(struct alarm *a, uint64_t when_ns); /* UINT64_MAX: never */
void alarm_cancel(struct alarm *a);                /* harmless if not set */
uint64_t timer_next_ns(void);                      /* UINT64_MAX: none */
/* Fires everything that is due. */
void timer_run(uint64_t now_ns);
