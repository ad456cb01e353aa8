/* SPDX-License-Identifier: BSD-2-Clause */
/* What this process was born with: handles by name, parameters. Its arguments are main's. */
#pragma once
#include "libsys/start_info.h"

/* 0 if there is none of the name: what is optional may be missing. */
handle_t start_channel(const char *name);
handle_t start_device(const char *name);
handle_t start_irq(const char *name);
handle_t start_port(void); /* where this process receives */
/* NULL if it was not given. */
const char *start_parameter(const char *key);
const char *start_name(void); /* of this process */
