/* SPDX-License-Identifier: BSD-2-Clause */
/* See images.h. */
#include "tests/unit/kernel/images.h"
#include "kernel/core/hash.h"
#include <string.h>

enum { CONSTANTS_BYTE = 0xc0, TEXT_BYTE = 0x90, DATA_BYTE = 0xda };

const char system_image_description[] = "a description";

static struct image_segment segment(uint64_t page, uint64_t pages, uint64_t file_pages, uint64_t prot)
{
	return (struct image_segment){
		.address = LAYOUT_IMAGE_BASE + page * ABI_PAGE_BYTES,
		.offset = (page + 1) * ABI_PAGE_BYTES,
		.file_bytes = file_pages * ABI_PAGE_BYTES,
		.memory_bytes = pages * ABI_PAGE_BYTES,
		.prot = prot,
	};
}

static const struct manifest ordinary = {
	.allowed_calls = UINT64_MAX,
	.frames_max = 400,
	.frames_min = 4,
	.swap_max = 400,
	.kernel_kib_max = 256,
	.busy_max = 64,
	.stack_pages = 4,
	.priority = 10,
};

struct image_header *program_make(void *at, const char *name, uint64_t flags)
{
	struct image_header *h = at;

	memset(at, 0, PROGRAM_BYTES);
	memset((char *)at + ABI_PAGE_BYTES, TEXT_BYTE, ABI_PAGE_BYTES);
	memset((char *)at + 2 * ABI_PAGE_BYTES, CONSTANTS_BYTE, ABI_PAGE_BYTES);
	memset((char *)at + 3 * ABI_PAGE_BYTES, DATA_BYTE, ABI_PAGE_BYTES);
	*h = (struct image_header){
		.magic = IMAGE_MAGIC,
		.version = IMAGE_VERSION,
		.segment_count = 3,
		.image_bytes = PROGRAM_BYTES,
		.entry = PROGRAM_TEXT + 0x200,
		.stub_base = PROGRAM_TEXT,
		.stub_bytes = PROGRAM_STUB_BYTES,
		.manifest = ordinary,
	};
	strncpy(h->name, name, sizeof h->name - 1);
	h->manifest.flags = flags;
	h->segments[0] = segment(0, 1, 1, IMAGE_READ | IMAGE_EXECUTE);
	h->segments[1] = segment(1, 1, 1, IMAGE_READ);
	h->segments[2] = segment(2, PROGRAM_DATA_PAGES, 1, IMAGE_READ | IMAGE_WRITE);
	return h;
}

struct system_image_header *system_image_header(struct system_image *s) { return (void *)s->bytes; }

void system_image_begin(struct system_image *s)
{
	memset(s->bytes, 0, sizeof s->bytes);
	*system_image_header(s) = (struct system_image_header){
		.magic = SYSTEM_IMAGE_MAGIC,
		.version = IMAGE_VERSION,
		.image_bytes = 2 * ABI_PAGE_BYTES, /* the header's */
	};
}

void system_image_add(struct system_image *s, const char *name, const void *from, uint64_t bytes)
{
	struct system_image_header *h = system_image_header(s);
	struct system_image_entry *e = &h->entries[h->entry_count++];

	strncpy(e->name, name, sizeof e->name - 1);
	e->offset = h->image_bytes;
	e->bytes = bytes;
	hash_parts(&(struct hash_part){ from, bytes }, 1, e->hash);
	memcpy(s->bytes + e->offset, from, bytes);
	h->image_bytes += (bytes + ABI_PAGE_BYTES - 1) / ABI_PAGE_BYTES * ABI_PAGE_BYTES;
}

void system_image_seal(struct system_image *s)
{
	struct system_image_header *h = system_image_header(s);
	struct hash_part whole = { h, h->image_bytes };

	memset(h->hash, 0, sizeof h->hash);
	hash_parts(&whole, 1, h->hash);
}

struct image_header *system_image_program(struct system_image *s, const char *name)
{
	struct system_image_header *h = system_image_header(s);

	for (unsigned i = 0; i < h->entry_count; i++)
		if (strcmp(h->entries[i].name, name) == 0)
			return (void *)(s->bytes + h->entries[i].offset);
	return NULL;
}

static void add_program(struct system_image *s, const char *name, uint64_t flags)
{
	static _Alignas(ABI_PAGE_BYTES) uint8_t program[PROGRAM_BYTES];

	program_make(program, name, flags);
	system_image_add(s, name, program, sizeof program);
}

void system_image_make(struct system_image *s)
{
	struct manifest *poor;

	system_image_begin(s);
	system_image_add(s, "system", system_image_description, sizeof system_image_description);
	add_program(s, "supervisor", MANIFEST_SUPERVISOR);
	add_program(s, "pager", MANIFEST_PAGER);
	add_program(s, "app", 0);
	add_program(s, "driver", MANIFEST_PINNED);
	add_program(s, "poor", 0);
	system_image_program(s, "supervisor")->manifest.frames_max = 2000;
	system_image_program(s, "supervisor")->manifest.kernel_kib_max = 1024;
	system_image_program(s, "supervisor")->manifest.priority = 31;
	poor = &system_image_program(s, "poor")->manifest;
	poor->frames_max = 24;
	poor->swap_max = 8;
	poor->kernel_kib_max = 8;
	poor->busy_max = 4;
	system_image_seal(s);
}
