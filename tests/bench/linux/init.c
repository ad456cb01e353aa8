/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first program of the Linux peer: mounts what the rows need, measures each in a process of its own, so that none
 * sees what another left in memory, and powers the machine off. The kernel parameter rows=PATTERNS (it reaches us in the
 * environment) chooses rows. Not as the first process, it measures the kernel that it runs on and leaves its machine
 * alone: so it can be tried.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { KIB = 1024, MIB = 1024 * KIB };

static const struct bench benches[] = {
	{ "null_call", measure_getpid, 2000 },
	{ "ipc_rt_0w", measure_pipe, 1000 },
	{ "unix_rt_1", measure_unix, 1000, .bytes = 1 },
	{ "ipc_rt_copy_64", measure_unix, 1000, .bytes = 64 },
	{ "ipc_rt_copy_512", measure_unix, 1000, .bytes = 512 },
	{ "ipc_rt_copy_4096", measure_unix, 1000, .bytes = 4096 },
	{ "ipc_rt_copy_16384", measure_unix, 500, .bytes = 16384 },
	{ "ipc_rt_copy_65536", measure_unix, 200, .bytes = 65536 },
	{ "futex_rt_processes", measure_futex, 1000, .elsewhere = true },
	{ "futex_rt_threads", measure_futex, 1000 },
	{ "mq_rt_64", measure_mq, 1000, .bytes = 64 },
	{ "notify_pingpong", measure_eventfd, 1000 },
	{ "mem_map_unmap_4k", measure_map_unmap, 1000 },
	{ "map_touch_unmap_4k", measure_map_touch_unmap, 1000 },
	{ "minor_fault", measure_minor_fault, 4096 },
	{ "userfaultfd_process", measure_userfaultfd, 1000, .elsewhere = true },
	{ "userfaultfd_thread", measure_userfaultfd, 1000 },
	{ "thread_life", measure_thread, 500 },
	{ "fork_exit", measure_fork, 100 },
	{ "fork_exec", measure_fork_exec, 100 },
	{ "process_life", measure_vfork_exec, 200 },
	{ "posix_spawn", measure_spawn, 200 },
	{ "flip_4k", measure_bulk_pipe, 500, .bytes = 4 * KIB },
	{ "flip_64k", measure_bulk_pipe, 200, .bytes = 64 * KIB },
	{ "flip_1m", measure_bulk_pipe, 30, .bytes = MIB },
	{ "flip_4m_aligned", measure_bulk_pipe, 20, .bytes = 4 * MIB },
	{ "flip_4k_readv", measure_readv, 500, .bytes = 4 * KIB },
	{ "flip_64k_readv", measure_readv, 200, .bytes = 64 * KIB },
	{ "flip_1m_readv", measure_readv, 30, .bytes = MIB },
	{ "flip_4m_readv", measure_readv, 20, .bytes = 4 * MIB },
	{ "flip_4k_memfd", measure_memfd, 500, .bytes = 4 * KIB },
	{ "flip_64k_memfd", measure_memfd, 200, .bytes = 64 * KIB },
	{ "flip_1m_memfd", measure_memfd, 30, .bytes = MIB },
	{ "flip_4m_memfd", measure_memfd, 20, .bytes = 4 * MIB },
	{ "tmpfs_read_4k", measure_tmpfs_read, 1000, .bytes = 4 * KIB },
	{ "tmpfs_create_4k", measure_tmpfs_create, 500, .bytes = 4 * KIB },
};

static bool first_process(void) { return getpid() == 1; }

void end(int status)
{
	fflush(stdout);
	if (first_process())
		reboot(RB_POWER_OFF);
	_exit(status);
}

void need(bool good, const char *what)
{
	if (good)
		return;
	printf("BENCH {\"error\":\"%s: %s\"}\n", what, strerror(errno));
	end(EXIT_FAILURE);
}

void report(const struct bench *self, uint64_t ticks)
{
	printf("BENCH {\"name\":\"%s\",\"ops\":%u,\"ticks\":%llu", self->name, self->ops, (unsigned long long)ticks);
	if (self->bytes)
		printf(",\"bytes\":%zu", self->bytes);
	printf("}\n");
}

/* Ticks of the time-stamp counter in a second, to the megahertz, by the kernel's clock. */
static uint64_t tick_rate(void)
{
	const int64_t ns_per_s = 1000000000, measured_ns = 50000000, mhz = 1000000;
	struct timespec begun, now;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	uint64_t first = ticks();
	int64_t ns = 0;
	while (ns < measured_ns) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		ns = (now.tv_sec - begun.tv_sec) * ns_per_s + now.tv_nsec - begun.tv_nsec;
	}
	double rate = (double)(ticks() - first) * (double)ns_per_s / (double)ns;
	return (uint64_t)(rate / (double)mhz + 0.5) * (uint64_t)mhz;
}

/* Several patterns have commas between them. */
static bool wanted(const char *name)
{
	const char *given = getenv("rows");
	char patterns[4 * KIB], *rest = patterns;
	if (!given)
		return true;
	snprintf(patterns, sizeof patterns, "%s", given);
	for (const char *pattern; (pattern = strsep(&rest, ","));)
		if (fnmatch(pattern, name, 0) == 0)
			return true;
	return false;
}

static void *measure(void *argument)
{
	const struct bench *bench = argument;
	bench->measure(bench);
	return NULL;
}

/*
 * Who is woken runs when the waker waits, never before: otherwise each pair's history decides, and a round trip has one
 * sleep or two. Small pages: otherwise the kernel's thread that joins them to large ones runs in somebody's row.
 */
static void choose_policies(void)
{
	const struct sched_param none = { 0 };
	need(sched_setscheduler(0, SCHED_BATCH, &none) == 0, "SCHED_BATCH");
	need(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "PR_SET_THP_DISABLE");
}

int main(void)
{
	uint64_t booted = ticks();
	struct utsname name;
	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&name);
	printf("BENCH {\"bench\":1,\"system\":\"linux\",\"version\":\"%s %s\",\"hz\":%llu}\n", name.release,
	       name.version, (unsigned long long)tick_rate());
	if (first_process()) {
		need(mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0, "mount");
		if (wanted("boot_to_init"))
			report(&(struct bench){ .name = "boot_to_init", .ops = 1 }, booted);
	}
	choose_policies();
	for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
		if (wanted(benches[i].name))
			join_other(start_other(true, measure, (void *)&benches[i]));
	printf("BENCH {\"end\":true}\n");
	end(EXIT_SUCCESS);
}
