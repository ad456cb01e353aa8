/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plug-in of QEMU's TCG that records which pages ring 3 uses: code that runs, data that is read or written. A page is
 * named by its place in RAM, for which QEMU's RAM must be larger than all that is used. What was among the last RECENT
 * pages is left out unless it is written for the first time since: no memory of more pages would notice (Smith 1976,
 * stack deletion). Code that runs without the kernel between is one process's, and what it uses is. Argument: out=FILE,
 * with a line for each use: process, page, 1 if it is written; and on line 1 how often ring 3 went to another page at all.
 * What is used of QEMU's interface is declared here, as in count_plugin.c.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct info;
struct block;
struct instruction;
struct physical;
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t id, struct block *block));
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *instruction, void (*executed)(unsigned cpu, void *data),
					    int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct instruction *instruction,
				      void (*used)(unsigned cpu, uint32_t how, uint64_t address, void *data), int flags,
				      int kinds, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ends)(uint64_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct block *block);
struct instruction *qemu_plugin_tb_get_insn(const struct block *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *instruction);
const void *qemu_plugin_insn_haddr(const struct instruction *instruction);
bool qemu_plugin_mem_is_store(uint32_t how);
struct physical *qemu_plugin_get_hwaddr(uint32_t how, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct physical *place);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct physical *place);

EXPORT int qemu_plugin_version = 1;

enum { PAGE_BITS = 12, RECENT = 12, PAGES = 1 << 15, USES = 1 << 20, NONE = -1 };
static const uint64_t user_end = 1ull << 47, code_bit = 1ull << 63;

static struct page {
	uint64_t place; /* in RAM; of code: on the host, with code_bit */
	int leader;     /* of code: another page of the same process, or itself */
} pages[PAGES];
static int page_count, recent[RECENT];
static int code = NONE;  /* the page that runs */
static bool from_kernel; /* since the last of it ran */
static uint64_t changes;
static bool written[RECENT];
static struct use {
	int page, code;
	bool write;
} uses[USES];
static int use_count;
static FILE *out;

static int leader_of(int page)
{
	while (pages[page].leader != page)
		page = pages[page].leader = pages[pages[page].leader].leader;
	return page;
}

static int find(uint64_t place)
{
	static int slots[2 * PAGES]; /* 0: free */
	uint64_t at = (place * 0x9e3779b97f4a7c15u) >> 48;

	while (slots[at] != 0 && pages[slots[at] - 1].place != place)
		at = (at + 1) % (2 * PAGES);
	if (slots[at] == 0 && page_count < PAGES) {
		pages[page_count] = (struct page){ .place = place, .leader = page_count };
		slots[at] = ++page_count;
	}
	return slots[at] - 1;
}

static void keep(int page, bool write)
{
	int i = 0;
	bool was_written, is_new;

	changes += recent[0] != page;
	while (i < RECENT - 1 && recent[i] != page)
		i++;
	is_new = recent[i] != page;
	was_written = !is_new && written[i];
	for (; i > 0; i--) {
		recent[i] = recent[i - 1];
		written[i] = written[i - 1];
	}
	recent[0] = page;
	written[0] = was_written || write;
	if ((is_new || (write && !was_written)) && use_count < USES)
		uses[use_count++] = (struct use){ page, code, write };
}

static void runs(unsigned cpu, void *place)
{
	int page = find(*(const uint64_t *)place);

	(void)cpu;
	if (page == NONE)
		return;
	if (code != NONE && !from_kernel && page != code)
		pages[leader_of(code)].leader = leader_of(page);
	from_kernel = false;
	code = page;
	keep(page, false);
}

static void enters_kernel(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	from_kernel = true;
}

static void touches(unsigned cpu, uint32_t how, uint64_t address, void *data)
{
	const struct physical *place = address < user_end ? qemu_plugin_get_hwaddr(how, address) : NULL;
	int page = NONE;

	(void)cpu;
	(void)data;
	if (place != NULL && !qemu_plugin_hwaddr_is_io(place))
		page = find(qemu_plugin_hwaddr_phys_addr(place) >> PAGE_BITS);
	if (page != NONE)
		keep(page, qemu_plugin_mem_is_store(how));
}

/* Where an instruction is, once for all of a page: what is handed to the callback lives as long as QEMU. */
static uint64_t *place_of(const struct instruction *instruction)
{
	static uint64_t known[PAGES];
	static size_t count;
	uint64_t place = (uint64_t)(uintptr_t)qemu_plugin_insn_haddr(instruction) >> PAGE_BITS | code_bit;
	size_t i = 0;

	while (i < count && known[i] != place)
		i++;
	if (i == PAGES)
		return NULL;
	if (i == count)
		known[count++] = place;
	return &known[i];
}

static void translated(uint64_t id, struct block *block)
{
	size_t count = qemu_plugin_tb_n_insns(block);
	bool of_kernel = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(block, 0)) >= user_end;

	(void)id;
	if (of_kernel) {
		qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(block, 0), enters_kernel, NO_REGISTERS,
						       NULL);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);
		uint64_t *at = place_of(instruction);

		if (at != NULL)
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, runs, NO_REGISTERS, at);
		qemu_plugin_register_vcpu_mem_cb(instruction, touches, NO_REGISTERS, READS_AND_WRITES, NULL);
	}
}

static void ends(uint64_t id, void *data)
{
	(void)id;
	(void)data;
	fprintf(out, "%llu\n", (unsigned long long)changes);
	for (int i = 0; i < use_count; i++)
		fprintf(out, "%d %d %d\n", leader_of(uses[i].code), uses[i].page, uses[i].write);
	fclose(out);
}

EXPORT int qemu_plugin_install(uint64_t id, const struct info *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || !(out = fopen(argv[0] + 4, "w"))) {
		fprintf(stderr, "the plug-in that records wants out=FILE\n");
		return 1;
	}
	for (int i = 0; i < RECENT; i++)
		recent[i] = NONE;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ends, NULL);
	return 0;
}
