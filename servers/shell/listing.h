/* SPDX-License-Identifier: BSD-2-Clause */
/* How `ls` and `stat` show things. */
#pragma once
#include "contracts/files.h"
#include <stddef.h>

enum { LISTING_MODE_BYTES = 11, LISTING_TIME_BYTES = 48, LISTING_COLUMNS_MAX = 40, LISTING_GAP = 2 };

/* "drwxr-xr-x" */
void listing_mode(char text[LISTING_MODE_BYTES], const struct files_info *info);
/* "2024-05-01 12:34:56", in UTC. */
void listing_time(char text[LISTING_TIME_BYTES], int64_t seconds);

/* Names run down the columns. */
struct listing_columns {
	size_t count, rows;
	size_t width[LISTING_COLUMNS_MAX]; /* of the widest name in each */
};

/* As many columns as the screen's width allows, at least one. */
struct listing_columns listing_fit(const uint16_t name_columns[], size_t n, size_t screen_columns);
