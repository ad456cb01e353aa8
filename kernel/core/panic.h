/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the kernel stops on its own bugs. User input never gets here: what a
 * program can cause is a status or a fault.
 */
#pragma once
#include "hal/cpu.h"
#include "kernel/base/types.h"

enum { CRASH_MESSAGE_BYTES = 200 };

/* Read by the debugger after a crash; magic is "CRASHREC" once the rest is valid. */
struct crash_record {
	uint64_t magic;
	uint64_t time_ns;
	uint64_t pc, sp, error, address; /* of the exception; 0 for an assertion */
	char message[CRASH_MESSAGE_BYTES];
	char process[32]; /* that was running, if any */
};
extern struct crash_record crash_record;

/* Who runs, for the record: set by a layer that knows; NULL: nobody. */
extern const char *(*panic_who_runs)(void);
/*
 * Wipes what nobody may find in a machine that has crashed, before anything is said, or that is off; sp: of the code that an
 * exception hit, or 0. NULL: nothing.
 */
extern void (*panic_wipe)(uint64_t sp);

_Noreturn void panic(const char *what);

/*
 * The boot cannot go on, and it is not our bug: a bad system image, too little memory. Says why and stops the
 * machine.
 */
__attribute__((format(printf, 1, 2))) _Noreturn void refuse_boot(const char *format, ...);

#define PANIC_TEXT(number) #number
#define PANIC_LINE(number) PANIC_TEXT(number)

/* An invariant of the kernel's own; `name` is one of docs/invariants.md or says what must hold. */
#define kassert(condition, name)                                                                                       \
	do {                                                                                                           \
		if (__builtin_expect(!(condition), 0))                                                                 \
			panic(__FILE__ ":" PANIC_LINE(__LINE__) ": " name " (" #condition ")");                        \
	} while (0)
