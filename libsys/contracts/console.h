/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's contract: lines of text to and from a person or a script. A
 * reply's operation is an enum status.
 */
#pragma once

enum console_op {
	CONSOLE_WRITE = 1,  /* word 0: stream; bytes: what to write */
	CONSOLE_READ = 2,   /* waits for input; reply: 1 to 256 bytes as they came, unechoed, unedited */
	CONSOLE_MODE = 3,   /* word 0: enum console_mode */
	CONSOLE_STATUS = 4, /* word 0: an exit status; framed mode only: tells the host that the commands are done */
};

enum console_stream { CONSOLE_OUT = 1, CONSOLE_ERR = 2 };

/*
 * Interactive: bytes go out as they are, LF as CR LF. Framed, for scripts: each
 * write is 0x01, 'o' or 'e', four hexadecimal digits of length, then the bytes as
 * they are; a status is 0x01, 'x', three decimal digits.
 */
enum console_mode { CONSOLE_INTERACTIVE = 0, CONSOLE_FRAMED = 1 };

enum { CONSOLE_READ_MAX = 256 };
