/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers as no decent program has them: flags, selectors and stack pointers,
 * also in the middle of a call. Most of it must do no harm.
 */
#include "libsys/raw.h"
#include "libsys/system.h"
#include "servers/die/kinds.h"

#define NOT_CANONICAL  0x0000800000000000ull
#define KERNEL_ADDRESS 0xffffffff80000000ull

enum {
	FLAG_TF = 0x100,
	FLAG_IF = 0x200,
	FLAG_DF = 0x400,
	FLAG_IOPL = 0x3000,
	FLAG_NT = 0x4000,
	FLAG_RF = 0x10000,
	FLAG_VM = 0x20000,
	FLAG_AC = 0x40000,
	FLAG_VIF = 0x80000,
	FLAG_VIP = 0x100000,
	SELECTOR_NULL = 3,
	SELECTOR_KERNEL_CODE = 8,
	SELECTOR_KERNEL_DATA = 0x10,
	SELECTOR_USER_DATA = 0x1b,
	SELECTOR_USER_CODE = 0x23,
	SELECTOR_BEYOND = 0xfff3,
	SELECTOR_LOCAL = 0xf,
};

static uint64_t read_flags(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; pop %0" : "=r"(flags));
	return flags;
}

/* A call with these flags, then the usual ones: whatever was taken from us must not stick to the kernel. */
static __attribute__((noinline)) void call_with(uint64_t more)
{
	uint64_t args[SYSCALL_ARGS_MAX] = { 0 }, usual = read_flags();

	__asm__ volatile("push %0; popfq" : : "r"(usual | more) : "memory", "cc");
	system_call(SYS_clock_now, args);
	__asm__ volatile("push %0; popfq" : : "r"(usual) : "memory", "cc");
}

static void flags_nothing_sticks(uint64_t more, uint64_t forbidden)
{
	call_with(more);
	if (read_flags() & forbidden)
		__builtin_trap();
}

static void flag_df(void) { flags_nothing_sticks(FLAG_DF, FLAG_DF); }
static void flag_nt(void) { flags_nothing_sticks(FLAG_NT, FLAG_NT); }
static void flag_ac(void) { flags_nothing_sticks(FLAG_AC, FLAG_AC); }
static void flag_rf(void) { flags_nothing_sticks(FLAG_RF, FLAG_RF); }
static void flag_vm(void) { flags_nothing_sticks(FLAG_VM | FLAG_VIF | FLAG_VIP, FLAG_VM | FLAG_VIF | FLAG_VIP); }
static void flag_tf(void) { call_with(FLAG_TF); }

/* POPF changes neither in ring 3, and says nothing. */
static void flag_iopl(void)
{
	uint64_t usual = read_flags(), after;

	__asm__ volatile("push %1; popfq; pushfq; pop %0"
			 : "=r"(after)
			 : "r"((usual | FLAG_IOPL) & ~(uint64_t)FLAG_IF));
	if ((after & FLAG_IOPL) != 0 || !(after & FLAG_IF))
		__builtin_trap();
}

static void alignment(void)
{
	static uint64_t place[2];
	uint64_t usual = read_flags();

	__asm__ volatile("push %0; popfq; movl $1, 1(%1); push %2; popfq"
			 :
			 : "r"(usual | FLAG_AC), "r"(place), "r"(usual)
			 : "memory", "cc");
}

/* ---- selectors ---- */

static void load_ds(uint16_t s) { __asm__ volatile("mov %0, %%ds" : : "r"((uint32_t)s)); }
static void load_ss(uint16_t s) { __asm__ volatile("mov %0, %%ss" : : "r"((uint32_t)s)); }

static void segment_kernel(void) { load_ds(SELECTOR_KERNEL_DATA); }
static void segment_beyond(void) { load_ds(SELECTOR_BEYOND); }
static void segment_local(void) { load_ds(SELECTOR_LOCAL); }
static void stack_segment_null(void) { load_ss(SELECTOR_NULL); }
static void stack_segment_kernel(void) { load_ss(SELECTOR_KERNEL_DATA); }
static void stack_segment_user(void) { load_ss(SELECTOR_USER_DATA); }

/* All that may be loaded, and then a call. */
static void segment_user(void)
{
	uint64_t args[SYSCALL_ARGS_MAX] = { 0 };
	uint32_t user = SELECTOR_USER_DATA, code = SELECTOR_USER_CODE;

	__asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(user), "r"(code));
	system_call(SYS_clock_now, args);
}

static void far_return(uint64_t selector)
{
	__asm__ volatile("push %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:" : : "r"(selector) : "rax", "memory");
}

static void far_kernel(void) { far_return(SELECTOR_KERNEL_CODE); }
static void far_user(void) { far_return(SELECTOR_USER_CODE); }

/* IRETQ to the next instruction, with a code selector and more flags. */
static void interrupt_return(uint64_t selector, uint64_t more)
{
	uint64_t stack_selector = SELECTOR_USER_DATA, flags = read_flags() | more;

	__asm__ volatile("mov %%rsp, %%rax; push %0; push %%rax; push %1; push %2; lea 1f(%%rip), %%rax; "
			 "push %%rax; iretq; 1:"
			 :
			 : "r"(stack_selector), "r"(flags), "r"(selector)
			 : "rax", "memory", "cc");
}

static void iret_kernel(void) { interrupt_return(SELECTOR_KERNEL_CODE, 0); }
static void iret_nested(void) { interrupt_return(SELECTOR_USER_CODE, FLAG_NT); }

static void iret_iopl(void)
{
	interrupt_return(SELECTOR_USER_CODE, FLAG_IOPL | FLAG_VIF | FLAG_VIP);
	if (read_flags() & (FLAG_IOPL | FLAG_VIF | FLAG_VIP))
		__builtin_trap();
}

static void fs_read(void) { __asm__ volatile("mov %%fs:0, %%rax" : : : "rax"); }
static void gs_read(void) { __asm__ volatile("mov %%gs:0, %%rax" : : : "rax"); }

/* The instruction after MOV SS is not interrupted: what it raises must be told all the same. */
static void shadow_int3(void)
{
	uint32_t user = SELECTOR_USER_DATA;

	__asm__ volatile("mov %0, %%ss; int3" : : "r"(user));
}

/* ---- stack pointers ---- */

static void push_at(uint64_t rsp) { __asm__ volatile("mov %0, %%rsp; push %%rax" : : "r"(rsp) : "memory"); }

/* The SYSCALL in the middle of the stub: the only one that is allowed, without the stub's own use of the
 * stack. */
static uint64_t stub_syscall(void)
{
	const uint8_t *p = (const uint8_t *)(uintptr_t)system_call;

	while (p[0] != 0x0f || p[1] != 0x05)
		p++;
	return (uint64_t)(uintptr_t)p;
}

/* A call with a stack pointer; the stub faults at its POP afterwards. */
static void call_at(uint64_t rsp)
{
	uint64_t number = SYS_clock_now;

	__asm__ volatile("mov %0, %%rsp; jmp *%1" : : "r"(rsp), "r"(stub_syscall()), "a"(number) : "memory");
}

static void rsp_noncanonical(void) { push_at(NOT_CANONICAL + 16); }
static void rsp_kernel(void) { push_at(KERNEL_ADDRESS + 0x1000); }
static void rsp_noncanonical_call(void) { call_at(NOT_CANONICAL); }
static void rsp_kernel_call(void) { call_at(KERNEL_ADDRESS); }
static void rsp_null_call(void) { call_at(0); }

#define P ENDS(PRIVILEGED)

const struct kind state_kinds[] = {
	KIND("flag-df", SURVIVED, flag_df, "makes a call with the direction flag set"),
	KIND("flag-nt", SURVIVED, flag_nt, "makes a call with the nested-task flag set"),
	KIND("flag-ac", SURVIVED, flag_ac, "makes a call with the alignment-check flag set"),
	KIND("flag-rf", SURVIVED, flag_rf, "makes a call with the resume flag set"),
	KIND("flag-vm", SURVIVED, flag_vm, "makes a call with the virtual-8086 flags set"),
	KIND("flag-iopl", SURVIVED, flag_iopl, "asks POPF for all I/O and no interrupts: ignored"),
	KIND("debug", ENDS(DEBUG), flag_tf, "makes a call with the trap flag set"),
	KIND_IF(NOT_TCG, "alignment", ENDS(ALIGNMENT), SURVIVED, alignment, "writes unaligned with checks on"),
	KIND("segment-user", SURVIVED, segment_user, "makes a call with every segment register loaded"),
	KIND("segment-kernel", P, segment_kernel, "loads the kernel's data segment"),
	KIND("segment-beyond", P, segment_beyond, "loads a selector beyond the table"),
	KIND("segment-local", P, segment_local, "loads a selector of the local table"),
	KIND("stack-segment-null", P, stack_segment_null, "loads SS with null"),
	KIND("stack-segment-kernel", P, stack_segment_kernel, "loads SS with the kernel's segment"),
	KIND("stack-segment-user", SURVIVED, stack_segment_user, "loads SS with its own segment: allowed"),
	KIND("far-kernel", P, far_kernel, "returns far, to the kernel's code segment"),
	KIND_IF(FAR_WORKS, "far-user", SURVIVED, P, far_user, "returns far, to its own segment: allowed"),
	KIND("iret-kernel", P, iret_kernel, "IRETs to the kernel's code segment"),
	KIND_IF(FAR_WORKS, "iret-nested", SURVIVED, P, iret_nested, "IRETs, putting the nested-task flag on"),
	KIND_IF(FAR_WORKS, "iret-iopl", SURVIVED, P, iret_iopl, "IRETs, asking for all I/O: ignored"),
	KIND("fs-read", ENDS(READ), fs_read, "reads at the base of FS, which is 0"),
	KIND("gs-read", ENDS(READ), gs_read, "reads at the base of GS, which is 0 and not the kernel's"),
	KIND("shadow-int3", ENDS(BREAKPOINT), shadow_int3, "a breakpoint in the shadow of MOV SS"),
	KIND("noncanonical-rsp", P, rsp_noncanonical, "pushes where the address is not canonical"),
	KIND("kernel-rsp", ENDS(WRITE), rsp_kernel, "pushes onto the kernel"),
	KIND("noncanonical-rsp-call", P, rsp_noncanonical_call,
	     "makes a call with a stack pointer that is not canonical"),
	KIND("kernel-rsp-call", ENDS(READ), rsp_kernel_call, "makes a call with a stack pointer into the kernel"),
	KIND("null-rsp-call", ENDS(READ), rsp_null_call, "makes a call with a stack pointer of 0"),
	{ 0 },
};
