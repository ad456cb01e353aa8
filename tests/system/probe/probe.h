/* SPDX-License-Identifier: BSD-2-Clause */
/* Probes that are in a file of their own. */
#pragma once

void probe_seal_vectors(void);
void probe_seal_residue(void);
void probe_seal_panic(void);
void probe_seal_figures(void);
