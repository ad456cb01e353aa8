/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs: started by the supervisor, waited for now or, in the background, later. */
#pragma once
#include <stdbool.h>

/* The exit status: the program's, 126 or 127 if it could not be started, 0 once it is in the background. */
unsigned jobs_run(unsigned count, char *words[], bool background);
