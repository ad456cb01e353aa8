/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing on the machine itself: that it computes what is published, that nothing of the key is left behind, what it
 * costs. Unlike the other probes these come back, all but the one whose page is not there.
 */
#include "kernel/paging/seal.h"
#include "hal/context.h"
#include "hal/cpu.h"
#include "kernel/base/mem.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/mm/frame.h"
#include "kernel/task/vectors.h"
#include "tests/system/probe/probe.h"
#include "tests/unit/kernel/aead_vectors.h"

enum {
	PAINT = 0xa5,
	PAINTED_BYTES = 6000, /* of the stack's 8 KiB, more than sealing may take */
	OWN_BYTES = 160,      /* at the top, where the frames of those functions are that wipe the rest */
};

#define NOT_RAM 0x10000000000ull

static paddr_t frame;
static uint32_t slot;

static void start(void)
{
	seal_init();
	slot_store_size(1);
	(void)slot_alloc_run(1, &slot);
	frame = frame_alloc_zeroed(FRAME_FOR_KERNEL, FRAME_KERNEL);
	aead_vectors_fill(hal_frame_ptr(frame));
}

void probe_seal_vectors(void)
{
	static struct aead a;

	vectors_begin();
	for (enum aead_algorithm of = 0; of < AEAD_ALGORITHMS; of++) {
		const char *wrong = aead_is_supported(of) ? aead_vectors_wrong(&a, of) : "not on this CPU";

		if (wrong == NULL)
			log_line("%s: all %u as published", aead_name(of), aead_vectors_count(of));
		else
			log_line("%s: %s", aead_name(of), wrong);
	}
	vectors_end();
}

/* ---- what is left behind ---- */

/* The stack below the caller, for what it calls next to leave its traces in. Returns the lowest byte. */
__attribute__((noinline)) static const uint8_t *paint(void)
{
	uint8_t room[PAINTED_BYTES];
	const uint8_t *bottom = room;

	memset(room, PAINT, sizeof room);
	__asm__("" : "+r"(bottom) : "r"(room) : "memory");
	return bottom;
}

/* How many bytes from here to below the top are neither paint nor zeros. */
static unsigned residue(const uint8_t *from, const uint8_t *bottom)
{
	unsigned found = 0;

	for (; from < bottom + PAINTED_BYTES - OWN_BYTES; from++)
		found += *from != PAINT && *from != 0;
	return found;
}

/* x87 and SSE registers of the area that FXSAVE writes, the upper halves of AVX in the one of XSAVE (Intel SDM 1, "XSAVE Area"). */
static bool registers_are_zero(void)
{
	static const struct {
		unsigned from, to;
	} parts[] = { { 32, 416 }, { 576, 832 } };
	static struct vector_state v;

	memset(&v, 0, sizeof v);
	hal_vector_trap(false);
	hal_vector_switch(&v, NULL);
	for (unsigned i = 0; i < array_length(parts); i++)
		for (unsigned at = parts[i].from; at < parts[i].to; at++)
			if (v.bytes[at] != 0)
				return false;
	return true;
}

static void tell(const char *when, unsigned bytes)
{
	log_line("%s: %u bytes of the stack, registers %s", when, bytes, registers_are_zero() ? "zero" : "not zero");
}

void probe_seal_residue(void)
{
	const uint8_t *bottom;
	bool good;

	start();
	seal_begin();
	bottom = paint();
	seal_page(slot, frame);
	tell("within a batch", residue(bottom, bottom));
	seal_end();
	tell("after sealing", 0);
	seal_begin();
	bottom = paint();
	good = seal_open(slot, frame);
	seal_end();
	tell(good ? "after opening" : "not opened", residue(bottom, bottom));
}

static void (*wipe)(uint64_t sp);
static const uint8_t *painted;

static bool is_zero(const void *what, size_t bytes)
{
	const uint8_t *at = what;

	while (bytes > 0 && at[bytes - 1] == 0)
		bytes--;
	return bytes == 0;
}

/* In the place of the kernel's own, to look what is there before and after it. */
static void look(uint64_t sp)
{
	const uint8_t *from = (const uint8_t *)sp; // NOLINT(performance-no-int-to-ptr)

	log_line("before: %s on the stack, keys %s", residue(from, painted) != 0 ? "traces" : "nothing",
		 is_zero(&seal_keys, sizeof seal_keys) ? "zero" : "there");
	wipe(sp);
	tell(is_zero(&seal_keys, sizeof seal_keys) ? "after, no keys" : "after, keys", residue(from, painted));
}

/* An exception in the middle of a page. */
void probe_seal_panic(void)
{
	start();
	wipe = panic_wipe;
	panic_wipe = look;
	seal_begin();
	painted = paint();
	seal_page(slot, (paddr_t){ NOT_RAM });
}

/* ---- what it costs ---- */

void probe_seal_figures(void)
{
	uint64_t at[5];
	bool good;

	start();
	at[0] = hal_cycles();
	seal_begin();
	at[1] = hal_cycles();
	seal_page(slot, frame);
	at[2] = hal_cycles();
	good = seal_open(slot, frame);
	at[3] = hal_cycles();
	seal_end();
	at[4] = hal_cycles();
	log_line("cycles: begin %lu seal %lu open %lu end %lu, %s", (unsigned long)(at[1] - at[0]),
		 (unsigned long)(at[2] - at[1]), (unsigned long)(at[3] - at[2]), (unsigned long)(at[4] - at[3]),
		 good ? "opened" : "not opened");
}
