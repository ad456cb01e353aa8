/* SPDX-License-Identifier: BSD-2-Clause */
/* What plug-ins do to a text: those that do as they should (good.c), and those that a host has to survive (bad.c). */
#pragma once
#include "contracts/filter_server.h"

struct filter {
	const char *name;
	/* Changes the text in the host's pages; *bytes: how long it is then. As a handler: ST_LATER, if it answers by itself. */
	enum status (*change)(struct serving *serving, char *text, uint64_t bytes, uint64_t *new_bytes);
};

/* Each ends with one without a name. */
extern const struct filter good_filters[], bad_filters[];
