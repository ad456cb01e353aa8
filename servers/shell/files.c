/* SPDX-License-Identifier: BSD-2-Clause */
/* cat, sha256, stat, cd, pwd, and what they share with ls. */
#include "servers/shell/files.h"
#include "servers/shell/builtin.h"
#include "servers/shell/listing.h"
#include "servers/shell/out.h"
#include <bearssl_hash.h>
#include <stdio.h>
#include <string.h>

static const char *error_text(enum status st)
{
	switch (st) {
	case ST_NOT_FOUND:
		return "no such file or directory";
	case ST_BAD_ARG:
		return "not a file or directory, or reached by too long a name or too many links";
	case ST_PEER_GONE:
		return "the file system is not running";
	case ST_INTERRUPTED:
		return "the file system was restarted meanwhile; try again";
	default:
		return status_text(st);
	}
}

unsigned files_fail(const char *command, const char *name, enum status st)
{
	char about[FILES_ABOUT_BYTES + 1];

	if (st != ST_IO_ERROR)
		out_error("%s: %s: %s", command, name, error_text(st));
	else if (files_about(shell.files, about, sizeof about) == ST_OK)
		out_error("%s: %s: cannot be read from the disk (%s)", command, name, about);
	else
		out_error("%s: %s: cannot be read from the disk", command, name);
	return STATUS_FAILED;
}

bool files_are_there(const char *command)
{
	if (shell.files.handle == 0)
		out_error("%s: there is no disk", command);
	return shell.files.handle != 0;
}

const char *files_path(const char *name)
{
	static char path[PATH_BYTES];

	return name[0] != 0 && path_join(path, shell.directory, name, strlen(name)) ? path : NULL;
}

enum status files_open_retrying(const char *path, struct files_channel *opened, uint64_t *size_bytes,
				enum files_type *type)
{
	enum status st = files_open(shell.files, path, opened, size_bytes, type);

	return st == ST_INTERRUPTED ? files_open(shell.files, path, opened, size_bytes, type) : st;
}

/* ---- contents ---- */

/* Pages that the file system fills; made when they are first needed. */
static enum status read_buffer(void **pages)
{
	static void *buffer;
	enum status st = buffer == NULL ? mem_map(MEM_BUFFER, FILES_READ_PAGES_MAX, &buffer) : ST_OK;

	*pages = buffer;
	return st;
}

static enum status read_pieces(struct files_channel file, void *sink, void (*take)(void *sink, const void *, size_t))
{
	const size_t most = (size_t)FILES_READ_PAGES_MAX * ABI_PAGE_BYTES;
	uint64_t got = most;
	void *pages;
	enum status st = read_buffer(&pages);

	for (uint64_t offset = 0; st == ST_OK && got == most; offset += got) {
		st = files_read(file, offset, most, pages, FILES_READ_PAGES_MAX, &got);
		if (st == ST_OK)
			take(sink, pages, got);
	}
	return st;
}

/* Gives the whole file to `take`, piece by piece; true if all went well. */
static bool read_file(const char *command, const char *name, void *sink, void (*take)(void *sink, const void *, size_t))
{
	const char *path = files_path(name);
	struct files_channel file = { 0 };
	enum files_type type = FILES_TYPE_OTHER;
	uint64_t size_bytes;
	enum status st = path == NULL ? ST_NOT_FOUND : files_open_retrying(path, &file, &size_bytes, &type);

	if (st == ST_OK && type == FILES_TYPE_DIRECTORY) {
		out_error("%s: %s: is a directory", command, name);
		files_close(&file);
		return false;
	}
	if (st == ST_OK)
		st = read_pieces(file, sink, take);
	files_close(&file);
	if (st != ST_OK)
		(void)files_fail(command, name, st);
	return st == ST_OK;
}

static void take_output(void *sink, const void *bytes, size_t n)
{
	(void)sink;
	out_bytes(bytes, n);
}

unsigned builtin_cat(unsigned count, char *words[])
{
	unsigned status = 0;

	if (count < 2)
		return builtin_usage(words[0]);
	if (!files_are_there(words[0]))
		return STATUS_FAILED;
	for (unsigned i = 1; i < count; i++)
		if (!read_file(words[0], words[i], NULL, take_output))
			status = STATUS_FAILED;
	return status;
}

static void take_hash(void *sink, const void *bytes, size_t n) { br_sha256_update(sink, bytes, n); }

static bool hash_file(const char *command, const char *name)
{
	unsigned char hash[br_sha256_SIZE];
	br_sha256_context context;

	br_sha256_init(&context);
	if (!read_file(command, name, &context, take_hash))
		return false;
	br_sha256_out(&context, hash);
	for (unsigned i = 0; i < sizeof hash; i++)
		out_print("%02x", hash[i]);
	out_text("  ");
	out_name(name, strlen(name));
	out_text("\n");
	return true;
}

unsigned builtin_sha256(unsigned count, char *words[])
{
	unsigned status = 0;

	if (count < 2)
		return builtin_usage(words[0]);
	if (!files_are_there(words[0]))
		return STATUS_FAILED;
	for (unsigned i = 1; i < count; i++)
		if (!hash_file(words[0], words[i]))
			status = STATUS_FAILED;
	return status;
}

/* ---- what is known of files ---- */

static const char *type_text(uint32_t type)
{
	switch (type) {
	case FILES_TYPE_FILE:
		return "file";
	case FILES_TYPE_DIRECTORY:
		return "directory";
	case FILES_TYPE_LINK:
		return "symbolic link";
	default:
		return "special file";
	}
}

static void print_target(const char *path)
{
	static char target[PATH_BYTES + 1];

	if (files_readlink(shell.files, path, target, sizeof target) != ST_OK)
		return;
	out_text("target: ");
	out_name(target, strlen(target));
	out_text("\n");
}

static void print_info(const char *name, const struct files_info *info)
{
	char mode[LISTING_MODE_BYTES], time[LISTING_TIME_BYTES];

	listing_mode(mode, info);
	listing_time(time, info->modified_s);
	out_text("name:   ");
	out_name(name, strlen(name));
	out_print("\ntype:   %s\n", type_text(info->type));
	out_print("size:   %lu\n", (unsigned long)info->size_bytes);
	out_print("blocks: %lu\n", (unsigned long)info->blocks_512);
	out_print("inode:  %u\n", (unsigned)info->inode);
	out_print("links:  %u\n", (unsigned)info->links);
	out_print("mode:   %04o (%s)\n", (unsigned)info->mode & 07777, mode);
	out_print("uid:    %u\n", (unsigned)info->uid);
	out_print("gid:    %u\n", (unsigned)info->gid);
	out_print("time:   %s UTC\n", time);
}

unsigned builtin_stat(unsigned count, char *words[])
{
	unsigned status = 0;

	if (count < 2)
		return builtin_usage(words[0]);
	if (!files_are_there(words[0]))
		return STATUS_FAILED;
	for (unsigned i = 1; i < count; i++) {
		const char *path = files_path(words[i]);
		struct files_info info;
		enum status st = path == NULL ? ST_NOT_FOUND : files_stat(shell.files, path, true, &info);

		if (st != ST_OK) {
			status = files_fail(words[0], words[i], st);
			continue;
		}
		print_info(words[i], &info);
		if (info.type == FILES_TYPE_LINK)
			print_target(path);
	}
	return status;
}

/* ---- the current directory ---- */

unsigned builtin_cd(unsigned count, char *words[])
{
	const char *name = count > 1 ? words[1] : "/", *path = files_path(name);
	struct files_info info;
	enum status st;

	if (count > 2)
		return builtin_usage(words[0]);
	if (!files_are_there(words[0]))
		return STATUS_FAILED;
	st = path == NULL ? ST_NOT_FOUND : files_stat(shell.files, path, false, &info);
	if (st != ST_OK)
		return files_fail(words[0], name, st);
	if (info.type != FILES_TYPE_DIRECTORY) {
		out_error("%s: %s: not a directory", words[0], name);
		return STATUS_FAILED;
	}
	strcpy(shell.directory, path);
	path_tidy(shell.directory);
	return 0;
}

unsigned builtin_pwd(unsigned count, char *words[])
{
	if (count > 1)
		return builtin_usage(words[0]);
	out_name(shell.directory, strlen(shell.directory));
	out_text("\n");
	return 0;
}
