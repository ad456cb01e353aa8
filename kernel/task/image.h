/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system image: checked once at boot, then the only source of code. The
 * checks trust nothing in it but its length, although its hash was right: the
 * host's image maker may have bugs.
 */
#pragma once
#include "kernel/abi/image.h"
#include "kernel/abi/status.h"
#include "kernel/mm/aspace.h"

/* Takes over the system image. NULL if it is good, else what is wrong with it, for people. */
const char *image_open_system(const void *start, uint64_t bytes);
/* Its SHA-256, once opened. */
const uint8_t *image_system_hash(void);

/* The image of a name of at most IMAGE_NAME_BYTES; NULL if there is none. */
const struct image_header *image_find(const char *name);
/* Its number in the system image: what a program is called in messages. */
uint32_t image_number(const struct image_header *image);
/* Its SHA-256, as the system image's table says; the system image's own covers it. Pre: a number of an image. */
const uint8_t *image_hash(uint32_t number);
/* The system description's bytes. */
const void *image_description(uint64_t *bytes);

/* What is wrong with a sealed image, for people; NULL: nothing. */
const char *image_check(const void *start, uint64_t bytes);
/* Pages of RAM that loading it takes, tables aside. */
uint64_t image_pages(const struct image_header *image);
/* Makes its regions and fills them. Pre: checked. NO_MEMORY: the space is to be destroyed. */
enum status image_load(const struct image_header *image, struct aspace *as);
