; SPDX-License-Identifier: BSD-2-Clause
; A stub for any call, by its number: see raw.h. The kernel lets it make a call because the
; link script puts it among the stubs.

; uint64_t system_call(uint64_t nr, uint64_t args[6]): args in, results out.
section .stubs.system_call progbits alloc exec nowrite align=16
global system_call
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
