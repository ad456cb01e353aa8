/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt controllers: the local APIC (Intel SDM 3A, "Advanced Programmable
 * Interrupt Controller"), the I/O APICs for the ISA lines, and the two 8259s,
 * which are only kept quiet. All interrupts go to the boot CPU.
 */
#include "hal/cpu.h"
#include "hal/irq.h"
#include "hal/x86_64/acpi.h"
#include "hal/x86_64/apic.h"
#include "hal/x86_64/assert.h"
#include "hal/x86_64/cpu.h"
#include "hal/x86_64/early.h"
#include "hal/x86_64/instr.h"
#include "hal/x86_64/paging.h"
#include "hal/x86_64/timer.h"

enum { VECTOR_PIC = 0x20, VECTOR_IRQ = 0x30, VECTOR_TIMER = 0xf0, VECTOR_SPURIOUS = 0xff };

/* Byte offsets of local APIC registers. */
enum {
	LAPIC_ID = 0x20,
	LAPIC_PRIORITY = 0x80,
	LAPIC_EOI = 0xb0,
	LAPIC_SPURIOUS = 0xf0,
	LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_LINT0 = 0x350,
	LAPIC_LVT_LINT1 = 0x360,
	LAPIC_LVT_ERROR = 0x370,
	LAPIC_TIMER_START = 0x380,
	LAPIC_TIMER_LEFT = 0x390,
	LAPIC_TIMER_DIVIDE = 0x3e0,
};

enum { LVT_NMI = 4 << 8, LVT_MASKED = 1 << 16, LAPIC_ENABLE = 1 << 8, DIVIDE_BY_16 = 3 };
enum { APIC_BASE_X2 = 1 << 10, APIC_BASE_ENABLE = 1 << 11 };
enum { IOAPIC_VERSION = 1, IOAPIC_REDIRECTION = 0x10 };
enum { REDIRECT_LOW = 1 << 13, REDIRECT_LEVEL = 1 << 15, REDIRECT_MASKED = 1 << 16 };

#define LAPIC_DEFAULT  0xfee00000ull
#define MESSAGES_BYTES 0x100000ull /* writes to these addresses are interrupt messages */

_Static_assert(VECTOR_IRQ + HAL_IRQ_COUNT <= VECTOR_TIMER, "vectors");

static volatile uint32_t *lapic;
static uint64_t lapic_at;
static volatile uint32_t *ioapics[ACPI_IOAPICS_MAX];
/* Of each ISA line: where its redirection entry is, and the entry's lower half. */
static struct {
	volatile uint32_t *ioapic; /* NULL: the line goes nowhere */
	unsigned pin;
	uint32_t low;
} lines[ACPI_ISA_LINES];

static uint32_t lapic_read(unsigned at) { return lapic[at / 4]; }
static void lapic_write(unsigned at, uint32_t value) { lapic[at / 4] = value; }

/* An I/O APIC is an index register and, 16 bytes on, a data register. */
static uint32_t ioapic_read(volatile uint32_t *ioapic, unsigned at)
{
	ioapic[0] = at;
	return ioapic[4];
}

static void ioapic_write(volatile uint32_t *ioapic, unsigned at, uint32_t value)
{
	ioapic[0] = at;
	ioapic[4] = value;
}

/* Its vectors are moved out of the exceptions' way: even masked, an 8259 may raise a spurious 7 or 15. */
static void pic_silence(void)
{
	static const struct {
		uint8_t port, value;
	} steps[] = { { 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, VECTOR_PIC }, { 0xa1, VECTOR_PIC + 8 }, { 0x21, 4 },
		      { 0xa1, 2 },    { 0x21, 1 },    { 0xa1, 1 },          { 0x21, 0xff },           { 0xa1, 0xff } };
	for (unsigned i = 0; i < array_length(steps); i++)
		port_out8(steps[i].port, steps[i].value);
}

/* From x2APIC mode the way to the register page leads over "disabled". */
static void lapic_init(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);
	lapic_at = base & 0xffffff000ull;
	if (base & APIC_BASE_X2)
		msr_write(MSR_APIC_BASE, base & ~(uint64_t)(APIC_BASE_X2 | APIC_BASE_ENABLE));
	msr_write(MSR_APIC_BASE, (base & ~(uint64_t)APIC_BASE_X2) | APIC_BASE_ENABLE);
	lapic = paging_map_device(DEVICE_LAPIC, lapic_at);
	lapic_write(LAPIC_SPURIOUS, LAPIC_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_PRIORITY, 0);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
}

static unsigned ioapic_pins(volatile uint32_t *ioapic)
{
	return (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff) + 1;
}

static void ioapics_init(void)
{
	for (unsigned i = 0; i < acpi.ioapic_count; i++) {
		ioapics[i] = paging_map_device(DEVICE_IOAPIC + i, acpi.ioapics[i].address);
		for (unsigned pin = 0; pin < ioapic_pins(ioapics[i]); pin++)
			ioapic_write(ioapics[i], IOAPIC_REDIRECTION + 2 * pin, REDIRECT_MASKED);
	}
	if (acpi.ioapic_count == 0)
		console_line("HAL: no I/O APIC: ISA interrupts do not arrive");
}

/* A line that firmware says nothing of has the input of its own number, unless another line was moved there.
 */
static bool input_is_taken(uint32_t gsi)
{
	for (unsigned i = 0; i < ACPI_ISA_LINES; i++)
		if (acpi.isa[i].overridden && acpi.isa[i].gsi == gsi)
			return true;
	return false;
}

static void line_init(unsigned irq)
{
	const struct acpi_isa_line *isa = &acpi.isa[irq];
	uint32_t gsi = isa->overridden ? isa->gsi : irq;
	if (!isa->overridden && input_is_taken(gsi))
		return;
	for (unsigned i = 0; i < acpi.ioapic_count; i++) {
		uint32_t first = acpi.ioapics[i].first_gsi;
		if (gsi < first || gsi - first >= ioapic_pins(ioapics[i]))
			continue;
		bool low = (isa->flags & 3) == 3, level = (isa->flags >> 2 & 3) == 3;
		lines[irq].ioapic = ioapics[i];
		lines[irq].pin = gsi - first;
		lines[irq].low = (VECTOR_IRQ + irq) | (low ? (uint32_t)REDIRECT_LOW : 0) |
				 (level ? (uint32_t)REDIRECT_LEVEL : 0) | REDIRECT_MASKED;
		ioapic_write(ioapics[i], IOAPIC_REDIRECTION + 2 * lines[irq].pin + 1, lapic_read(LAPIC_ID));
		ioapic_write(ioapics[i], IOAPIC_REDIRECTION + 2 * lines[irq].pin, lines[irq].low);
	}
}

void apic_init(void)
{
	if (!(cpuid_read(1, 0).d & 1u << 9)) {
		console_line("HAL: this CPU has no local APIC");
		hal_stop(HAL_STOP_REFUSED);
	}
	pic_silence();
	lapic_init();
	ioapics_init();
	for (unsigned irq = 0; irq < ACPI_ISA_LINES; irq++)
		line_init(irq);
}

void hal_irq_mask(unsigned irq, bool masked)
{
	hal_assert(irq < HAL_IRQ_COUNT);
	if (irq >= HAL_IRQ_ISA || !lines[irq].ioapic)
		return;
	uint32_t low = lines[irq].low & ~(uint32_t)REDIRECT_MASKED;
	lines[irq].low = low | (masked ? (uint32_t)REDIRECT_MASKED : 0);
	ioapic_write(lines[irq].ioapic, IOAPIC_REDIRECTION + 2 * lines[irq].pin, lines[irq].low);
}

void hal_irq_message(unsigned irq, uint64_t *address, uint32_t *data)
{
	hal_assert(irq >= HAL_IRQ_MESSAGE && irq < HAL_IRQ_COUNT);
	*address = LAPIC_DEFAULT | (uint64_t)(lapic_read(LAPIC_ID) >> 24) << 12;
	*data = VECTOR_IRQ + irq;
}

void apic_timer_start(uint32_t ticks) { lapic_write(LAPIC_TIMER_START, ticks); }

uint32_t apic_timer_left(void) { return lapic_read(LAPIC_TIMER_LEFT); }

void apic_timer_enable(void) { lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER); }

/* Spurious interrupts, of this controller or the 8259s, want no acknowledgement. */
void interrupt_take(unsigned vector)
{
	if (vector < VECTOR_IRQ || vector == VECTOR_SPURIOUS)
		return;
	lapic_write(LAPIC_EOI, 0);
	if (vector == VECTOR_TIMER) {
		timer_expire();
	} else if (vector < VECTOR_IRQ + HAL_IRQ_COUNT) {
		cpu_area()->interrupts_taken++;
		kernel_interrupt(vector - VECTOR_IRQ);
	}
}

static bool overlaps(uint64_t base, uint64_t end, uint64_t at, uint64_t bytes) { return base < at + bytes && at < end; }

bool apic_owns(uint64_t base, uint64_t end)
{
	for (unsigned i = 0; i < acpi.ioapic_count; i++)
		if (overlaps(base, end, acpi.ioapics[i].address & ~(uint64_t)(PAGE_BYTES - 1), PAGE_BYTES))
			return true;
	return overlaps(base, end, LAPIC_DEFAULT, MESSAGES_BYTES) || overlaps(base, end, lapic_at, PAGE_BYTES);
}
