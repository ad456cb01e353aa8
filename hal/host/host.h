/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second machine: hal/include/hal on a Linux host, for the unit tests of the
 * kernel's logic. RAM is an array, frames have physical addresses that are no
 * pointers, page tables are the real ones (hal/x86_64/inline/machine/mmu_walk.h). A test plays
 * the CPU: host_run enters the kernel and tells how it was left; host_user_*
 * are what a program's loads and stores would do, translations cached and all.
 */
#pragma once
#include <setjmp.h>
#include "hal/boot.h"
#include "hal/cpu.h"
#include "hal/irq.h"
#include "hal/mmu.h"
#include "kernel/entry.h"

#define HOST_RAM_BASE 0x100000ull
enum { HOST_RAM_MAX = 32 << 20 };

/* ---- the machine: host_memory.c ---- */

/* A machine just switched on: RAM full of rubbish, devices gone, clock at 1 s, everything masked. */
void host_reset(uint64_t ram_bytes);
/* What a boot loader would tell: RAM in two ranges with a hole of one page between, the module in its last pages. */
const struct boot_info *host_boot_info(const void *module, uint64_t module_bytes);
bool host_is_ram(paddr_t frame);

/* ---- the MMU: host_tlb.c ---- */

enum { HOST_TAGS = 7 }; /* few, so that they are soon used again */

void host_tlb_reset(unsigned tags); /* nothing cached, no space loaded; 0 tags: a CPU without PCIDs */
/* What is cached under the tag that is loaded, and not in the tables any more; NULL: nothing. */
const char *host_tlb_stale(void);
/* A CPU may cache whatever was accessed before, whenever it likes: it does now. Then stale ones are unexpected. */
void host_tlb_speculate(void);

extern paddr_t host_active_root; /* PADDR_NONE: the kernel's own */
extern unsigned host_activations;
extern unsigned host_drops; /* of everything under one tag, or under all */

/* A user access of at most one page. False: it faults, and *info says how; was a translation there? Pre: root is active. */
extern bool host_fault_present;
bool host_user_read(paddr_t root, uint64_t va, void *to, size_t bytes, struct trap_info *info);
bool host_user_write(paddr_t root, uint64_t va, const void *from, size_t bytes, struct trap_info *info);
bool host_user_fetch(paddr_t root, uint64_t va, struct trap_info *info);

/* ---- the CPU: host_cpu.c ---- */

enum host_exit { HOST_RETURNED, HOST_RESUMED, HOST_IDLE, HOST_STOPPED };

/* Runs something that may leave by hal_context_resume, hal_cpu_idle or hal_stop instead of returning. */
enum host_exit host_run(void (*enter)(void *), void *argument);
enum host_exit host_syscall(struct context *c);
enum host_exit host_trap(struct context *c, const struct trap_info *info);
enum host_exit host_leave(void);
enum host_exit host_boot(const struct boot_info *boot);

/* Where the next exit lands; for tests that want to see one statement panic. */
jmp_buf *host_arm(void);
void host_disarm(void);

extern struct context *host_resumed;   /* by the last HOST_RESUMED */
extern enum hal_stop host_stop_reason; /* of the last HOST_STOPPED */

/* Called when the kernel leaves and nobody waits for it: the test has failed. */
extern void (*host_unexpected)(const char *what);
/* An interrupt may be taken in here; NULL: none. From idle: true if one was. */
extern bool (*host_idle_hook)(void);
extern void (*host_safe_point_hook)(void);
extern unsigned host_safe_points;
/*
 * How often the kernel reached into a frame since it was entered or at a safe point, and the most so far: an entry of a
 * page table costs four, a page that is cleared or copied one.
 */
extern unsigned host_work, host_work_most;

/* Calls enter by the fast path where there is one, as on the real machine; or all go the slow way. */
extern bool host_fast;
extern unsigned host_answers, host_declined; /* how often it went straight across, or not */
extern unsigned host_straight;               /* how often a call went straight back to its caller */
extern uint64_t host_tls;                    /* FS base */

extern bool host_vector_lazy, host_vector_traps;
extern unsigned host_vector_traps_set; /* how often they were opened or closed */
extern uint8_t host_vector_registers[HAL_VECTOR_BYTES];

extern uint64_t host_now_ns, host_alarm_ns;
/* Time passes; if the alarm is due it goes off once (kernel_timer). */
void host_pass_ns(uint64_t ns);

bool host_console_has(const char *text); /* since the reset */
const char *host_console_text(void);
void host_console_clear(void);

/* ---- devices: host_device.c ---- */

void host_device_reset(void);

extern bool host_irq_masked[HAL_IRQ_COUNT];

struct host_port_write {
	uint16_t port;
	unsigned width;
	uint32_t value;
};
extern struct host_port_write host_port_writes[64]; /* the first ones since the reset */
extern unsigned host_port_write_count;
extern uint8_t host_port_bytes[0x10000]; /* what reads give */

struct host_pci {
	uint16_t address;
	uint8_t config[256];
	uint8_t writable[256];                                            /* bits that a write changes */
	void (*touched)(struct host_pci *f, unsigned offset, bool write); /* after a write, before a read; NULL */
};
/* A function that answers at this address, without ranges. */
struct host_pci *host_pci_add(uint16_t address, uint16_t vendor, uint16_t device);
void host_pci_add_range(struct host_pci *f, unsigned bar, uint64_t base, uint64_t bytes, bool wide);
void host_pci_add_msix(struct host_pci *f, unsigned bar, uint32_t offset);
uint32_t host_pci_get(const struct host_pci *f, unsigned offset, unsigned width);
void host_pci_put(struct host_pci *f, unsigned offset, unsigned width, uint32_t value);

uint32_t host_mmio_get(uint64_t at); /* what the kernel wrote there; 0 */
