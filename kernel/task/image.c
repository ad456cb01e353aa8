/* SPDX-License-Identifier: BSD-2-Clause */
/* See image.h. Pure checks first, then the loader. Owns the pointer to the system image. */
#include "kernel/task/image.h"
#include "hal/cpu.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/process.h"
#include "kernel/base/arith.h"
#include "kernel/base/fmt.h"
#include "kernel/base/mem.h"
#include "kernel/core/hash.h"

static const struct system_image_header *opened;
static char complaint[120];

/* Says what is wrong with entry or segment `name`. */
static const char *complain(const char *name, const char *what)
{
	fmt_print(complaint, sizeof complaint, "%s: %s", name, what);
	return complaint;
}

static bool name_is_good(const char name[IMAGE_NAME_BYTES])
{
	unsigned n = 0;

	while (n < IMAGE_NAME_BYTES && name[n] > ' ' && name[n] <= '~')
		n++;
	return n > 0 && n < IMAGE_NAME_BYTES && name[n] == 0;
}

static const char *check_segment(const struct image_header *h, const struct image_segment *s, uint64_t lowest)
{
	uint64_t end;

	if (!page_aligned(s->address) || !page_aligned(s->offset))
		return "a segment is not page-aligned";
	if (s->memory_bytes == 0 || s->file_bytes > s->memory_bytes)
		return "a segment's sizes are wrong";
	if (!range_within(s->offset, s->file_bytes, h->image_bytes))
		return "a segment leaves the image";
	if (!add_fits(s->address, s->memory_bytes, &end) || s->address < LAYOUT_IMAGE_BASE || end > LAYOUT_IMAGE_END)
		return "a segment is outside the image area";
	if (s->address < lowest)
		return "segments overlap or do not ascend";
	if (s->prot != IMAGE_READ && s->prot != (IMAGE_READ | IMAGE_WRITE) && s->prot != (IMAGE_READ | IMAGE_EXECUTE))
		return "a segment's protection is neither R, RW nor RX";
	return NULL;
}

static bool within_code(const struct image_header *h, uint64_t address, uint64_t bytes)
{
	for (unsigned i = 0; i < h->segment_count; i++) {
		const struct image_segment *s = &h->segments[i];

		if ((s->prot & IMAGE_EXECUTE) && address >= s->address &&
		    range_within(address - s->address, bytes, s->memory_bytes))
			return true;
	}
	return false;
}

/* Contracts, from the front; the rest is zero. */
static bool contracts_are_good(const uint64_t *contracts, uint32_t count, uint32_t max)
{
	for (uint32_t i = 0; count <= max && i < max; i++)
		if ((contracts[i] != 0) != (i < count))
			return false;
	return count <= max;
}

static const char *check_manifest(const struct manifest *m)
{
	if (m->priority > 31)
		return "its priority is above 31";
	if (m->stack_pages == 0 || m->stack_pages > 4096)
		return "its stack is not 1 to 4096 pages";
	if (m->flags & ~(uint64_t)(MANIFEST_PINNED | MANIFEST_PAGER | MANIFEST_SUPERVISOR))
		return "its manifest has unknown flags";
	if (!contracts_are_good(m->serves, m->serve_count, MANIFEST_SERVES_MAX))
		return "its manifest's served contracts are malformed";
	if (!contracts_are_good(m->uses, m->use_count, MANIFEST_USES_MAX) || m->optional_uses >> m->use_count != 0)
		return "its manifest's uses are malformed";
	if (m->device_count > PROCESS_CLAIMS_MAX)
		return "its manifest names too many devices";
	return NULL;
}

const char *image_check(const void *start, uint64_t bytes)
{
	const struct image_header *h = start;
	uint64_t lowest = 0;
	const char *wrong;

	if (bytes < sizeof *h || h->magic != IMAGE_MAGIC)
		return "it is not a sealed image";
	if (h->version != IMAGE_VERSION)
		return "it is of another version";
	if (h->image_bytes > bytes || !page_aligned(h->image_bytes))
		return "it is cut short";
	if (h->segment_count == 0 || h->segment_count > IMAGE_SEGMENTS_MAX)
		return "it has no segments or too many";
	for (unsigned i = 0; i < h->segment_count; i++) {
		const struct image_segment *s = &h->segments[i];

		wrong = check_segment(h, s, lowest);
		if (wrong != NULL)
			return wrong;
		lowest = round_up(s->address + s->memory_bytes, PAGE_BYTES);
	}
	if (!within_code(h, h->entry, 1))
		return "its entry is not in its code";
	if (!within_code(h, h->stub_base, h->stub_bytes))
		return "its system-call stubs are not in its code";
	if (!name_is_good(h->name))
		return "its name is malformed";
	return check_manifest(&h->manifest);
}

static const char *check_entry(const struct system_image_header *h, unsigned i)
{
	const struct system_image_entry *e = &h->entries[i];
	const char *wrong;

	if (!name_is_good(e->name))
		return "an entry's name is malformed";
	if (!page_aligned(e->offset) || !range_within(e->offset, e->bytes, h->image_bytes))
		return complain(e->name, "it leaves the system image");
	for (unsigned k = 0; k < i; k++)
		if (fmt_name_equal(h->entries[k].name, e->name, IMAGE_NAME_BYTES))
			return complain(e->name, "two entries have this name");
	if (fmt_name_equal(e->name, SYSTEM_IMAGE_DESCRIPTION, IMAGE_NAME_BYTES))
		return e->bytes > PROCESS_START_BYTES_MAX ? complain(e->name, "it is too long") : NULL;
	wrong = image_check((const char *)h + e->offset, e->bytes);
	return wrong != NULL ? complain(e->name, wrong) : NULL;
}

static bool hash_is_right(const struct system_image_header *h)
{
	size_t before = offsetof(struct system_image_header, hash), after = before + IMAGE_HASH_BYTES;
	const struct hash_part parts[] = {
		{ h, before },
		{ NULL, IMAGE_HASH_BYTES },
		{ (const char *)h + after, h->image_bytes - after },
	};
	uint8_t hash[HASH_BYTES];

	hash_parts(parts, array_length(parts), hash);
	return memcmp(hash, h->hash, HASH_BYTES) == 0;
}

static const void *find_entry(const struct system_image_header *h, const char *name, uint64_t *bytes)
{
	for (unsigned i = 0; h != NULL && i < h->entry_count; i++) {
		const struct system_image_entry *e = &h->entries[i];

		if (!fmt_name_equal(e->name, name, IMAGE_NAME_BYTES))
			continue;
		*bytes = e->bytes;
		return (const char *)h + e->offset;
	}
	return NULL;
}

/* Any program may be the pager: its manifest says so. */
static bool is_pager(const struct system_image_header *h, const struct system_image_entry *e)
{
	const struct image_header *image = (const void *)((const char *)h + e->offset);

	return !fmt_name_equal(e->name, SYSTEM_IMAGE_DESCRIPTION, IMAGE_NAME_BYTES) &&
	       (image->manifest.flags & MANIFEST_PAGER);
}

static const char *check_parts(const struct system_image_header *h)
{
	static const char *const needed[] = { SYSTEM_IMAGE_DESCRIPTION, SYSTEM_IMAGE_SUPERVISOR };
	const char *wrong = NULL;
	bool pager = false;
	uint64_t bytes;

	for (unsigned i = 0; wrong == NULL && i < h->entry_count; i++) {
		wrong = check_entry(h, i);
		pager = pager || (wrong == NULL && is_pager(h, &h->entries[i]));
	}
	for (unsigned i = 0; wrong == NULL && i < array_length(needed); i++)
		if (find_entry(h, needed[i], &bytes) == NULL)
			wrong = complain(needed[i], "the system image lacks it");
	if (wrong == NULL && !pager)
		wrong = "the system image lacks a pager";
	opened = wrong == NULL ? h : NULL;
	return wrong;
}

const char *image_open_system(const void *start, uint64_t bytes)
{
	const struct system_image_header *h = start;

	opened = NULL;
	if (bytes < sizeof *h)
		return "the system image is missing or cut short";
	if (h->magic != SYSTEM_IMAGE_MAGIC || h->version != IMAGE_VERSION)
		return "the module is no system image of this version";
	if (h->image_bytes > bytes || h->image_bytes < sizeof *h)
		return "the system image is cut short";
	if (h->entry_count > SYSTEM_IMAGE_ENTRIES_MAX)
		return "the system image has too many entries";
	if (!hash_is_right(h))
		return "the system image's SHA-256 is not the one it names";
	return check_parts(h);
}

const uint8_t *image_system_hash(void) { return opened->hash; }

const struct image_header *image_find(const char *name)
{
	uint64_t bytes;

	if (fmt_name_equal(name, SYSTEM_IMAGE_DESCRIPTION, IMAGE_NAME_BYTES))
		return NULL;
	return find_entry(opened, name, &bytes);
}

uint32_t image_number(const struct image_header *image)
{
	uint64_t offset = (uint64_t)((const char *)image - (const char *)opened);

	for (uint32_t i = 0; opened != NULL && i < opened->entry_count; i++)
		if (opened->entries[i].offset == offset)
			return i;
	return UINT32_MAX;
}

const uint8_t *image_hash(uint32_t number) { return opened->entries[number].hash; }

const void *image_description(uint64_t *bytes) { return find_entry(opened, SYSTEM_IMAGE_DESCRIPTION, bytes); }

uint64_t image_pages(const struct image_header *image)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < image->segment_count; i++)
		pages += pages_of_bytes(image->segments[i].file_bytes);
	return pages;
}

static unsigned prot_of(const struct image_segment *s)
{
	return MMU_READ | (s->prot & IMAGE_WRITE ? MMU_WRITE : 0u) | (s->prot & IMAGE_EXECUTE ? MMU_EXECUTE : 0u);
}

static enum status load_segment(const struct image_header *image, const struct image_segment *s, struct aspace *as)
{
	const char *from = (const char *)image + s->offset;
	enum status st = aspace_add_region(as, REGION_IMAGE, s->address, pages_of_bytes(s->memory_bytes), prot_of(s));

	for (uint64_t done = 0; st == ST_OK && done < s->file_bytes; done += PAGE_BYTES) {
		uint64_t n = min_u64(PAGE_BYTES, s->file_bytes - done);
		void *page;

		hal_cpu_safe_point();
		st = aspace_fill(as, s->address + done, n, &page);
		if (st == ST_OK)
			memcpy(page, from + done, n);
	}
	return st;
}

enum status image_load(const struct image_header *image, struct aspace *as)
{
	for (unsigned i = 0; i < image->segment_count; i++) {
		enum status st = load_segment(image, &image->segments[i], as);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}
