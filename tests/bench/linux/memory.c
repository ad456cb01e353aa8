/* SPDX-License-Identifier: BSD-2-Clause */
/* Mappings, faults that the kernel or a pager in user space answers, and files that are only memory. */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void measure_map_unmap(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		give_back(fresh(PAGE_BYTES, false), PAGE_BYTES);
	report(self, ticks() - begun);
}

void measure_map_touch_unmap(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++) {
		volatile char *page = fresh(PAGE_BYTES, false);
		*page = 1;
		give_back((void *)page, PAGE_BYTES);
	}
	report(self, ticks() - begun);
}

/* Touches one page after the other: the first WARM_UP unmeasured. */
static uint64_t touch(const struct bench *self, volatile char *pages)
{
	for (size_t i = 0; i < WARM_UP; i++)
		pages[i * PAGE_BYTES] = 1;
	uint64_t begun = ticks();
	for (size_t i = WARM_UP; i < WARM_UP + self->ops; i++)
		pages[i * PAGE_BYTES] = 1;
	return ticks() - begun;
}

void measure_minor_fault(const struct bench *self)
{
	size_t bytes = ((size_t)WARM_UP + self->ops) * PAGE_BYTES;
	volatile char *pages = fresh(bytes, false);
	report(self, touch(self, pages));
	give_back((void *)pages, bytes);
}

struct pager {
	int faults;
	unsigned rounds;
	char *source;
};

static void *page_in(void *argument)
{
	const struct pager *pager = argument;
	for (unsigned i = 0; i < pager->rounds; i++) {
		struct uffd_msg fault;
		read_all(pager->faults, &fault, sizeof fault);
		struct uffdio_copy copy = { .dst = fault.arg.pagefault.address & ~(uint64_t)(PAGE_BYTES - 1),
					    .src = (uintptr_t)pager->source,
					    .len = PAGE_BYTES };
		need(ioctl(pager->faults, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
	}
	return NULL;
}

/* The pages are ours also when the pager is another process: the descriptor it inherits stands for our memory. */
void measure_userfaultfd(const struct bench *self)
{
	size_t bytes = ((size_t)WARM_UP + self->ops) * PAGE_BYTES;
	volatile char *pages = fresh(bytes, false);
	struct pager pager = { .faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC), .rounds = WARM_UP + self->ops };
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .range = { (uintptr_t)pages, bytes }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	need(pager.faults >= 0 && ioctl(pager.faults, UFFDIO_API, &api) == 0, "userfaultfd");
	need(ioctl(pager.faults, UFFDIO_REGISTER, &range) == 0, "UFFDIO_REGISTER");
	pager.source = fresh(PAGE_BYTES, true);
	struct other other = start_other(self->elsewhere, page_in, &pager);
	report(self, touch(self, pages));
	join_other(other);
	close(pager.faults);
	give_back(pager.source, PAGE_BYTES);
	give_back((void *)pages, bytes);
}

static int open_file(void)
{
	int file = open("/tmp/bench", O_RDWR | O_CREAT | O_TRUNC, 0600);
	need(file >= 0, "open");
	return file;
}

void measure_tmpfs_read(const struct bench *self)
{
	char *page = fresh(PAGE_BYTES, true);
	int file = open_file();
	write_all(file, page, PAGE_BYTES);
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		need(pread(file, page, PAGE_BYTES, 0) == PAGE_BYTES, "pread");
	report(self, ticks() - begun);
	close(file);
	unlink("/tmp/bench");
	give_back(page, PAGE_BYTES);
}

void measure_tmpfs_create(const struct bench *self)
{
	char *page = fresh(PAGE_BYTES, true);
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++) {
		int file = open_file();
		write_all(file, page, PAGE_BYTES);
		close(file);
		unlink("/tmp/bench");
	}
	report(self, ticks() - begun);
	give_back(page, PAGE_BYTES);
}
