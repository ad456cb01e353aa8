/* SPDX-License-Identifier: BSD-2-Clause */
/* See ipc.h. The calls that carry messages are in stubs.asm. */
#include "libsys/ipc.h"

enum status ipc_notify(handle_t channel, uint64_t bits)
{
	uint64_t a[6] = { channel, 0, bits };

	return (enum status)system_call(SYS_ipc_notify, a);
}

enum status ipc_notify_client(handle_t port, uint32_t channel, uint64_t bits)
{
	uint64_t a[6] = { port, channel, bits };

	return (enum status)system_call(SYS_ipc_notify, a);
}
