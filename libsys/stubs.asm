; SPDX-License-Identifier: BSD-2-Clause
; The only SYSCALL instructions of a program. The kernel ends a process that makes a
; call from anywhere else (I-CODE), so nothing else belongs in this section.
; Registers of a call: kernel/abi/syscall.h. The messages' stubs: libsys/ipc.h.

; struct message: where the registers of a message lie in it.
M_WORDS		equ 0
M_TAG		equ 48
M_HANDLES_01	equ 56
M_HANDLES_23	equ 64
M_BADGE		equ 72
M_TOKEN		equ 80
M_CHANNEL_PEER	equ 88

SYS_IPC_CALL		equ 0
SYS_IPC_RECV		equ 1
SYS_IPC_REPLY		equ 2
SYS_IPC_REPLY_RECV	equ 3

section .stubs progbits alloc exec nowrite align=16
global system_call
global ipc_call
global ipc_recv
global ipc_reply
global ipc_reply_recv

%macro LOAD_WORDS 1
	mov	rbx, [%1 + M_WORDS]
	mov	rbp, [%1 + M_WORDS + 8]
	mov	r12, [%1 + M_WORDS + 16]
	mov	r13, [%1 + M_WORDS + 24]
	mov	r14, [%1 + M_WORDS + 32]
	mov	r15, [%1 + M_WORDS + 40]
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

; The call RAX, whose message is at [RSP]; what comes back goes there, unless the call failed.
%macro CALL_AND_TAKE 0
	syscall
	pop	r11
	test	eax, eax
	jnz	%%failed
	mov	[r11 + M_WORDS], rbx
	mov	[r11 + M_WORDS + 8], rbp
	mov	[r11 + M_WORDS + 16], r12
	mov	[r11 + M_WORDS + 24], r13
	mov	[r11 + M_WORDS + 32], r14
	mov	[r11 + M_WORDS + 40], r15
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

; uint64_t system_call(uint64_t nr, uint64_t args[6]): args in, results out.
system_call:
	push	rsi
	mov	rax, rdi
	mov	r11, rsi
	mov	rdi, [r11]
	mov	rsi, [r11 + 8]
	mov	rdx, [r11 + 16]
	mov	r10, [r11 + 24]
	mov	r8, [r11 + 32]
	mov	r9, [r11 + 40]
	syscall
	pop	r11
	mov	[r11], rdi
	mov	[r11 + 8], rsi
	mov	[r11 + 16], rdx
	mov	[r11 + 24], r10
	mov	[r11 + 32], r8
	mov	[r11 + 40], r9
	ret

; ipc_call(handle_t channel, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
align 16
ipc_call:
	PUSH_KEPT
	push	rsi
	mov	r10, rcx
	LOAD_WORDS rsi
	mov	rsi, [rsi + M_TAG]
	mov	eax, SYS_IPC_CALL
	CALL_AND_TAKE

; ipc_recv(handle_t port, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
align 16
ipc_recv:
	PUSH_KEPT
	push	rsi
	mov	r10, rcx
	xor	esi, esi
	mov	eax, SYS_IPC_RECV
	CALL_AND_TAKE

; ipc_reply(uint64_t token, const struct message *m, const struct ipc_buffers *buffers)
align 16
ipc_reply:
	PUSH_KEPT
	LOAD_WORDS rsi
	mov	r9, [rsi + M_BADGE]
	mov	rsi, [rsi + M_TAG]
	mov	eax, SYS_IPC_REPLY
	syscall
	POP_KEPT
	ret

; ipc_reply_recv(handle_t port, uint64_t token, struct message *m, const struct ipc_buffers *buffers, uint64_t deadline_ns)
align 16
ipc_reply_recv:
	PUSH_KEPT
	push	rdx
	LOAD_WORDS rdx
	mov	r10, r8
	mov	r8d, edi
	mov	rdi, rsi
	mov	rsi, [rdx + M_TAG]
	mov	r9, [rdx + M_BADGE]
	mov	rdx, rcx
	mov	eax, SYS_IPC_REPLY_RECV
	CALL_AND_TAKE
