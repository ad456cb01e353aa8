; SPDX-License-Identifier: BSD-2-Clause
;
; From `qemu -kernel` to main, in 64-bit mode with SSE, the first GiB mapped as it is. Entered in 32-bit protected mode
; without paging (Xen's "PVH direct boot"). And the switch between two threads.

global threads_switch
extern main

section .note.Xen note alloc noexec nowrite align=4
	dd 4, 8, 18		; name's bytes, descriptor's bytes, XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dq boot_entry

section .text
bits 32
boot_entry:
	cli
	cld
	mov esp, stack_top
	mov dword [root], third + 3
	mov dword [third], second + 3
	xor ecx, ecx
	mov eax, 0x83		; 2 MiB, writable, present
.second:
	mov [second + ecx * 8], eax
	add eax, 1 << 21
	inc ecx
	cmp ecx, 512
	jne .second
	mov eax, 1 << 5 | 1 << 9 | 1 << 10	; CR4: PAE OSFXSR OSXMMEXCPT
	mov cr4, eax
	mov eax, root
	mov cr3, eax
	mov ecx, 0xc0000080	; EFER.LME
	rdmsr
	or eax, 1 << 8
	wrmsr
	mov eax, 0x80010033	; CR0: PG WP NE ET MP PE
	mov cr0, eax
	lgdt [gdt_pointer]
	jmp 8:long_entry

bits 64
long_entry:
	xor eax, eax
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov rsp, stack_top
	xor ebp, ebp
	call main
	ud2

; threads_switch(uint64_t *save_sp, uint64_t load_sp): what C keeps is on the stacks.
align 16
threads_switch:
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	mov [rdi], rsp
	mov rsp, rsi
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret

section .rodata
align 8
gdt:
	dq 0, 0x00af9b000000ffff
gdt_pointer:
	dw 15
	dd gdt

section .bss align=4096
root:	resb 4096
third:	resb 4096
second:	resb 4096
	resb 65536
stack_top:
