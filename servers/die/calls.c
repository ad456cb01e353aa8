/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that do not exist, are not allowed, come from elsewhere, or pass memory that the caller may not use.
 */
#include "channels.h"
#include "kernel/abi/layout.h"
#include "libsys/raw.h"
#include "servers/die/kinds.h"
#include <stdio.h>
#include <stdlib.h>

#define KERNEL_ADDRESS 0xffffffff80000000ull
#define NOT_CANONICAL  0x0000800000000000ull
#define UNUSED_ADDRESS 0x0000200000000000ull

enum { BYTES = 32, NO_SUCH_CALL = 1000 };

static const char constant[BYTES] = "constant";

static uint64_t address_of(const void *p) { return (uint64_t)(uintptr_t)p; }

static uint64_t call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t args[SYSCALL_ARGS_MAX] = { a, b, c, d };

	return system_call(nr, args);
}

/* The calls below must be refused, not fatal: else it ends as if by a bug. */
static void expect(uint64_t st, enum status expected)
{
	if (st == expected)
		return;
	fprintf(stderr, "die: the call said: %s\n", status_text((enum status)st));
	exit(1);
}

static void stray_syscall(void)
{
	uint64_t nr = SYS_clock_now;

	__asm__ volatile("syscall" : "+a"(nr) : : "rcx", "r11", "rdi", "rsi", "rdx", "r8", "r9", "r10", "memory");
}

static void bad_call(void) { (void)call(NO_SUCH_CALL, 0, 0, 0, 0); }
static void first_bad_call(void) { (void)call(SYS_COUNT, 0, 0, 0, 0); }
static void huge_call(void) { (void)call(UINT64_MAX, 0, 0, 0, 0); }
static void wide_call(void) { (void)call(1ull << 32 | SYS_clock_now, 0, 0, 0, 0); }
static void denied_call(void) { (void)call(SYS_irq_ack, 0, 0, 0, 0); }
static void denied_create(void) { (void)call(SYS_process_create, 0, 0, 0, 0); }

/* ---- ranges that are read: log_write's text ---- */

static void log_at(uint64_t address, uint64_t bytes) { (void)call(SYS_log_write, address, bytes, 0, 0); }

static void range_null(void) { log_at(0, BYTES); }
static void range_unmapped(void) { log_at(UNUSED_ADDRESS, BYTES); }
static void range_kernel(void) { log_at(KERNEL_ADDRESS, BYTES); }
static void range_noncanonical(void) { log_at(NOT_CANONICAL, BYTES); }
static void range_last_page(void) { log_at(LAYOUT_USER_END, BYTES); }
static void range_over_the_end(void) { log_at(LAYOUT_USER_END - 1, BYTES); }
static void range_wrap(void) { log_at(UINT64_MAX - BYTES / 2 + 1, BYTES); }
static void range_empty(void) { expect(call(SYS_log_write, KERNEL_ADDRESS, 0, 0, 0), ST_OK); }

/* The last bytes of a page whose neighbour is gone. */
static char *edge(void)
{
	void *p;

	if (mem_map(MEM_BUFFER, 2, &p) != ST_OK || mem_unmap((char *)p + ABI_PAGE_BYTES, 1) != ST_OK)
		exit(1);
	return (char *)p + ABI_PAGE_BYTES - BYTES;
}

static void range_straddle(void) { log_at(address_of(edge()), BYTES + 1); }
static void range_fits(void) { expect(call(SYS_log_write, address_of(edge()), BYTES, 0, 0), ST_OK); }

static void range_freed(void)
{
	void *p;

	if (mem_map(MEM_BUFFER, 1, &p) != ST_OK || mem_unmap(p, 1) != ST_OK)
		exit(1);
	log_at(address_of(p), BYTES);
}

static void range_landing(void)
{
	void *p;

	if (mem_map(MEM_LANDING, 1, &p) != ST_OK)
		exit(1);
	log_at(address_of(p), BYTES);
}

/* ---- ranges that are written: what a message brings ---- */

static uint64_t call_with(const struct ipc_buffers *b, uint64_t tag)
{
	return call(SYS_ipc_call, channel_console().handle, tag, address_of(b), DEADLINE_NEVER);
}

static void receive_at(uint64_t address)
{
	struct ipc_buffers b = { .recv_bytes = address, .recv_capacity = BYTES };

	(void)call_with(&b, 0);
}

static void range_readonly(void) { receive_at(address_of(constant)); }
static void range_text(void) { receive_at(LAYOUT_IMAGE_BASE); }
static void range_start(void) { receive_at(LAYOUT_START_BASE); }
static void range_buffers(void) { (void)call_with((const struct ipc_buffers *)UNUSED_ADDRESS, 0); }

static void range_window(void)
{
	struct ipc_buffers b = { .landing = UNUSED_ADDRESS, .landing_pages = 1 };

	(void)call_with(&b, 0);
}

/* ---- what a correct program can meet: refused, and nothing more ---- */

static void pages_of_nobody(void)
{
	struct ipc_buffers b = { .send_pages = UNUSED_ADDRESS };

	expect(call_with(&b, tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 1)), ST_NOT_FLIPPABLE);
}

static void pages_of_text(void)
{
	struct ipc_buffers b = { .send_pages = LAYOUT_IMAGE_BASE };

	expect(call_with(&b, tag_with_pages(1, MESSAGE_PAGES_GIVEN, 1)), ST_NOT_FLIPPABLE);
}

static void bad_tag(void) { expect(call_with(NULL, TAG_UNUSED), ST_BAD_ARG); }
static void huge_bytes(void) { expect(call_with(NULL, tag_with_bytes(1, MESSAGE_BYTES_MAX + 1)), ST_BAD_ARG); }
static void forged_handle(void) { expect(call(SYS_handle_close, 0xdeadbe01, 0, 0, 0), ST_BAD_HANDLE); }
static void wide_handle(void) { expect(call(SYS_handle_close, 1ull << 40, 0, 0, 0), ST_BAD_HANDLE); }

static void closed_handle(void)
{
	struct ping_channel peer = channel_peer(), opened;

	expect(handle_close(peer.handle), peer.handle != 0 ? ST_OK : ST_BAD_HANDLE);
	expect(ping_open(peer, 0, &opened), ST_BAD_HANDLE);
}

static void unmap_image(void) { expect(call(SYS_mem_unmap, LAYOUT_IMAGE_BASE, 1, 0, 0), ST_BAD_ARG); }
static void unmap_kernel(void) { expect(call(SYS_mem_unmap, KERNEL_ADDRESS, 1, 0, 0), ST_BAD_ARG); }
static void map_everything(void) { expect(call(SYS_mem_map, MEM_BUFFER, UINT64_MAX, 0, 0), ST_NO_MEMORY); }

#define R ENDS(BAD_RANGE)

const struct kind call_kinds[] = {
	KIND("stray-syscall", ENDS(STRAY_SYSCALL), stray_syscall, "makes a call of its own"),
	KIND("bad-call", ENDS(BAD_CALL), bad_call, "makes call number 1000"),
	KIND("bad-call-first", ENDS(BAD_CALL), first_bad_call, "makes the first call that does not exist"),
	KIND("bad-call-huge", ENDS(BAD_CALL), huge_call, "makes call number 2^64 - 1"),
	KIND("bad-call-wide", ENDS(BAD_CALL), wide_call, "makes a call whose low half exists"),
	KIND("denied-call", ENDS(CALL_DENIED), denied_call, "makes a driver's call"),
	KIND("denied-create", ENDS(CALL_DENIED), denied_create, "makes the supervisor's call"),
	KIND("range-null", R, range_null, "passes address 0"),
	KIND("bad-range", R, range_unmapped, "passes an address where nothing is"),
	KIND("range-kernel", R, range_kernel, "passes an address of the kernel"),
	KIND("range-noncanonical", R, range_noncanonical, "passes an address that is not canonical"),
	KIND("range-last-page", R, range_last_page, "passes the last user page"),
	KIND("range-over-the-end", R, range_over_the_end, "passes a range that leaves user space"),
	KIND("range-wrap", R, range_wrap, "passes a range that wraps around"),
	KIND("range-straddle", R, range_straddle, "passes a range whose last byte is not mapped"),
	KIND("range-freed", R, range_freed, "passes memory that it has freed"),
	KIND("range-landing", R, range_landing, "passes an empty landing window"),
	KIND("range-readonly", R, range_readonly, "wants a message in read-only data"),
	KIND("range-text", R, range_text, "wants a message in its code"),
	KIND("range-start", R, range_start, "wants a message in its start information"),
	KIND("range-buffers", R, range_buffers, "describes a message where nothing is"),
	KIND("range-window", R, range_window, "names a landing window where there is none"),
	KIND("range-empty", SURVIVED, range_empty, "passes 0 bytes of the kernel: allowed"),
	KIND("range-fits", SURVIVED, range_fits, "passes the last bytes of a page: allowed"),
	KIND("pages-of-nobody", SURVIVED, pages_of_nobody, "lends pages that it has not"),
	KIND("pages-of-text", SURVIVED, pages_of_text, "gives its code away"),
	KIND("bad-tag", SURVIVED, bad_tag, "sends a tag with bits that mean nothing"),
	KIND("bad-bytes", SURVIVED, huge_bytes, "sends more bytes than a message may have"),
	KIND("forged-handle", SURVIVED, forged_handle, "closes a handle that it never had"),
	KIND("wide-handle", SURVIVED, wide_handle, "closes a handle of more than 32 bits"),
	KIND("closed-handle", SURVIVED, closed_handle, "calls by a handle that it has closed"),
	KIND("unmap-image", SURVIVED, unmap_image, "frees its own code"),
	KIND("unmap-kernel", SURVIVED, unmap_kernel, "frees the kernel"),
	KIND("map-everything", SURVIVED, map_everything, "asks for all the memory there could be"),
	{ 0 },
};
