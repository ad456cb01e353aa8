/* SPDX-License-Identifier: BSD-2-Clause */
/* The file system's client side: libsys/contracts/files.h as functions. All may block. */
#pragma once
#include "libsys/contracts/files.h"
#include "libsys/system.h"
#include <stdbool.h>

struct file {
	handle_t channel;
	uint64_t size_bytes;
	enum files_type type;
};

/* NOT_FOUND: no such path. BAD_ARG: a path that can't be one. IO_ERROR: the disk, or what is on it, is broken. */
enum status file_open(handle_t files, const char *path, struct file *file);
void file_close(struct file *file);
enum status file_stat(handle_t files, const char *path, bool link_itself, struct files_info *info);
/* text is terminated; size at least 4097. */
enum status file_readlink(handle_t files, const char *path, char *text, size_t size);
/*
 * A line about the file system, terminated: what it is, or why it can't be used. size at least FILES_ABOUT_BYTES +
 * 1.
 */
enum status files_about(handle_t files, char *text, size_t size);
/*
 * offset: a multiple of 4096. pages: page-aligned memory of FILES_READ_PAGES_MAX pages at most. Fewer bytes than
 * asked for only at the end.
 */
enum status file_read(const struct file *file, uint64_t offset, void *pages, size_t bytes, size_t *got);
/* Records of at most FILES_LIST_BYTES; *where 0 first; *end: there are no more. */
enum status file_list(const struct file *directory, uint64_t *where, void *records, size_t *bytes, bool *end);
