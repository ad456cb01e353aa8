/* SPDX-License-Identifier: BSD-2-Clause */
/* ps and mem: the supervisor's list of processes, as tables. */
#include "libsys/contracts/supervisor.h"
#include "libsys/ipc.h"
#include "servers/shell/builtin.h"
#include "servers/shell/out.h"
#include <string.h>

enum { PAGE_KIB = ABI_PAGE_BYTES / 1024 };

static enum status get_row(uint64_t index, struct supervisor_row *row)
{
	struct ipc_buffers b = { .recv_bytes = (uaddr_t)(uintptr_t)row, .recv_capacity = sizeof *row };
	struct message m = { .words = { index }, .tag = tag_make(SUPERVISOR_LIST) };
	enum status st = ipc_call(shell.supervisor, &m, &b, DEADLINE_NEVER);

	if (st == ST_OK)
		st = (enum status)tag_op(m.tag);
	return st == ST_OK && tag_bytes(m.tag) != sizeof *row ? ST_IO_ERROR : st;
}

static unsigned fail(const char *command, enum status st)
{
	out_error("%s: the supervisor gives no list: %s", command, status_text(st));
	return STATUS_FAILED;
}

static const char *state_text(const struct process_status *s)
{
	static const char *const activities[] = {
		[ACTIVITY_RUNNING] = "running",
		[ACTIVITY_CALLING] = "calling",
		[ACTIVITY_WAITING] = "waiting",
		[ACTIVITY_PAGING] = "paging",
	};

	if (s->state != PROCESS_RUNNING)
		return s->state == PROCESS_ENDING ? "ending" : "ended";
	return s->activity < sizeof activities / sizeof activities[0] ? activities[s->activity] : "?";
}

static unsigned kib(uint64_t pages) { return (unsigned)(pages * PAGE_KIB); }

static void print_row(const struct supervisor_row *row, bool more)
{
	const struct process_status *s = &row->status;

	out_print("%-16.31s %-8s %3u %8u %8u %8u", row->name, state_text(s), (unsigned)s->priority,
		  kib(s->resident_pages), kib(s->swapped_pages), kib(s->pinned_pages));
	if (more)
		out_print(" %8u %8u %8u %8u", kib(s->table_pages), (unsigned)(s->kernel_bytes + 1023) / 1024,
			  kib(s->pages_in), kib(s->pages_out));
	out_text("\n");
}

unsigned builtin_ps(unsigned count, char *words[])
{
	bool more = count == 2 && strcmp(words[1], "-m") == 0;
	struct supervisor_row row;
	enum status st;

	if (count > 2 || (count == 2 && !more))
		return builtin_usage(words[0]);
	out_print("%-16s %-8s %3s %8s %8s %8s%s  (KiB)\n", "PROCESS", "STATE", "PRI", "RESIDENT", "SWAPPED", "PINNED",
		  more ? "   TABLES   KERNEL       IN      OUT" : "");
	for (uint64_t i = 0; (st = get_row(i, &row)) == ST_OK; i++)
		print_row(&row, more);
	return st == ST_NOT_FOUND ? 0 : fail(words[0], st);
}

unsigned builtin_mem(unsigned count, char *words[])
{
	struct supervisor_row row;
	enum status st;

	if (count > 1)
		return builtin_usage(words[0]);
	st = get_row(0, &row); /* what is said of the machine is the same in every row */
	if (st != ST_OK)
		return fail(words[0], st);
	out_print("RAM:  %u KiB, %u KiB free\n", kib(row.status.ram_pages), kib(row.status.free_pages));
	out_print("swap: %u KiB, %u KiB used\n", kib(row.status.swap_pages), kib(row.status.swap_used_pages));
	return 0;
}
