/* SPDX-License-Identifier: BSD-2-Clause */
/* See timer.h. */
#include "kernel/task/timer.h"
#include "hal/cpu.h"

static struct list alarms;

void timer_init(void) { list_init(&alarms); }

void alarm_init(struct alarm *a, void (*fire)(struct alarm *))
{
	list_init(&a->link);
	a->fire = fire;
}

void alarm_set(struct alarm *a, uint64_t when_ns)
{
	struct list *before;

	list_remove(&a->link);
	if (when_ns == UINT64_MAX)
		return;
	a->when_ns = when_ns;
	before = alarms.next;
	while (before != &alarms && container_of(before, struct alarm, link)->when_ns <= when_ns)
		before = before->next;
	list_insert_before(before, &a->link);
	timer_need(this_cpu(), when_ns);
}

void alarm_cancel(struct alarm *a) { list_remove(&a->link); }

void timer_run(uint64_t now_ns)
{
	struct cpu *cpu = this_cpu();
	struct alarm *a;

	cpu->armed_ns = 0; /* not for each that is set meanwhile */
	while ((a = list_first_entry(&alarms, struct alarm, link)) != NULL && a->when_ns <= now_ns) {
		hal_cpu_safe_point();
		list_remove(&a->link);
		a->fire(a);
	}
	cpu->armed_ns = UINT64_MAX;
	if (a != NULL)
		timer_need(cpu, a->when_ns);
}
