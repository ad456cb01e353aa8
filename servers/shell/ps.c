/* SPDX-License-Identifier: BSD-2-Clause */
/* ps and mem: the supervisor's list of processes, as tables. */
#include "servers/shell/builtin.h"
#include "servers/shell/out.h"
#include <string.h>

enum { PAGE_KIB = ABI_PAGE_BYTES / 1024 };

static unsigned fail(const char *command, enum status st)
{
	out_error("%s: the supervisor gives no list: %s", command, status_text(st));
	return STATUS_FAILED;
}

/* What a process that lives does, or why it does not live. */
static const char *state_text(const struct supervisor_row *row)
{
	static const char *const activities[] = {
		[SUPERVISOR_ACTIVITY_RUNNING] = "running",
		[SUPERVISOR_ACTIVITY_CALLING] = "calling",
		[SUPERVISOR_ACTIVITY_WAITING] = "waiting",
		[SUPERVISOR_ACTIVITY_PAGING] = "paging",
	};

	switch (row->state) {
	case SUPERVISOR_PROCESS_STATE_RUNNING:
		return activities[row->activity];
	case SUPERVISOR_PROCESS_STATE_WAITING:
		return "restarts";
	case SUPERVISOR_PROCESS_STATE_GIVEN_UP:
		return "given-up";
	case SUPERVISOR_PROCESS_STATE_ABSENT:
		return "absent";
	case SUPERVISOR_PROCESS_STATE_ENDING:
		return "ending";
	default:
		return "ended";
	}
}

static unsigned kib(uint64_t pages) { return (unsigned)(pages * PAGE_KIB); }

static void print_row(const struct supervisor_row *row, bool more)
{
	out_print("%-16.31s %-8s %3u %8u %8u %8u", row->name, state_text(row), (unsigned)row->priority,
		  kib(row->resident_pages), kib(row->swapped_pages), kib(row->pinned_pages));
	if (more)
		out_print(" %8u %8u %8u %8u %8u %8u %8u %8u", kib(row->stored_pages), kib(row->table_pages),
			  (unsigned)(row->kernel_bytes + 1023) / 1024, kib(row->pages_in), kib(row->pages_ahead),
			  kib(row->pages_out), (unsigned)row->minor_faults, (unsigned)row->major_faults);
	out_print(" %8u", (unsigned)row->restarts);
	if (row->job != 0)
		out_print(" %%%u", (unsigned)row->job);
	out_text("\n");
}

unsigned builtin_ps(unsigned count, char *words[])
{
	bool more = count == 2 && strcmp(words[1], "-m") == 0;
	struct supervisor_row row;
	enum status st;

	if (count > 2 || (count == 2 && !more))
		return builtin_usage(words[0]);
	out_print("%-16s %-8s %3s %8s %8s %8s%s RESTARTS JOB  (memory in KiB)\n", "PROCESS", "STATE", "PRI", "RESIDENT",
		  "SWAPPED", "PINNED",
		  more ? "   STORED   TABLES   KERNEL       IN    AHEAD      OUT    MINOR    MAJOR" : "");
	for (uint32_t i = 0; (st = supervisor_list(shell.supervisor, i, &row)) == ST_OK; i++)
		print_row(&row, more);
	return st == ST_NOT_FOUND ? 0 : fail(words[0], st);
}

unsigned builtin_mem(unsigned count, char *words[])
{
	struct supervisor_machine m;
	enum status st;

	if (count > 1)
		return builtin_usage(words[0]);
	st = supervisor_memory(shell.supervisor, &m);
	if (st != ST_OK)
		return fail(words[0], st);
	out_print("RAM:  %u KiB, %u KiB free (low mark %u, high mark %u)\n", kib(m.ram_pages), kib(m.free_pages),
		  kib(m.low_mark_pages), kib(m.high_mark_pages));
	out_print("swap: %u KiB, %u KiB used\n", kib(m.swap_pages), kib(m.swap_used_pages));
	out_print("in:   %u KiB, %u read ahead, %u of these used\n", kib(m.pages_in), kib(m.pages_ahead),
		  kib(m.ahead_used_pages));
	out_print("out:  %u KiB, and %u dropped clean\n", kib(m.pages_out), kib(m.dropped_pages));
	if (m.unopened_pages != 0)
		out_print("lost: %u KiB did not open\n", kib(m.unopened_pages));
	return 0;
}
