/* SPDX-License-Identifier: BSD-2-Clause */
/* The end: QEMU's isa-debug-exit, else ACPI's S5, else the CPU halts for ever. */
#include "hal/cpu.h"
#include "hal/x86_64/acpi.h"
#include "hal/x86_64/instr.h"

enum { DEBUG_EXIT = 0xf4, POLLS_MAX = 100000 };
enum { PM_SCI_ENABLED = 1, PM_SLEEP_TYPE_BIT = 10, PM_SLEEP = 1 << 13 };

/* Until firmware has handed the power management ports over, they may do nothing. */
static void take_over_power_management(void)
{
	if (acpi.smi_command == 0 || (port_in16(acpi.pm_control[0]) & PM_SCI_ENABLED))
		return;
	port_out8(acpi.smi_command, acpi.smi_enable);
	for (unsigned i = 0; i < POLLS_MAX && !(port_in16(acpi.pm_control[0]) & PM_SCI_ENABLED); i++)
		;
}

static void sleep_s5(void)
{
	take_over_power_management();
	for (unsigned i = 0; i < 2; i++)
		if (acpi.pm_control[i])
			port_out16(acpi.pm_control[i], (uint16_t)(acpi.sleep_type[i] << PM_SLEEP_TYPE_BIT | PM_SLEEP));
}

_Noreturn void hal_stop(enum hal_stop why)
{
	__asm__ volatile("cli");
	port_out8(DEBUG_EXIT, (uint8_t)why);
	if (acpi.can_sleep)
		sleep_s5();
	for (;;)
		__asm__ volatile("cli; hlt");
}
