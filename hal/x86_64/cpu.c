/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds out what the CPU can do, switches on what protects us and leaves off
 * what we do not use (FSGSBASE, SYSENTER). Idling, safe points and cycles.
 */
#include "hal/cpu.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/instr.h"
#include "hal/x86_64/mmu_space.h"
#include "hal/x86_64/segments.h"
#include "kernel/base/fmt.h"

enum { DESCRIPTION_BYTES = 128 };

#define CR4_PAE        (1u << 5)
#define CR4_MCE        (1u << 6)
#define CR4_PGE        (1u << 7)
#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP       (1u << 11)
#define CR4_PCIDE      (1u << 17)
#define CR4_OSXSAVE    (1u << 18)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

/* AC, NT, IOPL, DF, IF, TF, RF and the arithmetic flags: ring 0 starts with none. */
#define SYSCALL_FLAGS_CLEARED 0x57fd5u

_Static_assert(offsetof(struct cpu_area, context) == 8, "entry.asm");
_Static_assert(offsetof(struct cpu_area, stack_top) == 16, "entry.asm");
_Static_assert(offsetof(struct cpu_area, scratch) == 24, "entry.asm");
_Static_assert(offsetof(struct cpu_area, local) == 32, "machine/local.h");
_Static_assert(sizeof(struct ist_stack) == 3 * PAGE_BYTES, "boot.asm");

struct cpu_area cpu_boot_area;
struct cpu_features cpu_features;

extern void syscall_entry(void);

static bool bit(uint32_t word, unsigned n) { return (word >> n & 1) != 0; }

static struct cpuid leaf_or_zero(uint32_t leaf)
{
	struct cpuid top = cpuid_read(leaf & 0x80000000u, 0);
	return leaf <= top.a ? cpuid_read(leaf, 0) : (struct cpuid){ 0, 0, 0, 0 };
}

void cpu_features_read(void)
{
	struct cpuid basic = leaf_or_zero(1), more = leaf_or_zero(7);
	bool amd = leaf_or_zero(0).c == 0x444d4163; /* "cAMD" of AuthenticAMD */
	cpu_features = (struct cpu_features){
		.smep = bit(more.b, 7),
		.smap = bit(more.b, 20),
		.umip = bit(more.c, 2),
		.pge = bit(basic.d, 13),
		.gib_pages = bit(leaf_or_zero(0x80000001u).d, 26),
		.pcid = bit(basic.c, 17) && bit(basic.d, 13), /* dropped by changes of PGE */
		.xsave = bit(basic.c, 26),
		.avx = bit(basic.c, 26) && bit(basic.c, 28),
		.rdrand = bit(basic.c, 30),
		.rdseed = bit(more.b, 18),
		.lazy_vectors = amd,
		.keeps_x87_pointers = amd && !bit(leaf_or_zero(0x80000008u).b, 2),
	};
}

static void control_registers_init(void)
{
	const struct cpu_features *f = &cpu_features;
	cr4_write(CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT | (f->pge ? CR4_PGE : 0) | (f->umip ? CR4_UMIP : 0) |
		  (f->pcid ? CR4_PCIDE : 0) | (f->xsave ? CR4_OSXSAVE : 0) | (f->smep ? CR4_SMEP : 0) |
		  (f->smap ? CR4_SMAP : 0));
	hal_vector_trap(true);
	if (f->xsave)
		__asm__ volatile("xsetbv" : : "c"(0), "a"(f->avx ? 7 : 3), "d"(0)); /* x87, SSE, AVX */
	__asm__ volatile("mov %0, %%dr7" : : "r"(0x400ull));                        /* no breakpoints */
}

void cpu_init(void)
{
	control_registers_init();
	mmu_space_module_init(cpu_features.pcid ? MMU_TAGS_MAX - 1 : 0);
	cpu_boot_area.self = &cpu_boot_area;
	cpu_boot_area.stack_top = (uint64_t)kernel_stack_top;
	cpu_boot_area.alarm_ns = UINT64_MAX;
	for (unsigned i = 0; i < CPU_IST_COUNT; i++)
		ist_stacks[i].area = &cpu_boot_area;
	msr_write(MSR_GS_BASE, (uint64_t)&cpu_boot_area);
	msr_write(MSR_KERNEL_GS_BASE, 0); /* the user's, while we are in ring 0 */
	msr_write(MSR_STAR, (uint64_t)SEGMENT_SYSRET_BASE << 48 | (uint64_t)SEGMENT_KERNEL_CODE << 32);
	msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
	msr_write(MSR_CSTAR, 0);
	msr_write(MSR_SFMASK, SYSCALL_FLAGS_CLEARED);
	msr_write(MSR_SYSENTER_CS, 0); /* SYSENTER faults */
	msr_write(MSR_SYSENTER_ESP, 0);
	msr_write(MSR_SYSENTER_EIP, 0);
}

void hal_cpu_set_local(struct cpu *cpu) { cpu_area()->local = cpu; }

/* STI takes effect after the next instruction, so nothing slips in before HLT. NMIs and spurious interrupts
 * wake it too. */
void hal_cpu_idle(void)
{
	volatile uint64_t *taken = &cpu_area()->interrupts_taken;
	for (uint64_t before = *taken; *taken == before;)
		__asm__ volatile(COUNT_IDLE_BEGIN "sti; hlt; cli" COUNT_IDLE_END : : : "memory", "rax", "rdx");
}

void hal_cpu_safe_point(void) { __asm__ volatile(COUNT_SAFE_POINT "sti; nop; cli" : : : "memory", "rax", "rdx"); }

uint64_t hal_cycles(void) { return tsc_read(); }

/* The model's name is 48 bytes in three leaves, padded with blanks at either end. */
static const char *model(void)
{
	static struct cpuid name[4]; /* and zeros to end it */
	char *first = (char *)name, *last = first + 47;
	if (cpuid_read(0x80000000u, 0).a < 0x80000004u)
		return "unnamed CPU";
	for (uint32_t i = 0; i < 3; i++)
		name[i] = cpuid_read(0x80000002u + i, 0);
	while (*first == ' ')
		first++;
	while (last > first && (*last == ' ' || *last == 0))
		*last-- = 0;
	return first;
}

const char *hal_cpu_describe(void)
{
	static char text[DESCRIPTION_BYTES];
	const struct cpu_features *f = &cpu_features;
	const struct {
		const char *name;
		bool on;
	} list[] = {
		{ " NX", true }, { " SMEP", f->smep }, { " SMAP", f->smap }, { " UMIP", f->umip }, { " PCID", f->pcid }
	};
	size_t n = fmt_print(text, sizeof text, "%s;", model());
	for (unsigned i = 0; i < array_length(list); i++)
		n += fmt_print(text + n, sizeof text - n, "%s", list[i].on ? list[i].name : "");
	n += fmt_print(text + n, sizeof text - n, " on; no");
	for (unsigned i = 0; i < array_length(list); i++)
		n += fmt_print(text + n, sizeof text - n, "%s", list[i].on ? "" : list[i].name);
	return text;
}
