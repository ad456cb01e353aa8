/* SPDX-License-Identifier: BSD-2-Clause */
/* What the ACPI tables tell the HAL. Zero where they do not. */
#pragma once
#include "kernel/base/types.h"

enum { ACPI_IOAPICS_MAX = 8, ACPI_ISA_LINES = 16 };

struct acpi_ioapic {
	uint64_t address;
	uint32_t first_gsi;
};

struct acpi_isa_line {
	bool overridden;
	uint32_t gsi;
	uint16_t flags; /* MPS INTI: polarity in bits 0..1, trigger in bits 2..3 */
};

struct acpi_info {
	unsigned cpus;
	uint64_t lapic;
	unsigned ioapic_count;
	struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
	struct acpi_isa_line isa[ACPI_ISA_LINES];
	uint16_t pm_control[2]; /* ports PM1a_CNT and PM1b_CNT */
	uint16_t smi_command;
	uint8_t smi_enable; /* value that hands the ports over from firmware */
	bool can_sleep;
	uint8_t sleep_type[2]; /* for S5 */
	/* Ports of the power management block: first and bytes of each register group. */
	struct {
		uint16_t first, bytes;
	} blocks[8];
};

extern struct acpi_info acpi;

void acpi_read(uint64_t rsdp); /* 0: search the BIOS's memory. Before paging_init. */
