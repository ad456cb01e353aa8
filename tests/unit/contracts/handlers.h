/* SPDX-License-Identifier: BSD-2-Clause */
/* The server of sample.contract in tests: what its handlers saw, and what they are to answer. */
#pragma once
#include "contracts/sample_server.h"

extern struct seen {
	unsigned calls; /* of any handler */
	unsigned operation;
	struct sample_scalars_request scalars;
	struct sample_six_request six;
	struct sample_put_request put;
	struct sample_item items[3];
	size_t count;
	char text[32];
	uint64_t offset;
	const void *data;
	size_t data_pages;
	handle_t x, y;
} seen;

extern enum status handler_status; /* what every handler returns */
