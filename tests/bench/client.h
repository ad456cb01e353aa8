/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark's client: the rows that any transport can have. */
#pragma once
#include "tests/bench/rows.h"

struct row_list client_rows(void);
