/* SPDX-License-Identifier: BSD-2-Clause */
/* What a write becomes on the wire, for a person or framed for a script: docs/contracts/console.md. */
#pragma once
#include "servers/console/ring.h"

/* False: there is no room for the whole of it, and nothing was put. */
bool output_write(struct ring *out, bool framed, bool is_error, const uint8_t *data, size_t bytes);
/* Framed mode's end of commands; at most 999. */
bool output_status(struct ring *out, unsigned status);
