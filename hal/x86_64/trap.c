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
enum { PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

static const struct {
	enum fault fault;
	const char *in_kernel;
} exceptions[EXCEPTIONS] = {
	[0] = { FAULT_DIVIDE, "#DE divide error in the kernel" },
	[1] = { FAULT_DEBUG, "#DB debug exception in the kernel" },
	[2] = { FAULT_HARDWARE, "NMI" },
	[3] = { FAULT_BREAKPOINT, "#BP breakpoint in the kernel" },
	[4] = { FAULT_OVERFLOW, "#OF overflow in the kernel" },
	[5] = { FAULT_OVERFLOW, "#BR bound exceeded in the kernel" },
	[6] = { FAULT_ILLEGAL, "#UD invalid instruction in the kernel" },
	[7] = { FAULT_NONE, "#NM no FPU in the kernel" },
	[8] = { FAULT_HARDWARE, "#DF double fault" },
	[9] = { FAULT_HARDWARE, "exception 9 in the kernel" },
	[10] = { FAULT_PRIVILEGED, "#TS invalid TSS in the kernel" },
	[11] = { FAULT_PRIVILEGED, "#NP segment not present in the kernel" },
	[12] = { FAULT_PRIVILEGED, "#SS stack fault in the kernel" },
	[13] = { FAULT_PRIVILEGED, "#GP protection fault in the kernel" },
	[14] = { FAULT_READ, "#PF page fault in the kernel" },
	[15] = { FAULT_HARDWARE, "exception 15 in the kernel" },
	[16] = { FAULT_FLOAT, "#MF x87 exception in the kernel" },
	[17] = { FAULT_ALIGNMENT, "#AC alignment check in the kernel" },
	[18] = { FAULT_HARDWARE, "#MC machine check" },
	[19] = { FAULT_FLOAT, "#XM SIMD exception in the kernel" },
	[20 ... EXCEPTIONS - 1] = { FAULT_HARDWARE, "exception without a name in the kernel" },
};

_Noreturn void trap_from_user(struct context *c, uint64_t vector, uint64_t error)
{
	if (vector >= EXCEPTIONS) {
		interrupt_take((unsigned)vector);
		kernel_leave();
	}
	struct trap_info info = { exceptions[vector].fault, vector };
	if (vector == VECTOR_PAGE_FAULT) {
		info.address = cr2_read();
		info.fault = error & PF_FETCH ? FAULT_EXECUTE : error & PF_WRITE ? FAULT_WRITE : FAULT_READ;
		if (!(error & PF_USER)) /* the CPU's own access on the way to ring 0: a descriptor, a frame */
			info = (struct trap_info){ FAULT_PRIVILEGED, vector };
		else if (error & PF_RESERVED)
			kernel_crash("page-table entry with reserved bits", c, error, info.address);
	}
	kernel_trap(c, &info);
}

/* A context that no return instruction may be given: the fault that it would raise is its own. */
_Noreturn void trap_refuse_context(struct context *c)
{
	struct trap_info info = { FAULT_PRIVILEGED, VECTOR_PROTECTION };
	kernel_trap(c, &info);
}

/* GS may still be the user's, whose base is always 0. */
_Noreturn void trap_in_kernel(struct context *c, uint64_t vector, uint64_t error)
{
	if (msr_read(MSR_GS_BASE) == 0)
		__asm__ volatile("swapgs" : : : "memory");
	kernel_crash(exceptions[vector].in_kernel, c, error, vector == VECTOR_PAGE_FAULT ? cr2_read() : vector);
}
