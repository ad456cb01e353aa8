; SPDX-License-Identifier: BSD-2-Clause
; Where a process begins: RDI is the address of its start information, the stack is aligned and empty.

section .text
global _start
extern libsys_start
_start:
	xor	ebp, ebp
	call	libsys_start
	ud2
