/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings of references to pages, made by a generator with a fixed seed, and the one that was recorded. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { REFERENCES_MAX = 24000, STRING_PAGES = 512, STRING_PROCESSES = 2 };

struct reference {
	uint16_t page; /* of its process */
	uint8_t process;
	bool write;
};

struct reference_string {
	const char *name;
	unsigned count;
	struct reference refs[REFERENCES_MAX];
};

/* Fills in the string of this name; false: there is none. */
bool reference_string_make(struct reference_string *s, const char *name);
/* The names, NULL at the end. */
extern const char *const reference_string_names[];
