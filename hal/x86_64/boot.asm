; SPDX-License-Identifier: BSD-2-Clause
;
; From the boot loader to hal_start. Multiboot2 (GRUB) and PVH (qemu -kernel)
; both enter here in 32-bit protected mode without paging; EBX points to what
; the loader says. The tables made here map the first 4 GiB twice over: as they
; are, and the first of them at KERNEL_BASE. paging.c replaces them.

KERNEL_BASE	equ 0xffffffff80000000
%define PHYS(symbol) ((symbol) - KERNEL_BASE)

MULTIBOOT2_MAGIC	equ 0xe85250d6
COM1			equ 0x3f8
EFER			equ 0xc0000080

extern hal_start
global boot_entry
global boot_entry_tsc
global kernel_stack_guard
global kernel_stack_top
global ist_stacks

; The Multiboot2 Specification, "OS image format".
section .boot progbits alloc exec nowrite align=8
multiboot2_header:
	dd MULTIBOOT2_MAGIC, 0, .end - multiboot2_header
	dd -(MULTIBOOT2_MAGIC + 0 + (.end - multiboot2_header)) & 0xffffffff
	dw 6, 0			; modules start on a page
	dd 8
	dw 0, 0			; the last tag
	dd 8
.end:

; Xen's "PVH direct boot": where to enter, physical.
section .note.Xen note alloc noexec nowrite align=4
	dd 4, 8, 18		; name's bytes, descriptor's bytes, XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dq PHYS(boot_entry)

section .boot
bits 32
boot_entry:
	cli
	cld
	mov esp, PHYS(kernel_stack_top)
	mov ebp, eax		; the loader's magic
	rdtsc
	mov [PHYS(boot_entry_tsc)], eax
	mov [PHYS(boot_entry_tsc) + 4], edx
	call serial_start
	mov esi, PHYS(hello_text)
	call serial_print
	call cpu_check
	call tables_make
	mov eax, 1 << 5		; CR4.PAE
	mov cr4, eax
	mov eax, PHYS(early_root)
	mov cr3, eax
	mov ecx, EFER
	rdmsr
	or eax, 1 << 11 | 1 << 8 | 1	; NXE, LME, SCE
	wrmsr
	mov eax, 0x80050033	; CR0: PG AM WP NE ET MP PE
	mov cr0, eax
	lgdt [PHYS(early_gdt_pointer)]
	jmp 8:PHYS(long_entry)

; 115200 baud, 8 bits, no parity, one stop bit, queues on.
serial_start:
	mov esi, PHYS(serial_settings)
	mov ecx, 7
.next:	movzx edx, byte [esi]
	add edx, COM1
	mov al, [esi + 1]
	out dx, al
	add esi, 2
	loop .next
	ret

; Prints the text at ESI. Gives up where no UART takes it.
serial_print:
	mov ecx, 100000
.wait:	mov edx, COM1 + 5
	in al, dx
	test al, 0x20
	loopz .wait
	lodsb
	test al, al
	jz .done
	mov edx, COM1
	out dx, al
	jmp serial_print
.done:	ret

; Long mode and NX are what there is no going on without. Whoever has long mode has SYSCALL; Intel shows its bit only there.
cpu_check:
	push ebx
	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	jb .refuse
	mov eax, 0x80000001
	cpuid
	and edx, 1 << 29 | 1 << 20
	cmp edx, 1 << 29 | 1 << 20
	jne .refuse
	pop ebx
	ret
.refuse:
	mov esi, PHYS(refuse_text)
	call serial_print
	mov al, 0x12		; HAL_STOP_REFUSED
	out 0xf4, al
.halt:	hlt
	jmp .halt

; One table of the third level serves both halves: its entries 0 to 3 map 4 GiB, 510 the kernel.
tables_make:
	mov dword [PHYS(early_root)], PHYS(early_third) + 3
	mov dword [PHYS(early_root) + 511 * 8], PHYS(early_third) + 3
	mov dword [PHYS(early_third) + 510 * 8], PHYS(early_second) + 3
	xor ecx, ecx
.third:	mov eax, ecx
	shl eax, 12
	add eax, PHYS(early_second) + 3
	mov [PHYS(early_third) + ecx * 8], eax
	inc ecx
	cmp ecx, 4
	jne .third
	xor ecx, ecx
	mov eax, 0x83		; 2 MiB, writable, present
.second:
	mov [PHYS(early_second) + ecx * 8], eax
	add eax, 1 << 21
	inc ecx
	cmp ecx, 4 * 512
	jne .second
	ret

bits 64
long_entry:
	mov rax, .high
	jmp rax
.high:	xor eax, eax
	mov ds, eax
	mov es, eax
	mov fs, eax
	mov gs, eax
	mov ss, eax
	mov rsp, kernel_stack_top
	mov edi, ebp
	mov esi, ebx
	xor ebp, ebp
	call hal_start
	ud2

section .rodata
hello_text:	db 13, 10, "Signet", 13, 10, 0
refuse_text:	db "Signet needs a 64-bit CPU with NX", 13, 10, 0
serial_settings: ; register, value
	db 1, 0,  3, 0x80,  0, 1,  1, 0,  3, 3,  2, 7,  4, 3
align 8
early_gdt:
	dq 0, 0x00af9b000000ffff
early_gdt_pointer:
	dw 15
	dd PHYS(early_gdt)

section .bss align=4096
alignb 4096
early_root:	resb 4096
early_third:	resb 4096
early_second:	resb 4 * 4096
; Below each stack is a page that paging.c leaves unmapped.
kernel_stack_guard:
	resb 4096
	resb 16384
kernel_stack_top:
ist_stacks:	; CPU_IST_COUNT times a guard and 8 KiB, see cpu.h
	resb 4 * (4096 + 8192)
boot_entry_tsc:	resq 1
