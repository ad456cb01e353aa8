/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a process ended. A shell shows 128 + the number as the exit status.
 * Values are ABI: append only.
 */
#pragma once

#define FAULT_LIST(F)                                                                                                  \
	F(NONE, 0, "it exited by itself")                                                                              \
	F(STOPPED, 1, "it was stopped by its parent")                                                                  \
	F(READ, 2, "it read an address that is not mapped")                                                            \
	F(WRITE, 3, "it wrote an address that is not writable")                                                        \
	F(EXECUTE, 4, "it jumped to an address that is not code")                                                      \
	F(STACK_OVERFLOW, 5, "its stack overflowed")                                                                   \
	F(ILLEGAL, 6, "it executed an instruction that does not exist")                                                \
	F(PRIVILEGED, 7, "it executed an instruction or used a segment that user mode may not")                        \
	F(DIVIDE, 8, "it divided by zero or out of range")                                                             \
	F(BREAKPOINT, 9, "it executed a breakpoint")                                                                   \
	F(DEBUG, 10, "it raised a debug exception")                                                                    \
	F(OVERFLOW, 11, "it raised an overflow or bounds exception")                                                   \
	F(FLOAT, 12, "it raised a floating-point exception")                                                           \
	F(ALIGNMENT, 13, "it made an unaligned access with alignment checks on")                                       \
	F(STRAY_SYSCALL, 14, "it made a system call from outside the system library")                                  \
	F(BAD_CALL, 15, "it made a call that does not exist")                                                          \
	F(CALL_DENIED, 16, "it made a call that its manifest does not allow")                                          \
	F(BAD_RANGE, 17, "it passed a range of memory that it may not use")                                            \
	F(PAGE_LOST, 18, "one of its pages came back from the pager wrong")                                            \
	F(PAGE_IO, 19, "one of its pages could not be read back")                                                      \
	F(NO_MEMORY, 20, "memory and swap are used up")                                                                \
	F(LENT_PAGE, 21, "it touched a page that it has lent")                                                         \
	F(HARDWARE, 22, "it raised an exception that has no other name")                                               \
	F(PAGER_SILENT, 23, "it did not answer what the kernel asked it about pages")                                  \
	F(PAGER_KEEPS, 24, "it did not give back frames that the kernel lent it for pages")

enum fault {
#define F(name, value, text) FAULT_##name = (value),
	FAULT_LIST(F)
#undef F
		FAULT_COUNT
};
