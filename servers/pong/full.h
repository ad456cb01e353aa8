/* SPDX-License-Identifier: BSD-2-Clause */
/* The half of pong that takes bytes and pages. It never returns. */
#pragma once
#include "libsys/system.h"

/* For thread_start; *port: where to receive. */
void full_serve(void *port);
