/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is not there, may not be written, is not code, or is somebody else's. */
#include "channels.h"
#include "kernel/abi/layout.h"
#include "servers/die/kinds.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL_ADDRESS 0xffffffff80000000ull
#define DIRECT_ADDRESS 0xffff800000000000ull /* lowest address of the kernel half */
#define NOT_CANONICAL  0x0000800000000000ull
#define UNUSED_ADDRESS 0x0000200000000000ull

enum { RETURN_INSTRUCTION = 0xc3, PAGES = 2, BIG_FRAME = 1 << 20, HOLD_MS = 300, STACK_PAGES = 2 };

static const char constant[16] = "constant";
static uint8_t data_code[16] = { RETURN_INSTRUCTION };
static const uint8_t rodata_code[16] = { RETURN_INSTRUCTION };

/* In assembler: the compiler would rather not. */
static void read_at(uint64_t address) { __asm__ volatile("testb $1, (%0)" : : "r"(address) : "cc"); }
static void write_at(uint64_t address) { __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory"); }

static void jump_to(uint64_t address)
{
	__asm__ volatile("" : "+r"(address));
	((void (*)(void))address)();
}

static uint64_t address_of(const void *p) { return (uint64_t)(uintptr_t)p; }

static void *map(enum mem_kind kind, uint64_t pages)
{
	void *p;

	if (mem_map(kind, pages, &p) == ST_OK)
		return p;
	fprintf(stderr, "die: no memory\n");
	exit(1);
}

static void null_read(void) { read_at(0); }
static void null_write(void) { write_at(8); }
static void unmapped_read(void) { read_at(UNUSED_ADDRESS); }
static void kernel_read(void) { read_at(KERNEL_ADDRESS); }
static void kernel_write(void) { write_at(KERNEL_ADDRESS); }
static void direct_read(void) { read_at(DIRECT_ADDRESS); }
static void noncanonical_read(void) { read_at(NOT_CANONICAL); }
static void last_page_read(void) { read_at(LAYOUT_USER_END); }
static void text_read(void) { read_at(LAYOUT_IMAGE_BASE); }
static void text_write(void) { write_at(LAYOUT_IMAGE_BASE); }
static void rodata_write(void) { write_at(address_of(constant)); }
static void start_write(void) { write_at(LAYOUT_START_BASE); }
static void landing_read(void) { read_at(address_of(map(MEM_LANDING, 1))); }

static void freed_read(void)
{
	char *p = map(MEM_BUFFER, PAGES);

	write_at(address_of(p));
	(void)mem_unmap(p, PAGES);
	read_at(address_of(p));
}

static void jump_null(void) { jump_to(0); }
static void jump_kernel(void) { jump_to(KERNEL_ADDRESS); }
static void jump_noncanonical(void) { jump_to(NOT_CANONICAL); }
static void data_execute(void) { jump_to(address_of(data_code)); }
static void rodata_execute(void) { jump_to(address_of(rodata_code)); }
static void start_execute(void) { jump_to(LAYOUT_START_BASE); }

static void heap_execute(void)
{
	uint8_t *p = map(MEM_HEAP, 1);

	*p = RETURN_INSTRUCTION;
	jump_to(address_of(p));
}

static void stack_execute(void)
{
	volatile uint8_t code[16] = { RETURN_INSTRUCTION };

	jump_to((uint64_t)(uintptr_t)code);
}

/* Uses the stack that it is given, whatever the compiler thinks of recursion. */
static __attribute__((noinline)) unsigned sink(volatile unsigned *above)
{
	volatile unsigned here[64] = { *above };

	return *above == 0 ? 0 : sink(here) + here[1];
}

static void stack_overflow(void)
{
	volatile unsigned start = 1;

	(void)sink(&start);
}

static void thread_stack_overflow_entry(void *unused)
{
	(void)unused;
	stack_overflow();
}

static void thread_stack_overflow(void)
{
	(void)thread_start(thread_stack_overflow_entry, NULL, STACK_PAGES);
	for (;;)
		__asm__ volatile("pause");
}

/* Over the guard: no stack, so no overflow of one. */
static void stack_jump(void)
{
	volatile uint8_t here = 0;

	write_at((uint64_t)(uintptr_t)&here - BIG_FRAME);
}

/* ---- a page that is lent ---- */

static void hold(void *page)
{
	struct ping_channel opened;

	if (ping_open(channel_peer(), 0, &opened) == ST_OK)
		(void)ping_hold(opened, HOLD_MS, page, 1);
}

/* Another thread lends it; until then, and after, it can be read. */
static void lent_page(void)
{
	void *page = map(MEM_BUFFER, 1);
	uint64_t end = clock_now() + HOLD_MS * 1000000ull;

	if (channel_peer().handle == 0) {
		fprintf(stderr, "die: there is nobody to lend to\n");
		exit(1);
	}
	write_at(address_of(page));
	(void)thread_start(hold, page, STACK_PAGES);
	while (clock_now() < end)
		read_at(address_of(page));
}

const struct kind memory_kinds[] = {
	KIND("null-read", ENDS(READ), null_read, "reads address 0"),
	KIND("null-write", ENDS(WRITE), null_write, "writes address 8"),
	KIND("unmapped-read", ENDS(READ), unmapped_read, "reads where nothing is"),
	KIND("kernel-read", ENDS(READ), kernel_read, "reads the kernel's image"),
	KIND("kernel-write", ENDS(WRITE), kernel_write, "writes the kernel's image"),
	KIND("direct-read", ENDS(READ), direct_read, "reads the lowest address of the kernel half"),
	KIND("noncanonical-read", ENDS(PRIVILEGED), noncanonical_read, "reads an address that is not canonical"),
	KIND("last-page-read", ENDS(READ), last_page_read, "reads the last user page, never mapped"),
	KIND("text-read", SURVIVED, text_read, "reads its own code: allowed"),
	KIND("text-write", ENDS(WRITE), text_write, "writes its own code"),
	KIND("rodata-write", ENDS(WRITE), rodata_write, "writes read-only data"),
	KIND("start-write", ENDS(WRITE), start_write, "writes its start information"),
	KIND("landing-read", ENDS(READ), landing_read, "reads an empty landing window"),
	KIND("freed-read", ENDS(READ), freed_read, "reads memory that it has freed"),
	KIND("jump-null", ENDS(EXECUTE), jump_null, "jumps to address 0"),
	KIND("jump-kernel", ENDS(EXECUTE), jump_kernel, "jumps into the kernel"),
	KIND("noncanonical-rip", ENDS(PRIVILEGED), jump_noncanonical, "jumps to an address that is not canonical"),
	KIND("data-execute", ENDS(EXECUTE), data_execute, "runs code in data"),
	KIND("rodata-execute", ENDS(EXECUTE), rodata_execute, "runs code in read-only data"),
	KIND("start-execute", ENDS(EXECUTE), start_execute, "runs its start information"),
	KIND("heap-execute", ENDS(EXECUTE), heap_execute, "runs code in the heap"),
	KIND("stack-execute", ENDS(EXECUTE), stack_execute, "runs code on the stack"),
	KIND("stack-overflow", ENDS(STACK_OVERFLOW), stack_overflow, "recurses for ever"),
	KIND("thread-stack-overflow", ENDS(STACK_OVERFLOW), thread_stack_overflow,
	     "recurses for ever in a second thread"),
	KIND("stack-jump", ENDS(WRITE), stack_jump, "writes far below its stack, beyond the guard"),
	KIND("lent-page", ENDS(LENT_PAGE), lent_page, "reads a page that another thread has lent"),
	{ 0 },
};
