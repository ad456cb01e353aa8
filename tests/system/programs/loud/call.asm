; SPDX-License-Identifier: BSD-2-Clause
; A process that makes no call but those it is told to: its own beginning, and one stub for any call.

section .stubs.hostile_call progbits alloc exec nowrite align=16
; void hostile_call(struct registers *r): every register of a call from there, and back to there. See numbers/order.h.
global hostile_call
hostile_call:
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
	push	rdi
	mov	r11, rdi
	mov	rax, [r11]
	mov	rdi, [r11 + 8]
	mov	rsi, [r11 + 16]
	mov	rdx, [r11 + 24]
	mov	r10, [r11 + 32]
	mov	r8, [r11 + 40]
	mov	r9, [r11 + 48]
	mov	rbx, [r11 + 56]
	mov	rbp, [r11 + 64]
	mov	r12, [r11 + 72]
	mov	r13, [r11 + 80]
	mov	r14, [r11 + 88]
	mov	r15, [r11 + 96]
	syscall
	pop	r11
	mov	[r11], rax
	mov	[r11 + 8], rdi
	mov	[r11 + 16], rsi
	mov	[r11 + 24], rdx
	mov	[r11 + 32], r10
	mov	[r11 + 40], r8
	mov	[r11 + 48], r9
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
	ret

section .text
global _start
extern loud
_start:
	xor	ebp, ebp
	call	loud
	ud2
