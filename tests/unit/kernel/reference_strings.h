/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings of references to pages, made by a generator, and one that was recorded from the system as it runs. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { REFERENCES_MAX = 24000, STRING_PAGES = 512, STRING_PROCESSES = 16 };
#define REFERENCE_SEED 2463534242u /* of the strings that the policy was made with */

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
/* The same from another seed, not 0: a string that nobody has seen. */
bool reference_string_make_of(struct reference_string *s, const char *name, uint32_t from);
/* The names, NULL at the end. */
extern const char *const reference_string_names[];
