; SPDX-License-Identifier: BSD-2-Clause
;
; Every way into ring 0 and the one way out to ring 3. From user mode all
; registers go to the context that was resumed last and the CPU's one kernel
; stack starts afresh. NMI, #DB, #DF and #MC may come where GS and RSP are not
; yet the kernel's: they have stacks of their own, and the CPU's area lies at
; the top of each.

bits 64
default rel

; struct context, checked in context.c
C_RBX	equ 0
C_RBP	equ 8
C_R12	equ 16
C_R13	equ 24
C_R14	equ 32
C_R15	equ 40
C_RDI	equ 48
C_RSI	equ 56
C_RDX	equ 64
C_R10	equ 72
C_R8	equ 80
C_R9	equ 88
C_RAX	equ 96
C_RCX	equ 104
C_R11	equ 112
C_PC	equ 120
C_SP	equ 128
C_FLAGS	equ 136
C_TLS	equ 144
C_CALL	equ 152
C_BYTES	equ 160

; struct cpu_area, checked in cpu.c
%define CPU_CONTEXT gs:8
%define CPU_STACK gs:16
%define CPU_SCRATCH gs:24

USER_END	equ 0x00007ffffffff000	; LAYOUT_USER_END
USER_DATA	equ 0x18 | 3
USER_CODE	equ 0x20 | 3
MSR_FS_BASE	equ 0xc0000100
MSR_GS_BASE	equ 0xc0000101
FLAGS_ALWAYS	equ 0x202		; IF, and bit 1
FLAGS_SYSRET	equ 0x240cd5		; ID AC OF DF SF ZF AF PF CF
FLAGS_IRET	equ 0x250dd5		; and RF TF

extern kernel_syscall
extern kernel_nmi
extern trap_from_user
extern trap_in_kernel
extern trap_refuse_context
extern interrupt_take
global syscall_entry
global hal_context_resume
global hal_context_resume_words
global entry_exceptions
global entry_interrupts

%macro SAVE_ALL_BUT_RDI 1	; base register
	mov [%1 + C_RBX], rbx
	mov [%1 + C_RBP], rbp
	mov [%1 + C_R12], r12
	mov [%1 + C_R13], r13
	mov [%1 + C_R14], r14
	mov [%1 + C_R15], r15
	mov [%1 + C_RSI], rsi
	mov [%1 + C_RDX], rdx
	mov [%1 + C_R10], r10
	mov [%1 + C_R8], r8
	mov [%1 + C_R9], r9
	mov [%1 + C_RAX], rax
%endmacro

%macro LOAD_WORDS 1	; base register
	mov rbx, [%1 + C_RBX]
	mov rbp, [%1 + C_RBP]
	mov r12, [%1 + C_R12]
	mov r13, [%1 + C_R13]
	mov r14, [%1 + C_R14]
	mov r15, [%1 + C_R15]
%endmacro

%macro LOAD_ARGUMENTS 0	; from the context in RDI, RDI excepted
	mov rsi, [rdi + C_RSI]
	mov rdx, [rdi + C_RDX]
	mov r10, [rdi + C_R10]
	mov r8, [rdi + C_R8]
	mov r9, [rdi + C_R9]
	mov rax, [rdi + C_RAX]
%endmacro

%macro LOAD_ALL_BUT_RDI 0	; from the context in RDI, RCX and R11 excepted
	LOAD_WORDS rdi
	LOAD_ARGUMENTS
%endmacro

%macro PUSH_SCRATCH 0
	push rax
	push rcx
	push rdx
	push rsi
	push rdi
	push r8
	push r9
	push r10
	push r11
%endmacro

%macro POP_SCRATCH 0
	pop r11
	pop r10
	pop r9
	pop r8
	pop rdi
	pop rsi
	pop rdx
	pop rcx
	pop rax
%endmacro

; An interrupt gate leaves AC (it would switch SMAP off), DF and NT as the user had them.
%macro CLEAR_FLAGS 0
	push 2
	popfq
%endmacro

section .text

; RSP serves as the context pointer: nothing that can come here uses the stack it finds.
align 64
syscall_entry:
	swapgs
	mov [CPU_SCRATCH], rsp
	mov rsp, [CPU_CONTEXT]
	SAVE_ALL_BUT_RDI rsp
	mov [rsp + C_RDI], rdi
	mov [rsp + C_PC], rcx
	mov [rsp + C_FLAGS], r11
	mov rax, [CPU_SCRATCH]
	mov [rsp + C_SP], rax
	mov qword [rsp + C_CALL], 1
	mov rdi, rsp
	mov rsp, [CPU_STACK]
	call kernel_syscall
	ud2

; void hal_context_resume_words(struct context *c, const struct context *words): the six words come straight
; from another context. Anything unusual goes the ordinary way, with the words copied.
align 64
hal_context_resume_words:
	mov eax, ds
	mov ecx, es
	or eax, ecx
	mov ecx, fs
	or eax, ecx
	mov ecx, gs
	or eax, ecx
	jnz .copy
	mov r8, USER_END
	mov rax, [rdi + C_TLS]
	cmp rax, r8
	jae .copy
	mov rcx, [rdi + C_PC]
	cmp rcx, r8
	jae .copy
	cmp [rdi + C_SP], r8
	jae .copy
	mov [CPU_CONTEXT], rdi
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_FS_BASE
	wrmsr
	LOAD_WORDS rsi
	mov rcx, [rdi + C_PC]
	mov r11, [rdi + C_FLAGS]
	and r11d, FLAGS_SYSRET
	or r11d, FLAGS_ALWAYS
	LOAD_ARGUMENTS
	mov rsp, [rdi + C_SP]
	mov rdi, [rdi + C_RDI]
	swapgs
	o64 sysret
.copy:
	LOAD_WORDS rsi
	mov [rdi + C_RBX], rbx
	mov [rdi + C_RBP], rbp
	mov [rdi + C_R12], r12
	mov [rdi + C_R13], r13
	mov [rdi + C_R14], r14
	mov [rdi + C_R15], r15
	; on to hal_context_resume

; void hal_context_resume(struct context *c)
align 64
hal_context_resume:
	mov [CPU_CONTEXT], rdi
	mov eax, ds
	mov ecx, es
	or eax, ecx
	mov ecx, fs
	or eax, ecx
	mov ecx, gs
	or eax, ecx
	jnz .null_selectors
.selectors_are_null:
	mov rsi, USER_END
	mov rax, [rdi + C_TLS]
	cmp rax, rsi
	jae .refuse		; WRMSR faults on what is not canonical
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_FS_BASE
	wrmsr
	cmp qword [rdi + C_CALL], 0
	je .by_iret
	; SYSRET to an address that is not canonical faults in ring 0 on the user's stack (Intel).
	mov rcx, [rdi + C_PC]
	cmp rcx, rsi
	jae .by_iret
	cmp [rdi + C_SP], rsi
	jae .by_iret
	mov r11, [rdi + C_FLAGS]
	and r11d, FLAGS_SYSRET
	or r11d, FLAGS_ALWAYS
	LOAD_ALL_BUT_RDI
	mov rsp, [rdi + C_SP]
	mov rdi, [rdi + C_RDI]
	swapgs
	o64 sysret

.by_iret:
	mov rcx, [rdi + C_PC]
	mov rax, rcx
	shl rax, 16
	sar rax, 16
	cmp rax, rcx
	jne .refuse		; IRETQ would fault in ring 0
	mov rax, [rdi + C_FLAGS]
	and eax, FLAGS_IRET
	or eax, FLAGS_ALWAYS
	mov rsp, [CPU_STACK]
	push USER_DATA
	push qword [rdi + C_SP]
	push rax
	push USER_CODE
	push rcx
	LOAD_ALL_BUT_RDI
	mov rcx, [rdi + C_RCX]
	mov r11, [rdi + C_R11]
	mov rdi, [rdi + C_RDI]
	swapgs
	iretq

; The user loaded a selector. Loading GS may change the base in use, so it is done on the user's.
.null_selectors:
	xor eax, eax
	mov ds, eax
	mov es, eax
	mov fs, eax
	swapgs
	mov gs, eax
	swapgs
	jmp .selectors_are_null

.refuse:
	mov rsp, [CPU_STACK]
	call trap_refuse_context
	ud2

; On the stack: vector - 128, error, RIP, CS, RFLAGS, RSP, SS.
align 16
exception_common:
	test byte [rsp + 24], 3
	jz exception_in_kernel
from_user:
	swapgs
	push rdi
	mov rdi, [CPU_CONTEXT]
	SAVE_ALL_BUT_RDI rdi
	mov [rdi + C_RCX], rcx
	mov [rdi + C_R11], r11
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
	mov [rsp + C_RCX], rcx
	mov [rsp + C_R11], r11
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
	PUSH_SCRATCH
	mov rdi, [rsp + 72]
	add rdi, 128
	call interrupt_take
	POP_SCRATCH
	add rsp, 16
	iretq

; From anywhere, and back to exactly there: GS_BASE is borrowed, nothing else is touched.
align 16
nmi_entry:
	PUSH_SCRATCH
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
	POP_SCRATCH
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
