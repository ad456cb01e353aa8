/* SPDX-License-Identifier: BSD-2-Clause */
/* What this process was born with: handles by name, parameters. Its arguments are main's. */
#pragma once
#include "libsys/start_info.h"
#include <stdbool.h>

/* 0 if there is none of the name: what is optional may be missing. */
handle_t start_channel(const char *name);
handle_t start_device(const char *name);
handle_t start_irq(const char *name);
handle_t start_port(void); /* where this process receives */
/* NULL if it was not given. */
const char *start_parameter(const char *key);
const char *start_name(void); /* of this process */
/* May only some programs call this contract, of those that this process serves? */
bool start_is_restricted(unsigned contract);
/* May this program of the system image? */
bool start_may_call(unsigned contract, uint32_t program);
