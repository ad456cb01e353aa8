/* SPDX-License-Identifier: BSD-2-Clause */
/* See ipc.h. The calls that carry messages are in stubs.asm. */
#include "libsys/ipc.h"
#include "libsys/stubs.h"

enum status ipc_notify(handle_t channel, uint64_t bits) { return sys_ipc_notify(channel, 0, bits, NULL); }

enum status ipc_notify_client(handle_t port, uint32_t channel, uint64_t bits)
{
	return sys_ipc_notify(port, channel, bits, NULL);
}

enum status ipc_peer(uint64_t token, struct ipc_peer *peer)
{
	return sys_ipc_peer(token, (uaddr_t)(uintptr_t)peer, NULL);
}
