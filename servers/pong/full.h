/* SPDX-License-Identifier: BSD-2-Clause */
/* The half of pong that takes bytes and pages, at a port of its own. */
#pragma once
#include "contracts/ping_server.h"

extern struct serving full;

/* Makes its port and windows, and starts its thread. */
enum status full_start(void);
