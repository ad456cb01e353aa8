/* SPDX-License-Identifier: BSD-2-Clause */
/* See listing.h. */
#include "servers/shell/listing.h"
#include <stdbool.h>
#include <stdio.h>

enum { SET_UID = 04000, SET_GID = 02000, STICKY = 01000 };
enum { DAY_SECONDS = 86400, DAYS_400_YEARS = 146097, DAYS_0000_TO_1970 = 719468 };

static char type_letter(uint32_t type)
{
	switch (type) {
	case FILES_TYPE_FILE:
		return '-';
	case FILES_TYPE_DIRECTORY:
		return 'd';
	case FILES_TYPE_LINK:
		return 'l';
	default:
		return '?';
	}
}

/* The execute bit and the special bit share a place. */
static void show_special(char *at, bool special, char letter)
{
	if (special)
		*at = *at == 'x' ? letter : (char)(letter - 'a' + 'A');
}

void listing_mode(char text[LISTING_MODE_BYTES], const struct files_info *info)
{
	text[0] = type_letter(info->type);
	for (unsigned i = 0; i < 9; i++)
		text[1 + i] = info->mode >> (8 - i) & 1 ? "rwx"[i % 3] : '-';
	show_special(&text[3], info->mode & SET_UID, 's');
	show_special(&text[6], info->mode & SET_GID, 's');
	show_special(&text[9], info->mode & STICKY, 't');
	text[10] = 0;
}

/* The Gregorian calendar, with years that begin in March so that the leap day is a year's last. */
void listing_time(char text[LISTING_TIME_BYTES], int64_t seconds)
{
	int64_t rest = seconds % DAY_SECONDS, of_day = rest < 0 ? rest + DAY_SECONDS : rest;
	int64_t days = seconds / DAY_SECONDS - (rest < 0);
	int64_t from_0000 = days + DAYS_0000_TO_1970;
	int64_t era = from_0000 / DAYS_400_YEARS - (from_0000 % DAYS_400_YEARS < 0);
	int64_t day = from_0000 - era * DAYS_400_YEARS; /* of the 400 years */
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0 is March */
	int64_t of_month = of_year - (153 * month + 2) / 5 + 1;

	year += era * 400 + (month >= 10);
	month += month < 10 ? 3 : -9;
	snprintf(text, LISTING_TIME_BYTES, "%04ld-%02d-%02d %02d:%02d:%02d", (long)year, (int)month, (int)of_month,
		 (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

/* Whether that many columns fit, and how wide they are. */
static bool try_columns(struct listing_columns *c, const uint16_t name_columns[], size_t n, size_t screen_columns)
{
	size_t total = 0;

	for (size_t column = 0; column < c->count; column++) {
		c->width[column] = 0;
		for (size_t i = column * c->rows; i < n && i < (column + 1) * c->rows; i++)
			if (name_columns[i] > c->width[column])
				c->width[column] = name_columns[i];
		total += c->width[column] + (column > 0 ? LISTING_GAP : 0);
	}
	return total <= screen_columns;
}

struct listing_columns listing_fit(const uint16_t name_columns[], size_t n, size_t screen_columns)
{
	struct listing_columns c = { .count = 1, .rows = n };

	for (size_t most = n < LISTING_COLUMNS_MAX ? n : LISTING_COLUMNS_MAX; most > 0; most = c.count - 1) {
		c.rows = (n + most - 1) / most;
		c.count = c.rows == 0 ? 1 : (n + c.rows - 1) / c.rows; /* no column is left empty */
		if (try_columns(&c, name_columns, n, screen_columns))
			break;
	}
	return c;
}
