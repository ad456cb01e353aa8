/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that ring 3 may not use, may use, or that raise what they say. */
#include "servers/die/kinds.h"

#define P ENDS(PRIVILEGED)
#define I ENDS(ILLEGAL)

/*
 * K(identifier, name, status, instructions, text), or V with a feature and the
 * status without it. RAX, RCX, RDX, RDI may be used; RBX points to 16 zero bytes.
 */
#define INSTRUCTION_LIST(K, V)                                                                                         \
	K(hlt, "hlt", P, "hlt", "stops the CPU")                                                                       \
	K(cli, "cli", P, "cli", "switches interrupts off")                                                             \
	K(sti, "sti", P, "sti", "switches interrupts on")                                                              \
	K(in, "in", P, "mov $0x64, %%edx; inb %%dx, %%al", "reads an I/O port")                                        \
	K(out, "out", P, "mov $0x80, %%edx; outb %%al, %%dx", "writes an I/O port")                                    \
	K(ins, "ins", P, "mov $0x64, %%edx; mov %%rbx, %%rdi; insb", "reads a string from an I/O port")                \
	K(read_cr0, "read-cr0", P, "mov %%cr0, %%rax", "reads CR0")                                                    \
	K(read_cr2, "read-cr2", P, "mov %%cr2, %%rax", "reads CR2")                                                    \
	K(write_cr3, "write-cr3", P, "mov %%rax, %%cr3", "writes CR3")                                                 \
	K(write_cr4, "write-cr4", P, "mov %%rax, %%cr4", "writes CR4")                                                 \
	K(write_cr8, "write-cr8", P, "mov %%rax, %%cr8", "writes CR8")                                                 \
	K(read_dr7, "read-dr7", P, "mov %%db7, %%rax", "reads a debug register")                                       \
	K(write_dr0, "write-dr0", P, "mov %%rax, %%db0", "writes a debug register")                                    \
	K(rdmsr, "rdmsr", P, "mov $0xc0000080, %%ecx; rdmsr", "reads EFER")                                            \
	K(wrmsr, "wrmsr", P, "mov $0xc0000101, %%ecx; wrmsr", "writes the base of GS")                                 \
	K(rdpmc, "rdpmc", P, "xor %%ecx, %%ecx; rdpmc", "reads a performance counter")                                 \
	K(clts, "clts", P, "clts", "clears CR0.TS")                                                                    \
	K(lmsw, "lmsw", P, "lmsw %%ax", "loads the machine status word")                                               \
	K(invlpg, "invlpg", P, "invlpg (%%rbx)", "flushes a translation")                                              \
	K(invd, "invd", P, "invd", "drops the caches")                                                                 \
	K(wbinvd, "wbinvd", P, "wbinvd", "writes the caches back")                                                     \
	K(lgdt, "lgdt", P, "lgdt (%%rbx)", "loads a GDT")                                                              \
	K(lidt, "lidt", P, "lidt (%%rbx)", "loads an IDT")                                                             \
	K(lldt, "lldt", P, "lldt %%ax", "loads an LDT")                                                                \
	K(ltr, "ltr", P, "ltr %%ax", "loads a task register")                                                          \
	K(swapgs, "swapgs", P, "swapgs", "swaps the bases of GS")                                                      \
	K(sysret, "sysret", P, "sysretq", "returns from a call that nobody made")                                      \
	V(sgdt, "sgdt", HAS_UMIP, P, SURVIVED, "sgdt (%%rbx)",                                                         \
	  "stores the GDT's address: refused where the CPU has UMIP")                                                  \
	V(sidt, "sidt", HAS_UMIP, P, SURVIVED, "sidt (%%rbx)", "stores the IDT's address: likewise")                   \
	V(sldt, "sldt", HAS_UMIP, P, SURVIVED, "sldt %%ax", "stores the LDT's selector: likewise")                     \
	V(str, "str", HAS_UMIP, P, SURVIVED, "str %%ax", "stores the task register: likewise")                         \
	V(smsw, "smsw", HAS_UMIP, P, SURVIVED, "smsw %%ax", "stores the machine status word: likewise")                \
	V(xsetbv, "xsetbv", HAS_XSAVE, P, I, "xor %%ecx, %%ecx; xsetbv", "switches vector registers off")              \
	V(sysenter, "sysenter", IS_INTEL, P, I, "sysenter", "enters the kernel by the door that is shut")              \
	K(wrfsbase, "wrfsbase", I, "wrfsbase %%rax", "writes the base of FS")                                          \
	K(rdgsbase, "rdgsbase", I, "rdgsbase %%rax", "reads the base of GS")                                           \
	K(vmcall, "vmcall", I, "vmcall", "calls a hypervisor")                                                         \
	K(vmrun, "vmrun", I, "vmrun", "starts a virtual machine")                                                      \
	K(monitor, "monitor", I, "mov %%rbx, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor",                      \
	  "watches an address")                                                                                        \
	K(rsm, "rsm", I, "rsm", "leaves a mode that it is not in")                                                     \
	K(illegal, "illegal", I, "ud2", "is no instruction")                                                           \
	K(lock, "lock", I, ".byte 0xf0, 0x01, 0xc0", "locks a register")                                               \
	K(pop_cs, "pop-cs", I, ".byte 0x0e", "is no instruction in 64 bits")                                           \
	K(too_long, "too-long", P, ".fill 15, 1, 0x66; nop", "is longer than 15 bytes")                                \
	K(divide, "divide", ENDS(DIVIDE), "xor %%ecx, %%ecx; xor %%edx, %%edx; divl %%ecx", "divides by zero")         \
	K(divide_range, "divide-range", ENDS(DIVIDE), "mov $1, %%ecx; mov $9, %%edx; divl %%ecx",                      \
	  "divides into too few bits")                                                                                 \
	K(breakpoint, "breakpoint", ENDS(BREAKPOINT), "int3", "is a breakpoint")                                       \
	V(icebp, "icebp", NOT_TCG, ENDS(DEBUG), I, ".byte 0xf1", "raises a debug exception")                           \
	K(float_x87, "float-x87", ENDS(FLOAT),                                                                         \
	  "fninit; movw $0x37b, (%%rbx); fldcw (%%rbx); fld1; fldz; fdivrp; fwait",                                    \
	  "divides by zero in the x87, unmasked")                                                                      \
	V(float_sse, "float-sse", NOT_TCG, ENDS(FLOAT), SURVIVED,                                                      \
	  "movl $0x1d80, (%%rbx); ldmxcsr (%%rbx); mov $1, %%eax; cvtsi2sd %%eax, %%xmm0; "                            \
	  "xorps %%xmm1, %%xmm1; divsd %%xmm1, %%xmm0",                                                                \
	  "divides by zero in SSE, unmasked")                                                                          \
	K(cpuid, "cpuid", SURVIVED, "mov %%rbx, %%rdi; xor %%eax, %%eax; cpuid; mov %%rdi, %%rbx",                     \
	  "asks for the CPU's name: allowed")                                                                          \
	K(rdtsc, "rdtsc", SURVIVED, "rdtsc", "reads the time-stamp counter: allowed")                                  \
	K(lsl, "lsl", SURVIVED, "mov $8, %%ecx; lsl %%ecx, %%eax", "asks for a limit: allowed")

#define V(id, name, feature, status, otherwise, text, what)                                                            \
	static void run_##id(void)                                                                                     \
	{                                                                                                              \
		static uint64_t place[2];                                                                              \
                                                                                                                       \
		__asm__ volatile(text : : "b"(place) : "rax", "rcx", "rdx", "rdi", "xmm0", "xmm1", "memory", "cc");    \
	}
#define K(id, name, status, text, what) V(id, name, ALWAYS, status, status, text, what)
INSTRUCTION_LIST(K, V)
#undef V

/* INT n; RET, four bytes each, for every vector. */
__asm__(".section .text.interrupts, \"ax\"\n"
	"interrupt_table:\n"
	".set vector, 0\n"
	".rept 256\n"
	"	.byte 0xcd, vector, 0xc3, 0xcc\n"
	"	.set vector, vector + 1\n"
	".endr\n"
	".text\n");
extern const uint8_t interrupt_table[];

void instruction_interrupt(unsigned vector) { ((void (*)(void))(uintptr_t)(interrupt_table + 4 * vector))(); }

static void run_int3(void) { instruction_interrupt(3); }
static void run_int4(void) { instruction_interrupt(4); }
static void run_int8(void) { instruction_interrupt(8); }
static void run_int13(void) { instruction_interrupt(13); }
static void run_int14(void) { instruction_interrupt(14); }
static void run_int32(void) { instruction_interrupt(32); }
static void run_int80(void) { instruction_interrupt(0x80); }

const struct kind instruction_kinds[] = {
#define V(id, name, feature, status, otherwise, text, what) { name, feature, status, otherwise, run_##id, what },
	INSTRUCTION_LIST(K, V)
#undef V
#undef K
		KIND("int3", ENDS(BREAKPOINT), run_int3, "INT 3, in two bytes; any other: die int VECTOR"),
	KIND("int4", ENDS(OVERFLOW), run_int4, "INT 4, which has a gate as INT 3 has"),
	KIND("int8", P, run_int8, "INT 8, the double fault's vector"),
	KIND("int13", P, run_int13, "INT 13"),
	KIND("int14", P, run_int14, "INT 14, the page fault's vector"),
	KIND("int32", P, run_int32, "INT 32, a device's vector"),
	KIND("int80", P, run_int80, "INT 0x80, a call elsewhere"),
	{ 0 },
};
