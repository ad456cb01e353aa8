; SPDX-License-Identifier: BSD-2-Clause
;
; The way of a system call into ring 0, and the ways out to ring 3. The CPU's one kernel stack
; starts afresh. Most calls save to the context that was resumed last what C may lose, and the rest if somebody else runs
; next; the two of the fast path save only what SYSCALL loses, and quick ones, whose C loses nothing but RAX, none.

%include "hal/x86_64/entry.inc"

extern kernel_syscall
extern kernel_leave
extern kernel_fast_call
extern kernel_fast_reply_recv
extern kernel_fast_recv
extern kernel_bytes_call
extern kernel_bytes_reply_recv
extern kernel_pages_call
extern kernel_parts_reply_recv
extern kernel_quick_clock_now
extern kernel_quick_ipc_notify
extern trap_refuse_context
global syscall_entry
global hal_context_resume
global hal_context_answer
global hal_context_answer_late
global hal_decline_call
global hal_decline_reply_recv

section .text

align 64
syscall_entry:
	ENTER_RING0
	cmp rax, SYSCALL_NUMBERS
	jae enter_slow
	jmp [syscall_table + rax * 8]

; What sends and receives words finds and leaves them in the context.
enter_slow:
	mov [CPU_SCRATCH], rax
	mov rax, [CPU_CONTEXT]
	SAVE_RETURN rax
	mov rax, [CPU_SCRATCH]
save_rest:
	mov [CPU_SCRATCH], rax
	mov rax, [CPU_CONTEXT]
	SAVE_EACH rax, C_RBX, rbx, rbp, r12, r13, r14, r15
	jmp save_arguments

; For all others they stay where they are: C keeps these registers, and mostly the caller goes on at once.
align 64
enter_call:
	mov [CPU_SCRATCH], rax
	mov rax, [CPU_CONTEXT]
	SAVE_RETURN rax
save_arguments:
	SAVE_EACH rax, C_RDI, rdi, rsi, rdx, r10, r8, r9
	mov rdi, rax
	mov rax, [CPU_SCRATCH]
	mov [rdi + C_RAX], rax
	mov rsp, [CPU_STACK]
	call kernel_syscall
	mov rdi, [CPU_CONTEXT]
	test eax, eax
	js .leaves
	mov rcx, [rdi + C_PC]	; of a stub
	mov r11d, FLAGS_SYSRET
	and r11, [rdi + C_FLAGS]
	LOAD_EACH rdi, C_RSI, rsi, rdx, r10, r8, r9
	mov rsp, [rdi + C_SP]
	mov rdi, [rdi + C_RDI]
	LEAVE_RING0 SYSRET
	o64 sysret
.leaves:
	cmp eax, SYSCALL_PARKED
	je .words_are_there
	SAVE_EACH rdi, C_RBX, rbx, rbp, r12, r13, r14, r15
.words_are_there:
	call kernel_leave
	ud2

; Words only: no buffers (RDX), no deadline (R10), a tag of an operation alone (RSI).
%macro FAST 3	; name, number, who takes pages
align 64
enter_ipc_%1:
	lea rax, [r10 + 1]
	or rax, rdx
	jnz .parts
	test rsi, ~TAG_OP_MASK
	jnz .slow
	mov r9, [CPU_CONTEXT]
	SAVE_RETURN r9
	mov rsp, [CPU_STACK]
	jmp kernel_fast_%1
.parts:		; bytes and given pages, but neither a deadline nor handles, loans, a replay, another badge
	cmp r10, -1
	jne .slow
	test esi, TAG_NOT_BYTES
	jnz .pages
	mov r9, [CPU_CONTEXT]
	SAVE_RETURN r9
	mov rsp, [CPU_STACK]
	jmp kernel_bytes_%1
.pages:
	test esi, TAG_SLOW
	jnz .slow
	mov r9, [CPU_CONTEXT]
	SAVE_RETURN r9
	mov rsp, [CPU_STACK]
	jmp %3
.slow:
	mov eax, %2
	jmp enter_slow

; With the arguments where they were, but for those whose values are known and the badge, which the tag makes void.
hal_decline_%1:
	mov eax, %2
	mov r8, rcx	; the fourth argument of C: the port, if there is one
	mov r10, -1
	xor r9d, r9d
	jmp save_rest
%endmacro
FAST call, SYS_IPC_CALL, kernel_pages_call
FAST reply_recv, SYS_IPC_REPLY_RECV, kernel_parts_reply_recv

; void hal_context_answer(uint64_t badge, uint64_t tag, uint64_t token, struct context *c, uint64_t channel_peer):
; those of the results that are not 0 are where they belong.
align 64
hal_context_answer:
	mov [CPU_CONTEXT], rcx
	CHECK_SELECTORS
.selectors_are_null:
	mov r11d, FLAGS_SYSRET
	and r11, [rcx + C_FLAGS]
	mov rsp, [rcx + C_SP]
	mov rcx, [rcx + C_PC]	; of a stub
	xor eax, eax
	xor r10d, r10d
	xor r9d, r9d
	LEAVE_RING0 SYSRET
	o64 sysret
.null_selectors:
	mov r10, rcx
	mov r11, rdx
	NULL_SELECTORS
	LOAD_FS_BASE r10	; loading FS cleared it
	mov rcx, r10
	mov rdx, r11
	jmp .selectors_are_null

; The same, but there is something to catch up with first.
hal_context_answer_late:
	xor eax, eax
	xor r10d, r10d
	xor r9d, r9d
	mov rsp, rcx
	SAVE_ALL_BUT_RDI rsp
	mov [rsp + C_RDI], rdi
	mov rsp, [CPU_STACK]
	call kernel_leave
	ud2

; Back to where it came from. What C returns is negative if it declines.
%macro QUICK 2-3	; name, number, the register of a result; the status is OK then
align 64
enter_%1:
	mov [CPU_SCRATCH], rsp
	mov rsp, [CPU_STACK]
	call kernel_quick_%1
	mov rsp, [CPU_SCRATCH]
	test rax, rax
	js .slow
%if %0 == 3
	mov %3, rax
	xor eax, eax
%endif
	and r11d, FLAGS_SYSRET
	LEAVE_RING0 SYSRET
	o64 sysret
.slow:
	mov eax, %2
	jmp enter_slow
%endmacro
QUICK clock_now, SYS_CLOCK_NOW, rdi
QUICK ipc_notify, SYS_IPC_NOTIFY

; Neither buffers nor a deadline. What else it was called with has no meaning, but for the port.
align 64
enter_ipc_recv:
	lea rax, [r10 + 1]
	or rax, rdx
	jnz .slow
	mov rax, [CPU_CONTEXT]
	SAVE_RETURN rax
	mov rsp, [CPU_STACK]
	mov rsi, rax
	call kernel_fast_recv
	mov rdi, rax
	xor esi, esi
	xor edx, edx
	xor r8d, r8d
	xor r9d, r9d
	mov r10, -1
	mov eax, SYS_IPC_RECV
	jmp save_rest
.slow:
	mov eax, SYS_IPC_RECV
	jmp enter_slow

section .rodata
align 8
syscall_table:
%ifdef FAST_PATH
	dq enter_ipc_call, enter_ipc_recv, enter_slow, enter_ipc_reply_recv, enter_ipc_notify
	times SYS_CLOCK_NOW - SYS_IPC_NOTIFY - 1 dq enter_call
	dq enter_clock_now
%else
	times SYS_IPC_NOTIFY dq enter_slow
	times SYS_CLOCK_NOW - SYS_IPC_NOTIFY + 1 dq enter_call
%endif
	times SYSCALL_NUMBERS - SYS_CLOCK_NOW - 1 dq enter_call
section .text

; void hal_context_resume(struct context *c)
align 64
hal_context_resume:
	mov [CPU_CONTEXT], rdi
	CHECK_SELECTORS
.selectors_are_null:
	LOAD_FS_BASE rdi
	cmp qword [rdi + C_CALL], 0
	je .by_iret
	mov rcx, [rdi + C_PC]	; of a stub: SYSRET faults in ring 0 on what is not canonical (Intel)
	mov r11d, FLAGS_SYSRET
	and r11, [rdi + C_FLAGS]
	LOAD_ALL_BUT_RDI
	mov rsp, [rdi + C_SP]
	mov rdi, [rdi + C_RDI]
	LEAVE_RING0 SYSRET
	o64 sysret

.by_iret:
	mov qword [rdi + C_CALL], 1	; as the next call will find it
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
	LOAD_EACH rdi, C_RCX, rcx, r11
	mov rdi, [rdi + C_RDI]
	LEAVE_RING0 IRETQ
	iretq

; The user loaded a selector. Loading GS may change the base in use, so it is done on the user's.
.null_selectors:
	NULL_SELECTORS
	jmp .selectors_are_null

.refuse:
	mov rsp, [CPU_STACK]
	call trap_refuse_context
	ud2
