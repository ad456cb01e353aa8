; SPDX-License-Identifier: BSD-2-Clause
; The only SYSCALL instructions of a program. The kernel ends a process that makes a
; call from anywhere else (I-CODE), so nothing else belongs in this section.
; Registers of a call: kernel/abi/syscall.h.

section .stubs progbits alloc exec nowrite align=16
global system_call
global system_call_words

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

; uint64_t system_call_words(uint64_t nr, uint64_t args[6], uint64_t words[6]): a message's words go along.
system_call_words:
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
	push	rsi
	push	rdx
	mov	rax, rdi
	mov	r11, rsi
	mov	rbx, [rdx]
	mov	rbp, [rdx + 8]
	mov	r12, [rdx + 16]
	mov	r13, [rdx + 24]
	mov	r14, [rdx + 32]
	mov	r15, [rdx + 40]
	mov	rdi, [r11]
	mov	rsi, [r11 + 8]
	mov	rdx, [r11 + 16]
	mov	r10, [r11 + 24]
	mov	r8, [r11 + 32]
	mov	r9, [r11 + 40]
	syscall
	pop	r11
	mov	[r11], rbx
	mov	[r11 + 8], rbp
	mov	[r11 + 16], r12
	mov	[r11 + 24], r13
	mov	[r11 + 32], r14
	mov	[r11 + 40], r15
	pop	r11
	mov	[r11], rdi
	mov	[r11 + 8], rsi
	mov	[r11 + 16], rdx
	mov	[r11 + 24], r10
	mov	[r11 + 32], r8
	mov	[r11 + 40], r9
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
	ret
