/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an MMU does with page tables. It caches leaf entries and the entries that
 * name leaf tables, under the tag that is loaded, as eagerly as a CPU may, and
 * each return to user mode looks for one that the kernel forgot to drop.
 */
#include "hal/host/host.h"
#include "hal/x86_64/mmu_space.h"
#include "hal/x86_64/pte.h"
#include <stdio.h>
#include <string.h>

enum { CACHE_ENTRIES = 512, CACHED_LEVELS = 2 };
enum { CR3_KEEP_BIT = 63 };

static struct cached {
	bool valid;
	unsigned tag, level;
	uint64_t number; /* of the page, or of the 2 MiB */
	uint64_t pte;
	uint64_t epoch;
} cache[CACHE_ENTRIES];

static uint64_t loaded;
static unsigned tags_there;
static uint64_t epochs[MMU_TAGS_MAX][CACHED_LEVELS]; /* one more: what was cached before is dropped */

paddr_t host_active_root;
unsigned host_activations, host_drops;

static unsigned level_shift(unsigned level) { return PAGE_SHIFT + 9 * level; }
static unsigned tag_of(uint64_t cr3) { return (unsigned)(cr3 % MMU_TAGS_MAX); }

static void drop_tag(unsigned tag)
{
	host_drops++;
	for (unsigned level = 0; level < CACHED_LEVELS; level++)
		epochs[tag][level]++;
}

/* Where it is, or would be, under the tag that is loaded. */
static struct cached *slot_of(uint64_t va, unsigned level)
{
	uint64_t number = va >> level_shift(level);

	return &cache[(number + 64ull * tag_of(loaded) + CACHE_ENTRIES / 2 * level) % CACHE_ENTRIES];
}

static bool is_live(const struct cached *c)
{
	return c->valid && c->tag == tag_of(loaded) && c->epoch == epochs[c->tag][c->level];
}

static bool holds(const struct cached *c, uint64_t va, unsigned level)
{
	return is_live(c) && c->level == level && c->number == va >> level_shift(level);
}

static void put(uint64_t va, unsigned level, uint64_t pte)
{
	unsigned tag = tag_of(loaded);

	*slot_of(va, level) = (struct cached){ true, tag, level, va >> level_shift(level), pte, epochs[tag][level] };
}

/* ---- machine/tlb.h ---- */

void tlb_load(uint64_t cr3)
{
	paddr_t root = { cr3 & PTE_ADDRESS };

	if (tag_of(cr3) > tags_there || (cr3 >> CR3_KEEP_BIT && tags_there == 0))
		host_unexpected("CR3: a tag, or bit 63, that this CPU has not");
	if (!(cr3 >> CR3_KEEP_BIT))
		drop_tag(tag_of(cr3));
	loaded = cr3 & ~(1ull << CR3_KEEP_BIT);
	host_active_root = root;
	host_activations++;
}

uint64_t tlb_loaded(void) { return loaded; }

void tlb_drop_page(uint64_t address)
{
	struct cached *c = slot_of(address, 0);

	c->valid = c->valid && !holds(c, address, 0);
	epochs[tag_of(loaded)][1]++; /* with every page all that is cached of tables above */
}

void tlb_drop_all(void)
{
	for (unsigned tag = 0; tag <= tags_there; tag++)
		drop_tag(tag);
}

void hal_mmu_activate_kernel(void)
{
	tlb_load(0);
	host_active_root = PADDR_NONE;
}

void host_tlb_reset(unsigned tags)
{
	memset(cache, 0, sizeof cache);
	tags_there = tags;
	mmu_space_module_init(tags);
	loaded = 0;
	host_active_root = PADDR_NONE;
	host_activations = host_drops = 0;
}

/* ---- looking ahead, and what was forgotten ---- */

/* What is written nowhere above cannot be written: `wider` are the entries above, all of them. */
static uint64_t narrowed(uint64_t pte, uint64_t wider) { return pte & (wider | ~PTE_WRITE); }

static uint64_t entry_now(uint64_t va, unsigned level)
{
	paddr_t table = host_active_root;
	uint64_t pte = PTE_WRITE;

	for (unsigned at = MMU_LEVELS - 1;; at--) {
		pte = narrowed(((uint64_t *)hal_frame_ptr(table))[(va >> level_shift(at)) % MMU_ENTRIES], pte);

		if (at == level || !(pte & PTE_PRESENT))
			return pte;
		table.v = pte & PTE_ADDRESS;
	}
}

/* A program must not be able to do by the cached entry what it cannot by the one in the table. */
static bool is_stale(uint64_t cached, uint64_t now)
{
	const uint64_t same = PTE_PRESENT | PTE_ADDRESS, no_more = PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY;

	return !(now & PTE_PRESENT) || ((cached ^ now) & same) || (cached & ~now & no_more) || (now & ~cached & PTE_NX);
}

const char *host_tlb_stale(void)
{
	static char text[100];

	for (unsigned i = 0; i < CACHE_ENTRIES && !paddr_is_none(host_active_root); i++) {
		const struct cached *c = &cache[i];
		uint64_t va = c->number << level_shift(c->level);

		if (!is_live(c) || !is_stale(c->pte, entry_now(va, c->level)))
			continue;
		snprintf(text, sizeof text, "a stale translation: %#lx, level %u, tag %u, %#lx", (unsigned long)va,
			 c->level, c->tag, (unsigned long)c->pte);
		return text;
	}
	return NULL;
}

static void look_ahead(paddr_t table, unsigned level, uint64_t va, uint64_t wider)
{
	const uint64_t *ptes = hal_frame_ptr(table);

	for (unsigned i = 0; i < (level == MMU_LEVELS - 1 ? MMU_ENTRIES / 2 : MMU_ENTRIES); i++) {
		uint64_t at = va | (uint64_t)i << level_shift(level);

		if (!(ptes[i] & PTE_PRESENT))
			continue;
		if (level < CACHED_LEVELS && (ptes[i] & PTE_ACCESSED))
			put(at, level, narrowed(ptes[i], wider));
		if (level > 0)
			look_ahead((paddr_t){ ptes[i] & PTE_ADDRESS }, level - 1, at, narrowed(ptes[i], wider));
	}
}

void host_tlb_speculate(void)
{
	unsigned work = host_work, most = host_work_most; /* the kernel's own is counted, not this */
	const char *stale = host_tlb_stale();

	if (stale != NULL)
		host_unexpected(stale);
	if (!paddr_is_none(host_active_root))
		look_ahead(host_active_root, MMU_LEVELS - 1, 0, PTE_WRITE);
	host_work = work;
	host_work_most = most;
}

/* ---- a program's accesses ---- */

struct access {
	bool write, execute;
};

static bool allows(uint64_t pte, struct access a)
{
	return (pte & PTE_USER) && (!a.write || (pte & PTE_WRITE)) && (!a.execute || !(pte & PTE_NX));
}

/* What maps a page, every level checked; 0: it faults, *present says whether anything was there. */
static uint64_t walk(uint64_t va, struct access a, bool *present)
{
	paddr_t table = host_active_root;
	uint64_t *pte = NULL, narrow = PTE_WRITE;

	for (unsigned level = MMU_LEVELS; level-- > 0;) {
		pte = (uint64_t *)hal_frame_ptr(table) + (va >> level_shift(level)) % MMU_ENTRIES;
		*present = (*pte & PTE_PRESENT) != 0;
		if (!*present || !allows(*pte, a))
			return 0;
		*pte |= PTE_ACCESSED;
		narrow = narrowed(*pte, narrow);
		if (level > 0 && level < CACHED_LEVELS)
			put(va, level, narrow);
		table.v = *pte & PTE_ADDRESS;
	}
	*pte |= a.write ? PTE_DIRTY : 0;
	return narrow | (*pte & PTE_DIRTY);
}

bool host_fault_present;

/* Where the byte is, or NULL and the fault. */
static uint8_t *translate(paddr_t root, uint64_t va, struct access a, struct trap_info *info)
{
	struct cached *c = slot_of(va, 0);
	bool present = false;
	uint64_t pte = 0;

	if (root.v != host_active_root.v)
		host_unexpected("a program runs on page tables that are not loaded");
	if (holds(c, va, 0) && allows(c->pte, a) && (!a.write || (c->pte & PTE_DIRTY)))
		return (uint8_t *)hal_frame_ptr((paddr_t){ c->pte & PTE_ADDRESS }) + va % PAGE_BYTES;
	if (va >> 47 == 0)
		pte = walk(va, a, &present);
	if (holds(c, va, 0))
		c->valid = false; /* a fault drops the translation of its page */
	if (pte == 0) {
		*info = (struct trap_info){ a.execute ? FAULT_EXECUTE : a.write ? FAULT_WRITE : FAULT_READ, va };
		host_fault_present = present;
		return NULL;
	}
	put(va, 0, pte);
	return (uint8_t *)hal_frame_ptr((paddr_t){ pte & PTE_ADDRESS }) + va % PAGE_BYTES;
}

bool host_user_read(paddr_t root, uint64_t va, void *to, size_t bytes, struct trap_info *info)
{
	const uint8_t *at = translate(root, va, (struct access){ 0 }, info);

	if (at != NULL)
		memcpy(to, at, bytes);
	return at != NULL;
}

bool host_user_write(paddr_t root, uint64_t va, const void *from, size_t bytes, struct trap_info *info)
{
	uint8_t *at = translate(root, va, (struct access){ .write = true }, info);

	if (at != NULL)
		memcpy(at, from, bytes);
	return at != NULL;
}

bool host_user_fetch(paddr_t root, uint64_t va, struct trap_info *info)
{
	return translate(root, va, (struct access){ .execute = true }, info) != NULL;
}
