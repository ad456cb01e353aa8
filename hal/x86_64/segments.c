/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GDT, TSS and IDT (Intel SDM 3A, "Protected-Mode Memory Management" and
 * "Interrupt and Exception Handling"). Every gate is an interrupt gate: IF is
 * clear in the kernel. Only INT3 and INTO may be used by INT n.
 */
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/segments.h"

enum { VECTORS = 256, FIRST_INTERRUPT = 32, EXCEPTION_STUB_BYTES = 16, INTERRUPT_STUB_BYTES = 8 };

#define GATE_INTERRUPT 0x8e00ull /* present, DPL 0 */
#define GATE_DPL3      0x6000ull

struct task_state {
	uint32_t unused0;
	uint64_t ring0_stack, ring1_stack, ring2_stack;
	uint64_t unused1;
	uint64_t ist[7];
	uint64_t unused2;
	uint16_t unused3;
	uint16_t io_bitmap; /* beyond the limit: no ports for user mode */
} __attribute__((packed));

struct gate {
	uint64_t low, high;
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

extern uint8_t entry_exceptions[], entry_interrupts[]; /* entry.asm */

static struct task_state task;
static struct gate idt[VECTORS];
static uint64_t gdt[] = {
	0,
	0x00af9b000000ffff, /* kernel code, 64 bits */
	0x00cf93000000ffff, /* kernel data */
	0x00cff3000000ffff, /* user data */
	0x00affb000000ffff, /* user code, 64 bits */
	0,
	0, /* the TSS takes two */
};

static void task_init(void)
{
	uint64_t base = (uint64_t)&task, limit = sizeof task - 1;
	task.ring0_stack = (uint64_t)kernel_stack_top;
	task.io_bitmap = sizeof task;
	for (unsigned i = 0; i < CPU_IST_COUNT; i++)
		task.ist[i] = (uint64_t)&ist_stacks[i].area;
	gdt[SEGMENT_TASK / 8] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
	gdt[SEGMENT_TASK / 8 + 1] = base >> 32;
}

static unsigned stack_of(unsigned vector)
{
	static const uint8_t stacks[FIRST_INTERRUPT] = {
		0, CPU_IST_DEBUG, CPU_IST_NMI, [8] = CPU_IST_DOUBLE_FAULT, [18] = CPU_IST_MACHINE_CHECK
	};
	return vector < FIRST_INTERRUPT ? stacks[vector] : 0;
}

static void gate_set(unsigned vector)
{
	uint64_t at = vector < FIRST_INTERRUPT
			      ? (uint64_t)entry_exceptions + vector * EXCEPTION_STUB_BYTES
			      : (uint64_t)entry_interrupts + (vector - FIRST_INTERRUPT) * INTERRUPT_STUB_BYTES;
	uint64_t type = GATE_INTERRUPT | (vector == 3 || vector == 4 ? GATE_DPL3 : 0) | stack_of(vector);
	idt[vector].low = (at & 0xffff) | (uint64_t)SEGMENT_KERNEL_CODE << 16 | type << 32 | (at >> 16 & 0xffff) << 48;
	idt[vector].high = at >> 32;
}

void segments_init(void)
{
	task_init();
	for (unsigned i = 0; i < VECTORS; i++)
		gate_set(i);
	struct table_pointer gdt_at = { sizeof gdt - 1, (uint64_t)gdt };
	struct table_pointer idt_at = { sizeof idt - 1, (uint64_t)idt };
	__asm__ volatile("lgdt %0" : : "m"(gdt_at));
	__asm__ volatile("lidt %0" : : "m"(idt_at));
	__asm__ volatile("lldt %w0" : : "r"(0)); /* a reset leaves an empty one at address 0 */
	__asm__ volatile("ltr %w0" : : "r"(SEGMENT_TASK));
	__asm__ volatile("mov %0, %%ss" : : "r"(SEGMENT_KERNEL_DATA));
}
