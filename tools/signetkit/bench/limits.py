# SPDX-License-Identifier: BSD-2-Clause
"""The most that a row of Signet's own may cost. docs/bench-format.md shows these numbers, and a test that it does."""

# Instructions of one operation, the users' loops and stubs included.
INSTRUCTIONS = {
    "null_call": 50,
    "ipc_rt_0w": 220,
    "ipc_rt_6w": 240,
    "ipc_rt_copy_64": 420,
    "ipc_rt_copy_512": 620,
    "notify_pingpong": 500,
    "mem_map_unmap_4k": 350,
    "minor_fault": 950,
    "flip_4k": 420,
    "flip_4m_aligned": 700,
    "thread_life": 2_000,
    "process_life": 14_000,
    "irq_off_max": 20_000,
}
# More than another row: what the stubs of a contract add to a message by hand, both sides together.
BESIDE = {"ipc_rt_stubs": ("ipc_rt_6w", 12)}
# Bytes copied each way cost what more of them cost from the first of these rows to the second: from no size to the next so many times that, at most.
COPIES, EVEN, STEP = "ipc_rt_copy_", (2048, 4096), 1.3
# Of the instructions, in ring 0.
KERNEL_INSTRUCTIONS = {"ipc_rt_0w": 200}
# Expensive events of one operation; those with a + between them count together.
EVENTS = {"ipc_rt_0w": {"cr3": 2, "sysret+iretq": 2}}
GUARD_PERCENT = 2  # a counted row may grow by so much before the guard fails
# Of Linux' instructions for a page moved, as `signet bench swap` counts them: with the seal, and without.
_IN_ORDER, _AT_RANDOM, _UNSEALED = 1.6, 1.15, 0.4
SWAP = {
    "swap_first_write": (_IN_ORDER, _UNSEALED),
    "swap_rewrite": (_IN_ORDER, _UNSEALED),
    "swap_read": (_IN_ORDER, _UNSEALED),
    "swap_random_write": (_AT_RANDOM, _UNSEALED),
    "swap_random_read": (_AT_RANDOM, _UNSEALED),
    "swap_read_single": (_IN_ORDER, _UNSEALED),
}
# Instructions, as `signet bench paging` counts them.
PAGING = {
    "page_in_total": 17_500,
    "page_in_without_crypto": 2_500,
    "seal_open": 28_000,
    "evict_clock": 300,
}
