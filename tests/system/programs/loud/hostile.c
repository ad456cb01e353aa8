/* SPDX-License-Identifier: BSD-2-Clause */
/* See loud.h. What is hostile, as order.h lists it; addresses, handles and numbers. */
#include "kernel/abi/layout.h"
#include "tests/system/programs/loud/loud.h"

enum { PAGE = ABI_PAGE_BYTES };

/* A region of `mapped` pages, less those from `from` on. */
static uint64_t map_less(uint64_t mapped, uint64_t from)
{
	uint64_t at = 0;

	if (make_call(SYS_mem_map, (const uint64_t[]){ MEM_BUFFER, mapped, 0, 0 }, &at) != ST_OK)
		leave(EXIT_SETUP + SYS_mem_map);
	if (make_call(SYS_mem_unmap, (const uint64_t[]){ at + from * PAGE, mapped - from, 0, 0 }, NULL) != ST_OK)
		leave(EXIT_SETUP + SYS_mem_unmap);
	return at;
}

static uint64_t pointer(unsigned index)
{
	static const uint64_t fixed[POINTERS] = {
		[POINTER_FIRST_PAGE] = 8,
		[POINTER_UNMAPPED] = 0x300000000000,
		[POINTER_KERNEL] = 0xffffffff80000000,
		[POINTER_KERNEL_LOW] = 0xffff800000000000,
		[POINTER_NON_CANONICAL] = 0x0000800000000000,
		[POINTER_LAST_PAGE] = LAYOUT_USER_END - 8,
		[POINTER_WRAPPING] = UINT64_MAX - 7,
		[POINTER_TEXT] = LAYOUT_IMAGE_BASE,
		[POINTER_START] = LAYOUT_START_BASE,
	};

	switch (index) {
	case POINTER_STRADDLING:
		return map_less(2, 1) + PAGE - 8;
	case POINTER_FREED:
		return map_less(1, 0);
	case POINTER_GUARD:
		return LAYOUT_STACK_TOP; /* the first byte behind the stack */
	case POINTER_WINDOW:
		return stage.landing;
	default:
		return fixed[index];
	}
}

static uint64_t handle(unsigned index)
{
	switch (index) {
	case HANDLE_NULL:
		return 0;
	case HANDLE_NO_GENERATION:
		return 1;
	case HANDLE_FORGED:
		return 0x1fe;
	case HANDLE_ALL_ONES:
		return UINT64_MAX;
	case HANDLE_WRONG_GENERATION:
		return stage.port + 0x100;
	case HANDLE_WIDE_GENERATION:
		return stage.port | 1u << 31;
	case HANDLE_CLOSED:
		return stage.closed;
	case HANDLE_PORT:
		return stage.port;
	case HANDLE_FAR_PORT:
		return stage.far_port;
	case HANDLE_FAR_CHANNEL:
		return stage.far_channel;
	case HANDLE_PROCESS:
		return stage.process;
	default:
		return stage.parent;
	}
}

static uint64_t word(unsigned index)
{
	const uint64_t chosen[WORDS_CHOSEN] = {
		0,
		3,
		5,
		7,
		PAGE - 1,
		PAGE + 1,
		MESSAGE_BYTES_MAX - 1,
		MESSAGE_BYTES_MAX + 1,
		MESSAGE_PAGES_MAX + 1,
		INT32_MAX,
		UINT32_MAX,
		1ull << 32 | 1,
		INT64_MAX,
		UINT64_MAX - 1,
		UINT64_MAX,
		0x8000000000000001,
		LAYOUT_USER_END,
		0xfff0,
		tag_with_bytes(1, 16),
		tag_with_handles(1, MESSAGE_HANDLES_MAX),
		tag_with_handles(1, 7),
		tag_with_pages(1, MESSAGE_PAGES_GIVEN, 1),
		tag_with_pages(1, MESSAGE_PAGES_LENT_WRITE, 0x7fff),
		tag_with_bytes(1, 0x1ffff),
	};

	return index < WORDS_CHOSEN ? chosen[index] : 1ull << (index - WORDS_CHOSEN) % WORD_BITS;
}

uint64_t hostile_value(enum value_kind kind, unsigned index)
{
	switch (kind) {
	case VALUE_POINTER:
		return pointer(index);
	case VALUE_HANDLE:
		return handle(index);
	default:
		return word(index);
	}
}
