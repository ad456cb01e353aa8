; SPDX-License-Identifier: BSD-2-Clause
; The only SYSCALL instructions of a program. The kernel ends a process that makes a
; call from anywhere else (I-CODE), so nothing else belongs in these sections.
; Each stub has a section of its own: what a program does not call is not in it, and
; the number stands right before the SYSCALL, so that a reader of the file sees all
; that it can call. calls.inc is made by tools/make_stubs.py from kernel/abi/syscall.h,
; which names the registers. Prototypes: libsys/stubs.h, and libsys/ipc.h for messages.

; struct message: where the registers of a message lie in it.
M_WORDS		equ 0
M_TAG		equ 48
M_HANDLES_01	equ 56
M_HANDLES_23	equ 64
M_BADGE		equ 72
M_TOKEN		equ 80
M_CHANNEL_PEER	equ 88

; The assembler's debug information spans, from the first stub's start, the sum of their sizes. So that this reaches the
; last one that is linked, each is as long as its place. The first is one that all programs keep.
%macro BEGIN 1
align 16
section .stubs.%1 progbits alloc exec nowrite align=16
global %1
%1:
%endmacro

; One more register for each argument of a C function: %1 is how many come before it.
%macro PUSH_ARGUMENT 1
%if %1 == 0
	push	rdi
%elif %1 == 1
	push	rsi
%elif %1 == 2
	push	rdx
%elif %1 == 3
	push	rcx
%elif %1 == 4
	push	r8
%else
	push	r9
%endif
%endmacro

; STUB number, name, arguments, results: enum status sys_NAME(arguments..., uint64_t results[])
%macro STUB 4
BEGIN sys_%2
%if %4 > 0
	PUSH_ARGUMENT %3
%endif
%if %3 > 3
	mov	r10, rcx
%endif
	mov	eax, %1
	syscall
%if %4 > 0
	pop	r11
	mov	[r11], rdi
%endif
%if %4 > 1
	mov	[r11 + 8], rsi
%endif
	ret
%endmacro

%include "calls.inc"

; ---- messages ----

%macro LOAD_WORDS 1
	mov	rbx, [%1 + M_WORDS]
	mov	rbp, [%1 + M_WORDS + 8]
	mov	r12, [%1 + M_WORDS + 16]
	mov	r13, [%1 + M_WORDS + 24]
	mov	r14, [%1 + M_WORDS + 32]
	mov	r15, [%1 + M_WORDS + 40]
%endmacro

%macro STORE_WORDS 1
	mov	[%1 + M_WORDS], rbx
	mov	[%1 + M_WORDS + 8], rbp
	mov	[%1 + M_WORDS + 16], r12
	mov	[%1 + M_WORDS + 24], r13
	mov	[%1 + M_WORDS + 32], r14
	mov	[%1 + M_WORDS + 40], r15
%endmacro

%macro PUSH_KEPT 0
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
%endmacro

%macro POP_KEPT 0
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
%endmacro

; The call number %1, whose struct message is at [RSP]; what comes back goes there, unless the call failed.
%macro CALL_AND_TAKE 1
	mov	eax, %1
	syscall
	pop	r11
	test	eax, eax
	jnz	%%failed
	STORE_WORDS r11
	mov	[r11 + M_BADGE], rdi
	mov	[r11 + M_TAG], rsi
	mov	[r11 + M_TOKEN], rdx
	mov	[r11 + M_HANDLES_01], r10
	mov	[r11 + M_CHANNEL_PEER], r8
	mov	[r11 + M_HANDLES_23], r9
%%failed:
	POP_KEPT
	ret
%endmacro

; ipc_call(handle_t channel, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
BEGIN ipc_call
	PUSH_KEPT
	push	rsi
	mov	r10, rcx
	LOAD_WORDS rsi
	mov	rsi, [rsi + M_TAG]
	CALL_AND_TAKE SYS_ipc_call

; For libsys/words.h, which has all registers where they belong, but for the deadline: there is none.
%macro WORDS 2
BEGIN ipc_words_%1
	mov	r10, -1
	mov	eax, %2
	syscall
	ret
%endmacro
WORDS call, SYS_ipc_call
WORDS recv, SYS_ipc_recv
WORDS reply_recv, SYS_ipc_reply_recv

; ipc_recv(handle_t port, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
BEGIN ipc_recv
	PUSH_KEPT
	push	rsi
	mov	r10, rcx
	xor	esi, esi
	CALL_AND_TAKE SYS_ipc_recv

; ipc_reply(uint64_t token, const struct message *m, const struct ipc_buffers *buffers)
BEGIN ipc_reply
	PUSH_KEPT
	LOAD_WORDS rsi
	mov	r9, [rsi + M_BADGE]
	mov	rsi, [rsi + M_TAG]
	mov	eax, SYS_ipc_reply
	syscall
	POP_KEPT
	ret

; ipc_reply_recv(uint64_t token, const struct message *out, const struct ipc_buffers *buffers, struct message *in,
;                handle_t port, uint64_t deadline_ns)
BEGIN ipc_reply_recv
	PUSH_KEPT
	push	rcx
	mov	r10, r9
	LOAD_WORDS rsi
	mov	r9, [rsi + M_BADGE]
	mov	rsi, [rsi + M_TAG]
	CALL_AND_TAKE SYS_ipc_reply_recv
