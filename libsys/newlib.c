/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What newlib wants from a system: a growing heap, an exit, and files 1 and 2,
 * which are the console's two streams. Everything else is refused; files are
 * reached through build/contracts/files.h.
 */
#include "contracts/console.h"
#include "libsys/start.h"
#include "libsys/system.h"
#include <errno.h>
#include <sys/stat.h>

enum { HEAP_STEP_PAGES = 16 };

void *sbrk(ptrdiff_t bytes);
int write(int file, const char *data, int bytes);
int read(int file, char *data, int bytes);
int close(int file);
int lseek(int file, int offset, int whence);
int fstat(int file, struct stat *st);
int isatty(int file);
int getpid(void);
int kill(int pid, int sig);
_Noreturn void _exit(int code);

void *sbrk(ptrdiff_t bytes)
{
	static char *next, *end;
	char *got = next;

	if (bytes < 0 || bytes > end - next) {
		uint64_t pages = bytes < 0 ? 0 : ((uint64_t)bytes + ABI_PAGE_BYTES - 1) / ABI_PAGE_BYTES;
		void *more;

		pages = pages < HEAP_STEP_PAGES ? HEAP_STEP_PAGES : pages;
		if (bytes < 0 || mem_map(MEM_HEAP, pages, &more) != ST_OK) {
			errno = ENOMEM;
			return (void *)-1;
		}
		if (more != end)
			next = more;
		end = (char *)more + pages * ABI_PAGE_BYTES;
		got = next;
	}
	next += bytes;
	return got;
}

int write(int file, const char *data, int bytes)
{
	struct console_channel console = { start_channel("console") };
	enum console_stream stream = file == 1 ? CONSOLE_STREAM_OUT : CONSOLE_STREAM_ERR;
	size_t left = (size_t)bytes;

	CONTRACT_USED("library console"); /* only if the program has such a channel */
	if ((file != 1 && file != 2) || console.handle == 0) {
		errno = EBADF;
		return -1;
	}
	for (size_t n; left > 0; data += n, left -= n) {
		n = left < CONSOLE_WRITE_BYTES_MAX ? left : CONSOLE_WRITE_BYTES_MAX;
		if (console_write(console, stream, data, n) != ST_OK) {
			errno = EIO;
			return -1;
		}
	}
	return bytes;
}

static int refuse(void)
{
	errno = EBADF;
	return -1;
}

int read(int file, char *data, int bytes)
{
	(void)file, (void)data, (void)bytes;
	return refuse();
}

int close(int file)
{
	(void)file;
	return refuse();
}

int lseek(int file, int offset, int whence)
{
	(void)file, (void)offset, (void)whence;
	return refuse();
}

int fstat(int file, struct stat *st)
{
	(void)file;
	st->st_mode = S_IFCHR;
	return 0;
}

int isatty(int file)
{
	(void)file;
	return 0;
}

int getpid(void) { return 1; }

/* raise() and abort() end here: an illegal instruction names the place. */
int kill(int pid, int sig)
{
	(void)pid, (void)sig;
	__builtin_trap();
}

_Noreturn void _exit(int code) { process_exit(code < 0 ? SYSCALL_EXIT_CODE_MAX : (unsigned)code); }
