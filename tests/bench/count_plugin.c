/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plug-in of QEMU's TCG that counts the instructions of the whole machine, in plain mode, so idle time counts nothing.
 * At each mark that the guest executes (tests/bench/phases.h) it writes a line: the instructions so far, and how many of
 * them lay between entry and return of one function, and how often it returned.
 * Arguments: out=FILE, and for the function enter=ADDRESS and leave=ADDRESS, in hexadecimal; there may be several to leave
 * by: where its callers go on. Debian's QEMU has no header for plug-ins; what is used of version 1 of their interface is
 * declared here (docs/devel/tcg-plugins in QEMU's documentation).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct info;
struct block;
struct instruction;
enum { NO_REGISTERS = 0, INLINE_ADD = 0, LEAVES_MAX = 16, HEXADECIMAL = 16 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t id, struct block *block));
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *instruction, void (*executed)(unsigned cpu, void *data),
					    int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction *instruction, int operation, void *where,
						uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct block *block);
struct instruction *qemu_plugin_tb_get_insn(const struct block *block, size_t index);
const void *qemu_plugin_insn_data(const struct instruction *instruction);
size_t qemu_plugin_insn_size(const struct instruction *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *instruction);

EXPORT int qemu_plugin_version = 1;

static const uint8_t mark[] = { 0x0f, 0x1f, 0x80, 'S', 'W', 'A', 'P' };
static uint64_t count; /* one CPU, so nobody else adds */
static uint64_t enter, leaves[LEAVES_MAX], entered_at, within, returns;
static unsigned leave_count;
static bool is_inside;
static FILE *out;

static void at_mark(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	fprintf(out, "%llu %llu %llu\n", (unsigned long long)count, (unsigned long long)within,
		(unsigned long long)returns);
	fflush(out);
}

static void at_enter(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	entered_at = count;
	is_inside = true;
}

/* Whoever comes here from elsewhere has not been inside. */
static void at_leave(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (is_inside) {
		within += count - entered_at;
		returns++;
	}
	is_inside = false;
}

static bool is_mark(const struct instruction *instruction)
{
	return qemu_plugin_insn_size(instruction) == sizeof mark &&
	       memcmp(qemu_plugin_insn_data(instruction), mark, sizeof mark) == 0;
}

static bool is_leave(uint64_t address)
{
	for (unsigned i = 0; i < leave_count; i++)
		if (leaves[i] == address)
			return true;
	return false;
}

static void watch(struct instruction *instruction)
{
	uint64_t address = qemu_plugin_insn_vaddr(instruction);

	if (is_mark(instruction))
		qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_mark, NO_REGISTERS, NULL);
	if (enter != 0 && address == enter)
		qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_enter, NO_REGISTERS, NULL);
	if (is_leave(address))
		qemu_plugin_register_vcpu_insn_exec_cb(instruction, at_leave, NO_REGISTERS, NULL);
}

/* Each instruction by itself, not a block at once: one that faults ends its block. */
static void translated(uint64_t id, struct block *block)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
		struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);

		qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, &count, 1);
		watch(instruction);
	}
}

static bool take(const char *argument)
{
	if (strncmp(argument, "out=", 4) == 0)
		return !out && (out = fopen(argument + 4, "w"));
	if (strncmp(argument, "enter=", 6) == 0)
		return (enter = strtoull(argument + 6, NULL, HEXADECIMAL)) != 0;
	if (strncmp(argument, "leave=", 6) == 0 && leave_count < LEAVES_MAX)
		return (leaves[leave_count++] = strtoull(argument + 6, NULL, HEXADECIMAL)) != 0;
	return false;
}

EXPORT int qemu_plugin_install(uint64_t id, const struct info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!take(argv[i])) {
			fprintf(stderr, "the plug-in that counts cannot take %s\n", argv[i]);
			return 1;
		}
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
