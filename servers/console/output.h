/* SPDX-License-Identifier: BSD-2-Clause */
/* What a write becomes on the wire: libsys/contracts/console.h, enum console_mode. */
#pragma once
#include "libsys/contracts/console.h"
#include "servers/console/ring.h"

/* False: there is no room for the whole of it, and nothing was put. */
bool output_write(struct ring *out, enum console_mode mode, enum console_stream stream, const uint8_t *data,
		  size_t bytes);
/* Framed mode's end of commands; at most 999. */
bool output_status(struct ring *out, unsigned status);
