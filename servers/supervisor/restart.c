/* SPDX-License-Identifier: BSD-2-Clause */
/* See restart.h. */
#include "servers/supervisor/restart.h"
#include <stdbool.h>

static const uint64_t ns_per_ms = 1000000;

enum { WAIT_FOR_MEMORY = 3 }; /* longer by so many failures that were none */

static bool policy_wants(uint32_t policy, enum restart_end end)
{
	switch (policy) {
	case DESCRIPTION_RESTART_ALWAYS:
		return true;
	case DESCRIPTION_RESTART_FAULT:
		return end != RESTART_EXITED;
	default:
		return false;
	}
}

/* backoff_ms after the first failure, twice as long after each that follows. */
static uint64_t backoff_ns(const struct description_restart *rules, uint32_t failures)
{
	uint64_t ms = rules->backoff_ms;

	for (uint32_t i = 1; i < failures && ms > 0 && ms < rules->backoff_max_ms; i++)
		ms *= 2;
	return (ms < rules->backoff_max_ms ? ms : rules->backoff_max_ms) * ns_per_ms;
}

enum restart_decision restart_decide(const struct description_restart *rules, struct restart_history *h,
				     enum restart_end end, uint64_t now_ns)
{
	bool lived = end != RESTART_NOT_STARTED && end != RESTART_NO_MEMORY;

	if (!policy_wants(rules->policy, end))
		return RESTART_NO;
	if (lived && now_ns - h->started_ns >= rules->healthy_ms * ns_per_ms)
		h->failures = 0;
	if (end == RESTART_NO_MEMORY) {
		h->due_ns = now_ns + backoff_ns(rules, h->failures + WAIT_FOR_MEMORY);
		return RESTART_LATER;
	}
	if (end != RESTART_KILLED && h->failures++ >= rules->limit)
		return RESTART_GIVE_UP;
	h->due_ns = now_ns + backoff_ns(rules, h->failures);
	return RESTART_LATER;
}
