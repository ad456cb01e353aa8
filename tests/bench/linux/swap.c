/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first program of the Linux peer when it swaps: takes all memory but what the phases may have, makes the virtio disk
 * the swap area, and runs them. The kernel parameters mib= and available= (they reach us in the environment) say how much
 * is touched in how much.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "tests/bench/phases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { KIB_PER_MIB = 1024, MODULES_MAX = 16, LINE_BYTES = 256 };
#define DISK "/dev/vda"

/* What /proc/vmstat has counted, and when it was read. */
struct moment {
	uint64_t in, out, ns;
};

static struct moment begun;

void end(int status)
{
	printf("BENCH {\"end\":true}\n");
	fflush(stdout);
	if (getpid() == 1)
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

/* The number behind a word at the start of a line. */
static uint64_t number_in(const char *path, const char *word)
{
	char line[LINE_BYTES];
	size_t length = strlen(word);
	FILE *file = fopen(path, "re");
	need(file != NULL, path);
	while (fgets(line, sizeof line, file))
		if (strncmp(line, word, length) == 0) {
			fclose(file);
			return strtoull(line + length, NULL, 10);
		}
	errno = ENOENT;
	need(false, word);
	return 0;
}

static uint64_t given(const char *name)
{
	const char *text = getenv(name);
	errno = EINVAL;
	need(text && strtoull(text, NULL, 10) > 0, name);
	return strtoull(text, NULL, 10);
}

static void write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	need(file >= 0 && write(file, text, strlen(text)) > 0, path);
	close(file);
}

/* ---- phases ---- */

static struct moment now(void)
{
	struct timespec time;
	struct moment moment = { number_in("/proc/vmstat", "pswpin "), number_in("/proc/vmstat", "pswpout "), 0 };
	clock_gettime(CLOCK_MONOTONIC, &time);
	moment.ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
	return moment;
}

void phase_begins(const struct phase *phase)
{
	write_file("/proc/sys/vm/page-cluster", phase->down ? "0" : "3"); /* 3 is what it was: 8 pages */
	begun = now();
}

void phase_ended(const struct phase *phase)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time); /* before anything is read of /proc */
	struct moment ended = now();
	ended.ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
	printf("BENCH {\"name\":\"%s\",\"ops\":1,\"ticks\":%llu,\"disk\":true,\"pages_in\":%llu,\"pages_out\":%llu}\n",
	       phase->name, (unsigned long long)(ended.ns - begun.ns), (unsigned long long)(ended.in - begun.in),
	       (unsigned long long)(ended.out - begun.out));
}

/* ---- before them ---- */

/* Those of virtio and its disk, in the order of their names: each needs only earlier ones. */
static void load_modules(void)
{
	char path[LINE_BYTES];
	for (unsigned i = 0; i < MODULES_MAX; i++) {
		snprintf(path, sizeof path, "/modules/%02u.ko", i);
		int module = open(path, O_RDONLY | O_CLOEXEC);
		if (module < 0)
			return;
		need(syscall(SYS_finit_module, module, "", 0) == 0, path);
		close(module);
		unlink(path); /* the root file system is memory */
	}
}

/* As mkswap does: version, last page, magic. */
static void make_swap(void)
{
	static union {
		char bytes[PAGE_BYTES];
		uint32_t words[PAGE_BYTES / sizeof(uint32_t)];
	} head;
	const unsigned version_at = 256, last_page_at = 257; /* in words; 1,024 bytes are a boot loader's */
	int disk = open(DISK, O_RDWR | O_CLOEXEC);
	need(disk >= 0, DISK);
	off_t bytes = lseek(disk, 0, SEEK_END);
	head.words[version_at] = 1;
	head.words[last_page_at] = (uint32_t)(bytes / PAGE_BYTES - 1);
	memcpy(head.bytes + PAGE_BYTES - 10, "SWAPSPACE2", 10);
	need(pwrite(disk, head.bytes, PAGE_BYTES, 0) == PAGE_BYTES && fsync(disk) == 0, DISK);
	close(disk);
	need(swapon(DISK, 0) == 0, "swapon");
}

/* Locked memory, until no more than this is left. */
static void leave(uint64_t available_kib)
{
	uint64_t found = number_in("/proc/meminfo", "MemAvailable:");
	if (found <= available_kib)
		return;
	size_t bytes = (found - available_kib) * KIB_PER_MIB;
	need(mlock(fresh(bytes, true), bytes) == 0, "mlock");
}

static void prepare(void)
{
	need(mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) == 0 || errno == EBUSY, "/dev");
	need(mount("proc", "/proc", "proc", 0, NULL) == 0, "/proc");
	load_modules();
	make_swap();
	need(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "PR_SET_THP_DISABLE");
}

int main(void)
{
	struct utsname name;
	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&name);
	printf("BENCH {\"bench\":1,\"system\":\"linux\",\"version\":\"%s %s\",\"hz\":1000000000}\n", name.release,
	       name.version);
	prepare();
	uint64_t mib = given("mib"), available = given("available");
	leave(available * KIB_PER_MIB);
	printf("BENCH {\"note\":\"%llu MiB are touched, %llu KiB are available\"}\n", (unsigned long long)mib,
	       (unsigned long long)number_in("/proc/meminfo", "MemAvailable:"));
	errno = EIO;
	need(phases_run(fresh(mib * KIB_PER_MIB * KIB_PER_MIB, false), mib * SWAP_PAGES_PER_MIB),
	     "a page is not what was written");
	end(EXIT_SUCCESS);
}
