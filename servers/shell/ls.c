/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ls. A directory's names are gathered in one region of memory, records from
 * its start and their places from its end, then sorted and shown; the region
 * is given back afterwards.
 */
#include "servers/shell/builtin.h"
#include "servers/shell/edit.h"
#include "servers/shell/files.h"
#include "servers/shell/listing.h"
#include "servers/shell/out.h"
#include "servers/shell/text.h"
#include <stdlib.h>
#include <string.h>

enum { GATHER_PAGES = 128 };
#define GATHER_BYTES ((size_t)GATHER_PAGES * ABI_PAGE_BYTES)

struct name {
	uint8_t bytes;
	char text[];
};

/* The names of one directory. places[-1 - i] is where the i-th is. */
static struct {
	char *base;
	uint32_t *places; /* the end of the region */
	size_t used, count;
} gathered;

static const struct name *name_at(uint32_t place) { return (const struct name *)(const void *)(gathered.base + place); }

static uint32_t *first_place(void) { return gathered.places - gathered.count; }

static int compare(const void *a, const void *b)
{
	const struct name *x = name_at(*(const uint32_t *)a), *y = name_at(*(const uint32_t *)b);
	int order = memcmp(x->text, y->text, x->bytes < y->bytes ? x->bytes : y->bytes);

	return order != 0 ? order : x->bytes - y->bytes;
}

/* False: there is no room for more names. */
static bool gather(const struct files_entry *entry)
{
	size_t bytes = sizeof(struct name) + entry->name_bytes;
	struct name *name = (struct name *)(void *)(gathered.base + gathered.used);

	if (entry->name_bytes <= 2 && memcmp(entry + 1, "..", entry->name_bytes) == 0)
		return true;
	if (bytes + (gathered.count + 1) * sizeof(uint32_t) > GATHER_BYTES - gathered.used)
		return false;
	name->bytes = entry->name_bytes;
	memcpy(name->text, entry + 1, entry->name_bytes);
	gathered.count++;
	*first_place() = (uint32_t)gathered.used;
	gathered.used += bytes;
	return true;
}

/* The records of one answer. One that contradicts itself is the file system's mistake. */
static enum status gather_records(const char *records, size_t bytes)
{
	for (size_t at = 0; at < bytes;) {
		const struct files_entry *entry = (const struct files_entry *)(const void *)(records + at);

		if (bytes - at < sizeof *entry || entry->record_bytes < sizeof *entry + entry->name_bytes ||
		    entry->record_bytes > bytes - at || entry->record_bytes % 8 != 0)
			return ST_IO_ERROR;
		if (!gather(entry))
			return ST_NO_MEMORY;
		at += entry->record_bytes;
	}
	return ST_OK;
}

static enum status gather_directory(struct files_channel directory)
{
	static _Alignas(8) char records[FILES_LIST_BYTES];
	uint64_t where = 0;
	bool end = false;
	size_t bytes;
	enum status st = ST_OK;

	gathered.used = gathered.count = 0;
	while (st == ST_OK && !end) {
		st = files_list(directory, where, records, sizeof records, &bytes, &where, &end);
		if (st == ST_OK)
			st = gather_records(records, bytes);
	}
	if (st == ST_OK)
		qsort(first_place(), gathered.count, sizeof(uint32_t), compare);
	return st;
}

/* ---- showing ---- */

/* A line of ls -l. The path is absolute, the name what the user sees. */
static void show_long(const char *path, const char *name, size_t name_bytes, const struct files_info *info)
{
	static char target[PATH_BYTES + 1];
	char mode[LISTING_MODE_BYTES], time[LISTING_TIME_BYTES];

	listing_mode(mode, info);
	listing_time(time, info->modified_s);
	out_print("%s %3u %5u %5u %10lu %.16s ", mode, (unsigned)info->links, (unsigned)info->uid, (unsigned)info->gid,
		  (unsigned long)info->size_bytes, time);
	out_name(name, name_bytes);
	if (info->type == FILES_TYPE_LINK && files_readlink(shell.files, path, target, sizeof target) == ST_OK) {
		out_text(" -> ");
		out_name(target, strlen(target));
	}
	out_text("\n");
}

static unsigned list_long(const char *directory)
{
	static char path[PATH_BYTES];
	unsigned status = 0;

	for (size_t i = 0; i < gathered.count; i++) {
		const struct name *name = name_at(first_place()[i]);
		struct files_info info;
		enum status st = ST_BAD_ARG;

		path[0] = 0;
		if (path_join(path, directory, name->text, name->bytes))
			st = files_stat(shell.files, path, true, &info);
		if (st == ST_OK)
			show_long(path, name->text, name->bytes, &info);
		else
			status = files_fail("ls", path, st);
	}
	return status;
}

static void list_lines(void)
{
	for (size_t i = 0; i < gathered.count; i++) {
		const struct name *name = name_at(first_place()[i]);

		out_name(name->text, name->bytes);
		out_text("\n");
	}
}

static void show_row(const struct listing_columns *c, const uint16_t widths[], size_t row)
{
	for (size_t column = 0, i = row; column < c->count && i < gathered.count; column++, i += c->rows) {
		const struct name *name = name_at(first_place()[i]);

		out_name(name->text, name->bytes);
		if (i + c->rows < gathered.count)
			out_print("%*s", (int)(c->width[column] - widths[i] + LISTING_GAP), "");
	}
	out_text("\n");
}

static void list_columns(void)
{
	uint16_t *widths = calloc(gathered.count + 1, sizeof *widths);
	struct listing_columns c;

	if (widths == NULL) {
		list_lines();
		return;
	}
	for (size_t i = 0; i < gathered.count; i++) {
		const struct name *name = name_at(first_place()[i]);

		widths[i] = (uint16_t)text_columns(name->text, name->bytes);
	}
	c = listing_fit(widths, gathered.count, EDIT_SCREEN_COLUMNS);
	for (size_t row = 0; row < c.rows; row++)
		show_row(&c, widths, row);
	free(widths);
}

/* ---- the command ---- */

static unsigned list_directory(const char *name, bool in_full)
{
	static char path[PATH_BYTES];
	struct files_channel directory = { 0 };
	enum files_type type;
	uint64_t size_bytes;
	enum status st = ST_NOT_FOUND;

	if (files_path(name) != NULL)
		st = files_open_retrying(strcpy(path, files_path(name)), &directory, &size_bytes, &type);
	if (st == ST_OK)
		st = gather_directory(directory);
	files_close(&directory);
	if (st != ST_OK)
		return files_fail("ls", name, st);
	if (in_full)
		return list_long(path);
	if (out_is_interactive())
		list_columns();
	else
		list_lines();
	return 0;
}

/* Without -l a link stands for what it points to, if that exists. */
static enum status look(const char *name, bool in_full, struct files_info *info)
{
	const char *path = files_path(name);
	enum status st = path == NULL ? ST_NOT_FOUND : files_stat(shell.files, path, in_full, info);

	return st == ST_NOT_FOUND && path != NULL && !in_full ? files_stat(shell.files, path, true, info) : st;
}

/* What is no directory comes first, then the directories, under their names if there are several paths. */
static unsigned list_paths(unsigned count, char *names[], bool in_full)
{
	struct files_info info;
	unsigned status = 0, directories = 0;
	bool shown = false;

	for (unsigned i = 0; i < count; i++) {
		enum status st = look(names[i], in_full, &info);

		if (st != ST_OK) {
			status = files_fail("ls", names[i], st);
			names[i] = NULL;
		} else if (info.type == FILES_TYPE_DIRECTORY) {
			directories++;
		} else {
			if (in_full)
				show_long(files_path(names[i]), names[i], strlen(names[i]), &info);
			else
				out_name(names[i], strlen(names[i])), out_text("\n");
			names[i] = NULL;
			shown = true;
		}
	}
	for (unsigned i = 0; i < count && directories > 0; i++) {
		if (names[i] == NULL)
			continue;
		if (count > 1) {
			out_text(shown ? "\n" : "");
			out_name(names[i], strlen(names[i]));
			out_text(":\n");
		}
		status |= list_directory(names[i], in_full);
		shown = true;
	}
	return status;
}

unsigned builtin_ls(unsigned count, char *words[])
{
	bool in_full = count > 1 && strcmp(words[1], "-l") == 0;
	unsigned first = in_full ? 2 : 1, status;
	char here[] = ".", *only_here[] = { here };
	void *region;

	if (first < count && words[first][0] == '-' && words[first][1] != 0)
		return builtin_usage(words[0]);
	if (!files_are_there(words[0]))
		return STATUS_FAILED;
	if (mem_map(MEM_BUFFER, GATHER_PAGES, &region) != ST_OK) {
		out_error("ls: there is not enough memory");
		return STATUS_FAILED;
	}
	gathered.base = region;
	gathered.places = (uint32_t *)(void *)(gathered.base + GATHER_BYTES);
	if (first < count)
		status = list_paths(count - first, words + first, in_full);
	else
		status = list_paths(1, only_here, in_full);
	(void)mem_unmap(region, GATHER_PAGES);
	return status;
}
