# SPDX-License-Identifier: BSD-2-Clause
"""The third-party parts do what we take them for: newlib makes a program that runs, BearSSL hashes, and both as flags ask."""

import subprocess
import unittest
from pathlib import Path

from toolbox import ToolTest

from signetkit.setup import newlib, sources

# On Linux, whose system calls stand in for libsys.
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <inttypes.h>
#include <sys/stat.h>
static long call(long n, long a, long b, long c) {
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
ssize_t write(int f, const void *p, size_t n) { return call(1, f, (long)p, (long)n); }
ssize_t read(int f, void *p, size_t n) { return call(0, f, (long)p, (long)n); }
int close(int f) { return f; }
int isatty(int f) { return f; }
int fstat(int f, struct stat *s) { s->st_mode = S_IFCHR; return 0 * f; }
off_t lseek(int f, off_t o, int w) { return 0 * (f + o + w); }
int kill(int p, int s) { return p + s; }
int getpid(void) { return 1; }
void _exit(int s) { for (;;) call(60, s, 0, 0); }
static char heap[1 << 16];
static size_t used;
void *sbrk(ptrdiff_t n) { void *p = heap + used; used += (size_t)n; return p; }
int main(void) {
	char *text = malloc(100);
	snprintf(text, 100, "%s %d %08lx %" PRIu64 " %d", "hello", -3, 0xbeeful, UINT64_C(1) << 40, (int)sqrt(144.0));
	puts(text);
	return (int)strlen(text);
}
void _start(void) { __asm__ volatile("and $-16, %rsp\n call begin"); }
void begin(void) { exit(main()); }
"""
SHA = r"""
#include <bearssl_hash.h>
#include <stdio.h>
int main(void) {
	unsigned char out[32];
	br_sha256_context context;
	br_sha256_init(&context);
	br_sha256_update(&context, "abc", 3);
	br_sha256_out(&context, out);
	for (int i = 0; i < 32; i++) printf("%02x", out[i]);
}
"""
FREESTANDING = ["-O2", "-ffreestanding", "-fno-pic", "-fcf-protection=none", "-fno-stack-protector"]
SHA_FILES = ("src/hash/sha2small.c", "src/codec/dec32be.c", "src/codec/enc32be.c")


class ThirdParty(ToolTest):
    def compile(self, text: str, *words: str | Path) -> Path:
        source = self.folder / "main.c"
        source.write_text(text)
        done = subprocess.run(["gcc", *words[:-1], source, *words[-1], "-o", self.folder / "main"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return self.folder / "main"

    def test_newlib_makes_a_static_program_that_runs(self):
        where = newlib.newlib()
        own = subprocess.run(["gcc", "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()
        program = self.compile(PROGRAM, *FREESTANDING, "-nostdinc", "-isystem", where / "include", "-isystem", own, "-nostdlib",
                               "-static", "-no-pie", [where / "lib/libm.a", where / "lib/libc.a"])
        done = subprocess.run([program], capture_output=True, text=True, check=False)
        self.assertEqual((done.stdout, done.returncode), ("hello -3 0000beef 1099511627776 12\n", 34))

    def test_newlib_has_no_system_calls_and_no_executable_stack(self):
        library = newlib.newlib() / "lib/libc.a"
        code = subprocess.run(["objdump", "-d", library], capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(code, r"\tsyscall|%fs:")
        sections = subprocess.run(["objdump", "-h", library], capture_output=True, text=True, check=True).stdout
        self.assertEqual(sections.count("file format"), sections.count(".note.GNU-stack"))

    def test_bearssl_hashes_abc(self):
        where = sources.bearssl()
        files = [where / name for name in SHA_FILES]
        program = self.compile(SHA, "-O2", "-w", f"-I{where}/inc", f"-I{where}/src", files)
        self.assertEqual(subprocess.run([program], capture_output=True, text=True, check=True).stdout,
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


if __name__ == "__main__":
    unittest.main()
