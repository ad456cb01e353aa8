/* SPDX-License-Identifier: BSD-2-Clause */
/* See panic.h. Also the HAL's way up for exceptions in ring 0. */
#include "kernel/core/panic.h"
#include "hal/timer.h"
#include "kernel/base/fmt.h"
#include "kernel/core/cpu.h"
#include "kernel/core/log.h"
#include "kernel/entry.h"

#define CRASH_MAGIC 0x4345524853415243ull /* "CRASHREC" */

struct crash_record crash_record;
const char *(*panic_who_runs)(void);
void (*panic_wipe)(uint64_t sp);

_Noreturn void panic(const char *what) { kernel_crash(what, NULL, 0, 0); }

_Noreturn void kernel_crash(const char *what, const struct context *c, uint64_t error, uint64_t address)
{
	const char *name = NULL;

	if (crash_record.message[0] != 0) /* a second panic while reporting the first */
		hal_stop(HAL_STOP_PANIC);
	if (panic_wipe != NULL)
		panic_wipe(c != NULL ? c->sp : 0);
	fmt_print(crash_record.message, sizeof crash_record.message, "%s", what);
	if (c != NULL) {
		crash_record.pc = c->pc;
		crash_record.sp = c->sp;
	}
	crash_record.error = error;
	crash_record.address = address;
	crash_record.time_ns = hal_clock_ns();
	if (hal_cpu_local() != NULL && panic_who_runs != NULL)
		name = panic_who_runs();
	if (name != NULL)
		fmt_name_copy(crash_record.process, name, sizeof crash_record.process);
	crash_record.magic = CRASH_MAGIC;
	log_line("PANIC: %s", what);
	log_line("PANIC: pc %lx sp %lx error %lx address %lx while running %s", crash_record.pc, crash_record.sp, error,
		 address, name != NULL ? name : "no process");
	hal_stop(HAL_STOP_PANIC);
}

_Noreturn void refuse_boot(const char *format, ...)
{
	char reason[CRASH_MESSAGE_BYTES];
	va_list args;

	va_start(args, format);
	fmt_vprint(reason, sizeof reason, format, args);
	va_end(args);
	log_line("boot refused: %s", reason);
	hal_stop(HAL_STOP_REFUSED);
}
