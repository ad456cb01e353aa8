; SPDX-License-Identifier: BSD-2-Clause
;
; The way of exceptions and interrupts into ring 0. From user mode all registers go to the context
; that was resumed last. NMI, #DB, #DF and #MC may come where GS and RSP are not yet the kernel's:
; they have stacks of their own, and the CPU's area lies at the top of each.

%include "hal/x86_64/entry.inc"

extern kernel_nmi
extern trap_from_user
extern trap_in_kernel
extern interrupt_take
global entry_exceptions
global entry_interrupts

section .text

; On the stack: vector - 128, error, RIP, CS, RFLAGS, RSP, SS.
align 16
exception_common:
	test byte [rsp + 24], 3
	jz exception_in_kernel
from_user:
	ENTER_RING0
	push rdi
	mov rdi, [CPU_CONTEXT]
	SAVE_ALL_BUT_RDI rdi
	SAVE_EACH rdi, C_RCX, rcx, r11
	pop qword [rdi + C_RDI]
	pop rsi
	add rsi, 128
	pop rdx
	pop qword [rdi + C_PC]
	pop rax
	pop qword [rdi + C_FLAGS]
	pop qword [rdi + C_SP]
	mov qword [rdi + C_CALL], 0
	mov rsp, [CPU_STACK]
	CLEAR_FLAGS
	call trap_from_user
	ud2

exception_in_kernel:
	sub rsp, C_BYTES
	SAVE_ALL_BUT_RDI rsp
; RSP: a context of which RDI, RCX, R11 and what the CPU pushed are still missing.
crash:
	mov [rsp + C_RDI], rdi
	SAVE_EACH rsp, C_RCX, rcx, r11
	mov rdi, rsp
	mov rsi, [rdi + C_BYTES]
	add rsi, 128
	mov rdx, [rdi + C_BYTES + 8]
	mov rax, [rdi + C_BYTES + 16]
	mov [rdi + C_PC], rax
	mov rax, [rdi + C_BYTES + 32]
	mov [rdi + C_FLAGS], rax
	mov rax, [rdi + C_BYTES + 40]
	mov [rdi + C_SP], rax
	mov qword [rdi + C_TLS], 0
	mov qword [rdi + C_CALL], 0
	and rsp, -16
	CLEAR_FLAGS
	call trap_in_kernel
	ud2

; On the stack: vector - 128, RIP, CS, RFLAGS, RSP, SS.
align 16
interrupt_common:
	push qword [rsp]	; stands where an exception has its error code
	test byte [rsp + 24], 3
	jnz from_user
	; In hal_cpu_idle or hal_cpu_safe_point.
	PUSH_EACH SCRATCH
	RING0_INTERRUPTED
	mov rdi, [rsp + 72]
	add rdi, 128
	call interrupt_take
	POP_EACH SCRATCH
	add rsp, 16
	COUNTED IRETQ, iretq

; From anywhere, and back to exactly there: GS_BASE is borrowed, nothing else is touched.
align 16
nmi_entry:
	PUSH_EACH SCRATCH
	push rbx
	sub rsp, 8
	mov ecx, MSR_GS_BASE
	rdmsr
	mov ebx, edx
	shl rbx, 32
	or rbx, rax
	mov rax, [rsp + 88 + 40]	; the CPU's area
	mov rdx, rax
	shr rdx, 32
	wrmsr
	CLEAR_FLAGS
	call kernel_nmi
	mov rax, rbx
	mov rdx, rbx
	shr rdx, 32
	mov ecx, MSR_GS_BASE
	wrmsr
	add rsp, 8
	pop rbx
	POP_EACH SCRATCH
	iretq

; In ring 0 this is what a user left pending by MOV SS or TF: dropped.
align 16
debug_entry:
	test byte [rsp + 8], 3
	jz .in_kernel
	push 0
	push 1 - 128
	jmp from_user
.in_kernel:
	push rax
	mov eax, 0xffff0ff0	; DR6 at reset
	mov dr6, rax
	pop rax
	and qword [rsp + 16], ~0x100
	iretq

double_fault_entry:
	push 8 - 128
	jmp crash_on_own_stack
machine_check_entry:
	push 0
	push 18 - 128
crash_on_own_stack:
	sub rsp, C_BYTES
	SAVE_ALL_BUT_RDI rsp
	mov rbx, rcx
	mov rax, [rsp + C_BYTES + 56]	; the CPU's area
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_GS_BASE
	wrmsr
	mov rcx, rbx
	jmp crash

; One stub each, 16 bytes apart; those with an error code: 8, 10 to 14, 17, 21, 29, 30.
%assign ERRORS (1 << 8) | (0x1f << 10) | (1 << 17) | (1 << 21) | (1 << 29) | (1 << 30)
align 16
entry_exceptions:
%assign vector 0
%rep 32
	align 16
	%if vector == 1
		jmp debug_entry
	%elif vector == 2
		jmp nmi_entry
	%elif vector == 8
		jmp double_fault_entry
	%elif vector == 18
		jmp machine_check_entry
	%else
		%if ((ERRORS >> vector) & 1) == 0
			push 0
		%endif
		push vector - 128
		jmp exception_common
	%endif
	%assign vector vector + 1
%endrep

; Vectors 32 to 255, 8 bytes apart.
align 16
entry_interrupts:
%rep 224
	align 8
	push vector - 128
	jmp near interrupt_common
	%assign vector vector + 1
%endrep
