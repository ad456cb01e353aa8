/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that only this build and Signet have, each its own way. */
#pragma once
#include "tests/bench/rows.h"

struct row_list own_rows(void);
