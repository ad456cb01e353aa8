/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens while values are held: neither touches a register that a program of integers does not use. */
#pragma once

void call_pong(void);
void run_for_a_while(void);
