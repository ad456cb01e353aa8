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
# Of the instructions, in ring 0.
KERNEL_INSTRUCTIONS = {"ipc_rt_0w": 200}
# Expensive events of one operation; those with a + between them count together.
EVENTS = {"ipc_rt_0w": {"cr3": 2, "sysret+iretq": 2}}
GUARD_PERCENT = 2  # a counted row may grow by so much before the guard fails
