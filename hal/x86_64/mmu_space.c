/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the CPU may have cached of address spaces. Where it has PCIDs, each space
 * has one, its tag, and loading the space drops nothing. To drop translations of
 * a space that is not loaded, it is given another tag, one that nothing is cached
 * under. Tags wait in a ring to be used again; when all that wait may have
 * translations, everything is dropped, once for some thousand tags. A space
 * without a tag has tag 0, and loses its translations whenever it is loaded.
 * Runs on the host as well. See docs/decisions/0027-fresh-tags-instead-of-flushes.md.
 */
#include "hal/x86_64/mmu_space.h"
#include "hal/x86_64/pte.h"

#define CR3_KEEP 0x8000000000000000ull
#define CR3_TAG  0x0000000000000fffull

static struct {
	uint16_t ring[MMU_TAGS_MAX];
	unsigned first, free; /* where those that nobody has are */
	unsigned clean;       /* so many of them, from the first on, have nothing cached under them */
} tags;

void mmu_space_module_init(unsigned count)
{
	tags.first = 0;
	tags.free = tags.clean = count;
	for (unsigned i = 0; i < count; i++)
		tags.ring[i] = (uint16_t)(i + 1);
}

static uint64_t tag_take(void)
{
	uint16_t tag;

	if (tags.free == 0)
		return 0;
	if (tags.clean == 0) {
		tlb_drop_all();
		tags.clean = tags.free;
	}
	tag = tags.ring[tags.first];
	tags.first = (tags.first + 1) % MMU_TAGS_MAX;
	tags.free--;
	tags.clean--;
	return tag | CR3_KEEP;
}

void hal_mmu_space_init(struct hal_space *space, paddr_t root) { space->cr3 = root.v | tag_take(); }

void hal_mmu_space_end(struct hal_space *space)
{
	uint16_t tag = space->cr3 & CR3_TAG;

	if (tag != 0)
		tags.ring[(tags.first + tags.free++) % MMU_TAGS_MAX] = tag;
	space->cr3 &= ~(CR3_KEEP | CR3_TAG);
}

static bool is_loaded(const struct hal_space *space) { return tlb_loaded() == (space->cr3 & ~CR3_KEEP); }

/* The tag that goes is free only after another was taken: a CPU that is on it may cache on. */
void hal_mmu_renew(struct hal_space *space)
{
	struct hal_space old = *space;
	uint64_t tag;

	space->changes++;
	if (!(old.cr3 & CR3_KEEP))
		return;
	tag = tag_take();
	if (tag == 0) { /* none to spare */
		tlb_drop_all();
		return;
	}
	hal_mmu_space_end(&old);
	space->cr3 = old.cr3 | tag;
}

void hal_mmu_stay(const struct hal_space *space)
{
	if (((tlb_loaded() ^ space->cr3) & PTE_ADDRESS) == 0)
		tlb_load(space->cr3);
}

void hal_mmu_invalidate(struct hal_space *space, vaddr_t va)
{
	space->changes++;
	if (is_loaded(space))
		tlb_drop_page(va.v);
	else
		hal_mmu_renew(space);
}

void hal_mmu_invalidate_all(struct hal_space *space)
{
	space->changes++;
	if (is_loaded(space))
		tlb_load(space->cr3 & ~CR3_KEEP);
	else
		hal_mmu_renew(space);
}
