/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmark asks the driver, in the first word. */
#pragma once

enum {
	IRQ_ARM = 1,  /* have an interrupt come soon; answers 1, or 0 if there is no UART */
	IRQ_TELL = 2, /* answers the time-stamp counter at which the driver had it, 0 if it has not come */
};
