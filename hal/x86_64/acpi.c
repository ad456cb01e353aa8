/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads three ACPI tables (ACPI specification, "ACPI Software Programming
 * Model"): the MADT for CPUs and interrupt controllers, the FADT and \_S5 in
 * the DSDT for switching off. No interpreter: \_S5 is found by its bytes.
 * Tables above 4 GiB or with a wrong length are as good as absent.
 */
#include "hal/x86_64/acpi.h"
#include "hal/x86_64/early.h"

enum { HEADER_BYTES = 36, TABLE_BYTES_MAX = 1 << 20 };

struct acpi_info acpi;

static bool sums_to_zero(const uint8_t *p, size_t bytes)
{
	uint8_t sum = 0;
	while (bytes--)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

static bool is_root(const uint8_t *p) { return get64(p) == 0x2052545020445352 /* "RSD PTR " */ && sums_to_zero(p, 20); }

static const uint8_t *search_root(uint64_t from, uint64_t bytes)
{
	for (uint64_t at = from; at + 36 <= from + bytes; at += 16) {
		const uint8_t *p = early_ptr(at, 36);
		if (p && is_root(p))
			return p;
	}
	return NULL;
}

static const uint8_t *find_root(uint64_t rsdp)
{
	const uint8_t *p = early_ptr(rsdp, 36);
	if (p && is_root(p))
		return p;
	const uint8_t *bios_data = early_ptr(0x40e, 2); /* segment of the extended BIOS data area */
	p = search_root((uint64_t)get16(bios_data) << 4, 1024);
	return p ? p : search_root(0xe0000, 0x20000);
}

static const uint8_t *table_at(uint64_t at, uint32_t *bytes)
{
	const uint8_t *p = early_ptr(at, HEADER_BYTES);
	*bytes = p ? get32(p + 4) : 0;
	if (!p || *bytes < HEADER_BYTES || *bytes > TABLE_BYTES_MAX || !early_ptr(at, *bytes))
		return NULL;
	return sums_to_zero(p, *bytes) ? p : NULL;
}

static const uint8_t *find_table(const uint8_t *root, const char *signature, uint32_t *bytes)
{
	uint32_t list_bytes = 0;
	unsigned width = 8;
	const uint8_t *list = root[15] >= 2 ? table_at(get64(root + 24), &list_bytes) : NULL;
	if (!list) {
		width = 4;
		list = table_at(get32(root + 16), &list_bytes);
	}
	for (uint32_t i = HEADER_BYTES; list && i + width <= list_bytes; i += width) {
		const uint8_t *t = table_at(width == 8 ? get64(list + i) : get32(list + i), bytes);
		if (t && get32(t) == get32(signature))
			return t;
	}
	return NULL;
}

static void read_override(const uint8_t *entry)
{
	uint8_t line = entry[3];
	if (entry[2] == 0 && line < ACPI_ISA_LINES)
		acpi.isa[line] = (struct acpi_isa_line){ true, get32(entry + 4), get16(entry + 8) };
}

static void read_madt_entry(const uint8_t *entry, uint8_t bytes)
{
	if (entry[0] == 0 && bytes >= 8) /* a CPU by its 8-bit APIC number; bit 0: enabled */
		acpi.cpus += get32(entry + 4) & 1;
	else if (entry[0] == 9 && bytes >= 16) /* by its 32-bit number */
		acpi.cpus += get32(entry + 8) & 1;
	else if (entry[0] == 1 && bytes >= 12 && acpi.ioapic_count < ACPI_IOAPICS_MAX)
		acpi.ioapics[acpi.ioapic_count++] = (struct acpi_ioapic){ get32(entry + 4), get32(entry + 8) };
	else if (entry[0] == 2 && bytes >= 10)
		read_override(entry);
}

static void read_madt(const uint8_t *madt, uint32_t bytes)
{
	if (bytes < 44)
		return;
	acpi.lapic = get32(madt + 36);
	for (uint32_t i = 44; i + 2 <= bytes; i += madt[i + 1]) {
		if (madt[i + 1] < 2 || madt[i + 1] > bytes - i)
			break;
		read_madt_entry(madt + i, madt[i + 1]);
	}
}

/* One element of \_S5's package: a byte constant, 0 or 1. */
static const uint8_t *read_sleep_type(const uint8_t *p, uint8_t *type)
{
	if (*p == 0x0a)
		p++;
	*type = *p & 7;
	return p + 1;
}

static void read_dsdt(const uint8_t *dsdt, uint32_t bytes)
{
	for (uint32_t i = HEADER_BYTES; i + 6 <= bytes; i++) {
		const uint8_t *p = dsdt + i;
		if (get32(p) != 0x5f35535f /* "_S5_" */ || p[4] != 0x12)
			continue;
		p += 5;
		p += 1 + (*p >> 6); /* the package's length */
		if (p + 5 > dsdt + bytes)
			return;
		p = read_sleep_type(p + 1, &acpi.sleep_type[0]);
		read_sleep_type(p, &acpi.sleep_type[1]);
		acpi.can_sleep = acpi.pm_control[0] != 0;
		return;
	}
}

static void read_fadt(const uint8_t *fadt, uint32_t bytes)
{
	if (bytes < 116)
		return;
	acpi.smi_command = get16(fadt + 48);
	acpi.smi_enable = fadt[52];
	acpi.pm_control[0] = get16(fadt + 64);
	acpi.pm_control[1] = get16(fadt + 68);
	static const uint8_t length_at[8] = { 88, 88, 89, 89, 90, 91, 92, 93 };
	for (unsigned i = 0; i < array_length(length_at); i++) {
		acpi.blocks[i].first = get16(fadt + 56 + 4 * i);
		acpi.blocks[i].bytes = fadt[length_at[i]];
	}
	uint32_t dsdt_bytes;
	const uint8_t *dsdt = table_at(get32(fadt + 40), &dsdt_bytes);
	if (!dsdt && bytes >= 148)
		dsdt = table_at(get64(fadt + 140), &dsdt_bytes);
	if (dsdt)
		read_dsdt(dsdt, dsdt_bytes);
}

void acpi_read(uint64_t rsdp)
{
	const uint8_t *root = find_root(rsdp);
	uint32_t bytes;
	const uint8_t *madt = root ? find_table(root, "APIC", &bytes) : NULL;
	if (madt)
		read_madt(madt, bytes);
	const uint8_t *fadt = root ? find_table(root, "FACP", &bytes) : NULL;
	if (fadt)
		read_fadt(fadt, bytes);
	if (acpi.cpus == 0)
		acpi.cpus = 1;
	if (!root)
		console_line("HAL: no ACPI tables");
}
