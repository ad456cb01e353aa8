/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions, told to the kernel in its own terms. From ring 3 they are the
 * process's; in ring 0 they are ours, and the end. NMI and #DB in ring 0 never
 * come here (entry.asm).
 */
#include "hal/x86_64/apic.h"
#include "hal/x86_64/assert.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/instr.h"

enum { EXCEPTIONS = 32, VECTOR_PROTECTION = 13, VECTOR_PAGE_FAULT = 14 };

/* Bits of a page fault's error code (Intel SDM 3A, "Interrupt 14"). */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

static const struct {
	enum trap trap;
	const char *in_kernel;
} exceptions[EXCEPTIONS] = {
	[0] = { TRAP_DIVIDE, "#DE divide error in the kernel" },
	[1] = { TRAP_DEBUG, "#DB debug exception in the kernel" },
	[2] = { TRAP_OTHER, "NMI" },
	[3] = { TRAP_BREAKPOINT, "#BP breakpoint in the kernel" },
	[4] = { TRAP_OVERFLOW, "#OF overflow in the kernel" },
	[5] = { TRAP_OVERFLOW, "#BR bound exceeded in the kernel" },
	[6] = { TRAP_ILLEGAL, "#UD invalid instruction in the kernel" },
	[7] = { TRAP_VECTOR, "#NM no FPU in the kernel" },
	[8] = { TRAP_OTHER, "#DF double fault" },
	[9] = { TRAP_OTHER, "exception 9 in the kernel" },
	[10] = { TRAP_PRIVILEGED, "#TS invalid TSS in the kernel" },
	[11] = { TRAP_PRIVILEGED, "#NP segment not present in the kernel" },
	[12] = { TRAP_PRIVILEGED, "#SS stack fault in the kernel" },
	[13] = { TRAP_PRIVILEGED, "#GP protection fault in the kernel" },
	[14] = { TRAP_PAGE, "#PF page fault in the kernel" },
	[15] = { TRAP_OTHER, "exception 15 in the kernel" },
	[16] = { TRAP_FLOAT, "#MF x87 exception in the kernel" },
	[17] = { TRAP_ALIGNMENT, "#AC alignment check in the kernel" },
	[18] = { TRAP_OTHER, "#MC machine check" },
	[19] = { TRAP_FLOAT, "#XM SIMD exception in the kernel" },
	[20 ... EXCEPTIONS - 1] = { TRAP_OTHER, "exception without a name in the kernel" },
};

static struct trap_info page_fault_info(const struct context *c, uint64_t error)
{
	uint64_t address = cr2_read();
	if (error & PF_RESERVED)
		kernel_crash("page-table entry with reserved bits", c, error, address);
	return (struct trap_info){
		.trap = TRAP_PAGE,
		.address = address,
		.error = error,
		.write = (error & PF_WRITE) != 0,
		.execute = (error & PF_FETCH) != 0,
		.present = (error & PF_PRESENT) != 0,
	};
}

_Noreturn void trap_from_user(struct context *c, uint64_t vector, uint64_t error)
{
	if (vector == VECTOR_PAGE_FAULT && (error & PF_USER)) {
		struct trap_info fault = page_fault_info(c, error);
		kernel_trap(c, &fault);
	}
	if (vector >= EXCEPTIONS) {
		interrupt_take((unsigned)vector);
		kernel_leave();
	}
	struct trap_info info = { .trap = exceptions[vector].trap, .address = vector, .error = error };
	if (vector == VECTOR_PAGE_FAULT) /* the CPU's own access on the way to ring 0: a descriptor, a frame */
		info.trap = TRAP_PRIVILEGED;
	kernel_trap(c, &info);
}

/* A context that no return instruction may be given: the fault that it would raise is its own. */
_Noreturn void trap_refuse_context(struct context *c)
{
	struct trap_info info = { .trap = TRAP_PRIVILEGED, .address = VECTOR_PROTECTION };
	kernel_trap(c, &info);
}

/* GS may still be the user's, whose base is always 0. */
_Noreturn void trap_in_kernel(struct context *c, uint64_t vector, uint64_t error)
{
	if (msr_read(MSR_GS_BASE) == 0)
		__asm__ volatile("swapgs" : : : "memory");
	kernel_crash(exceptions[vector].in_kernel, c, error, vector == VECTOR_PAGE_FAULT ? cr2_read() : vector);
}
