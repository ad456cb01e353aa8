/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every status that a call can return: what a correct program can meet.
 * Values are ABI: append only, never reuse. What only a broken program does
 * is a fault instead (fault.h); what only a broken kernel does is a panic.
 */
#pragma once

#define STATUS_LIST(S)                                                                                                 \
	S(OK, 0, "done")                                                                                               \
	S(BAD_ARG, 1, "an argument can never be valid")                                                                \
	S(BAD_HANDLE, 2, "the handle is closed, forged or of another type")                                            \
	S(NO_RIGHT, 3, "the handle lacks the right that this call needs")                                              \
	S(NO_MEMORY, 4, "memory, swap or the process's quota is used up")                                              \
	S(NO_HANDLE, 5, "the handle table is full")                                                                    \
	S(TOO_BIG, 6, "the message does not fit the receiver's buffer or window")                                      \
	S(TIMED_OUT, 7, "the deadline passed")                                                                         \
	S(PEER_GONE, 8, "the other end is gone or was never started")                                                  \
	S(INTERRUPTED, 9, "the server died while it held the call")                                                    \
	S(BUSY, 10, "the range or object is in use by a transfer, a loan or a device")                                 \
	S(EXISTS, 11, "the name, range or device is taken")                                                            \
	S(BAD_RANK, 12, "the handle may only go to a process ranked above its server")                                 \
	S(NOT_FOUND, 13, "there is no such name, device or process")                                                   \
	S(BAD_IMAGE, 14, "the image is malformed")                                                                     \
	S(STALE, 15, "the reply token was used, or its caller is gone")                                                \
	S(NOT_FLIPPABLE, 16, "a page of the range may not leave the process")                                          \
	S(IO_ERROR, 17, "the device reported an error")                                                                \
	S(RETRY, 18, "kernel-internal: the caller was parked and the call starts again")                               \
	S(PARKED, 19, "kernel-internal: the registers are set already, or will be when the caller runs again")         \
	S(ENDED, 20, "kernel-internal: the caller's process has ended")                                                \
	S(BAD_CONTRACT, 21, "the end is of another contract than the receiver expects")                                \
	S(OUT_OF_TURN, 22, "the operation is not legal in the channel's state")                                        \
	S(NOT_ALLOWED, 23, "this program may not call that server")                                                    \
	S(BAD_MESSAGE, 24, "the message is none of the contract's")                                                    \
	S(LATER, 25, "library-internal: the handler answers later")

/* Version 14 of clang-format does not know the attribute. */
// clang-format off
enum [[nodiscard]] status {
#define S(name, value, text) ST_##name = (value),
	STATUS_LIST(S)
#undef S
};
// clang-format on
