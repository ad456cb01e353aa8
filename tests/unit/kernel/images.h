/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealed images and system images made in C: small, good, and easy to spoil.
 * Every program is one page of code, one of constants, and eight of data of
 * which the last seven are zero.
 */
#pragma once
#include "kernel/abi/image.h"
#include "kernel/abi/layout.h"
#include <stdbool.h>

enum {
	PROGRAM_FILE_PAGES = 4, /* header, text, constants, data */
	PROGRAM_DATA_PAGES = 8,
	PROGRAM_BYTES = PROGRAM_FILE_PAGES * ABI_PAGE_BYTES,
	SYSTEM_IMAGE_BYTES_MAX = 40 * ABI_PAGE_BYTES,
};

#define PROGRAM_TEXT       LAYOUT_IMAGE_BASE
#define PROGRAM_CONSTANTS  (LAYOUT_IMAGE_BASE + ABI_PAGE_BYTES)
#define PROGRAM_DATA       (LAYOUT_IMAGE_BASE + 2 * ABI_PAGE_BYTES)
#define PROGRAM_STUB       (PROGRAM_TEXT + 0x10) /* where a call of its returns to */
#define PROGRAM_STUB_BYTES 0x100ull

/* Writes a program of PROGRAM_BYTES; what its manifest says else may be changed afterwards. */
struct image_header *program_make(void *at, const char *name, uint64_t flags);

/* A system image under construction. */
struct system_image {
	_Alignas(ABI_PAGE_BYTES) uint8_t bytes[SYSTEM_IMAGE_BYTES_MAX];
};

/* The usual one: description, supervisor, pager, app, driver, poor. */
void system_image_make(struct system_image *s);
void system_image_begin(struct system_image *s);
/* Adds an entry; its bytes are copied. */
void system_image_add(struct system_image *s, const char *name, const void *from, uint64_t bytes);
void system_image_seal(struct system_image *s); /* the hash, last */
struct system_image_header *system_image_header(struct system_image *s);
struct image_header *system_image_program(struct system_image *s, const char *name);

extern const char system_image_description[]; /* what the entry "system" says */
