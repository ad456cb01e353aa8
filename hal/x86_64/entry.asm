; SPDX-License-Identifier: BSD-2-Clause
;
; The way of a system call into ring 0, and the one way out to ring 3. All registers go to the
; context that was resumed last, and the CPU's one kernel stack starts afresh.

%include "hal/x86_64/entry.inc"

extern kernel_syscall
extern trap_refuse_context
global syscall_entry
global hal_context_resume
global hal_context_resume_words

; Back to the address in RCX with all registers of the context in RDI, but the six words of another one.
%macro RETURN_FROM_CALL 1	; whose words
	mov r11, [rdi + C_FLAGS]
	and r11d, FLAGS_SYSRET
	or r11d, FLAGS_ALWAYS
	LOAD_WORDS %1
	LOAD_ARGUMENTS
	mov rsp, [rdi + C_SP]
	mov rdi, [rdi + C_RDI]
	swapgs
	o64 sysret
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
	mov rcx, [rdi + C_PC]
	RETURN_FROM_CALL rsi
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
	RETURN_FROM_CALL rdi

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
