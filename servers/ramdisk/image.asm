; SPDX-License-Identifier: BSD-2-Clause
; The disk as it is when the server starts: tools/make_ramdisk.py makes it, and the sealed image's hash covers it.

global disk
global disk_end

section .data align=4096
disk:
	incbin "ramdisk.img"
disk_end:
