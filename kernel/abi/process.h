/* SPDX-License-Identifier: BSD-2-Clause */
/* process_create's parameters, and what process_status tells. */
#pragma once
#include "kernel/abi/image.h"

enum {
	PROCESS_HANDLES_MAX = 32, /* handles moved to a new process */
	PROCESS_CLAIMS_MAX = 8,   /* devices claimed for it */
	PROCESS_START_BYTES_MAX = 65536,
};

/* What a device claim names. Two claims never share a device, port or interrupt. */
enum device_kind {
	DEVICE_NONE = 0,
	DEVICE_PCI = 1,   /* one PCI function, its memory ranges and its interrupt */
	DEVICE_PORTS = 2, /* a range of I/O ports and one ISA interrupt */
};

enum { DEVICE_ANYWHERE = 0xffff };

struct device_claim {
	uint16_t kind;
	uint16_t vendor, device; /* PCI: must match */
	uint16_t address;     /* PCI: bus 8, device 5, function 3 bits; or DEVICE_ANYWHERE: the next unclaimed match */
	uint16_t port, ports; /* PORTS: first and count */
	uint16_t irq;         /* PORTS: ISA line 0 to 15 */
	uint16_t unused;
};

/*
 * The child's handles are, in this order from INITIAL_HANDLE(0): its port, if its manifest says that it serves; a
 * channel for each of the manifest's uses; for each claim its device and its irq. An optional use may be missing
 * (handle 0): its place stays empty, and its number never names anything.
 */
#define INITIAL_HANDLE(i) ((handle_t)(0x100u | ((unsigned)(i) + 1)))

struct process_params {
	char image[IMAGE_NAME_BYTES]; /* its name in the system image */
	char name[IMAGE_NAME_BYTES];  /* of the process, for people */
	uint32_t rank;                /* it may call servers of lower rank only; or RANK_BELOW */
	uint32_t handle_count;
	uint32_t claim_count;
	uint32_t start_bytes;
	uaddr_t start;         /* start information, copied to LAYOUT_START_BASE */
	handle_t watch_port;   /* a port of the caller that is told when the child's state changes, or 0 */
	uint32_t priority_cap; /* the child's priority is the lesser of this and its manifest's */
	uint64_t watch_badge;
	handle_t handles[PROCESS_HANDLES_MAX]; /* as the manifest says: a port, uses */
	struct device_claim claims[PROCESS_CLAIMS_MAX];
};

enum process_state {
	PROCESS_RUNNING = 0,
	PROCESS_ENDING = 1, /* it has ended, but a call it made or a device it had is not yet quiet */
	PROCESS_GONE = 2,   /* nothing of it is left but this record */
};

/* Who made a call that is held, to the server that holds it. The kernel's own calls: program "kernel", hash 0. */
struct ipc_peer {
	char program[IMAGE_NAME_BYTES]; /* its image's name in the system image */
	char process[IMAGE_NAME_BYTES];
	uint8_t hash[IMAGE_HASH_BYTES]; /* of the image: struct system_image_entry */
};
_Static_assert(sizeof(struct ipc_peer) == 96, "ABI");

/* What the threads of a process are doing; for people. */
enum process_activity {
	ACTIVITY_RUNNING = 0, /* one runs or is ready */
	ACTIVITY_CALLING = 1, /* all wait, one for a reply */
	ACTIVITY_WAITING = 2, /* all wait for a message */
	ACTIVITY_PAGING = 3,  /* all wait, one for a page or for memory */
};

struct process_status {
	uint32_t state;
	uint32_t activity;
	uint32_t fault; /* enum fault; valid once it has ended */
	uint32_t exit_code;
	uint32_t fault_call; /* the call it made, when the fault is of a call; else ~0 */
	uint32_t priority;
	uint64_t fault_address; /* the address or value that the fault is about */
	uint64_t fault_pc;
	uint32_t resident_pages;
	uint32_t swapped_pages;
	uint32_t pinned_pages; /* of the resident: may not be paged now */
	uint32_t table_pages;
	uint32_t kernel_bytes;
	uint32_t pages_in, pages_out; /* since it started; out: written */
	uint32_t threads;
	uint32_t stored_pages; /* of the resident: their slots in swap still have them, and count against its quota */
	uint32_t minor_faults, major_faults; /* since it started: pages made; waits for pages that had to come in */
	uint32_t pages_ahead;                /* of pages_in: before anybody asked for them */
	/* The whole machine; the same in every answer. */
	uint64_t ram_pages, free_pages, swap_pages, swap_used_pages;
	uint64_t low_mark_pages,
		high_mark_pages; /* of free pages: paging out begins below the one, ends at the other */
	/* Pages, since boot. dropped: gone without being written; unopened: lost, for their seal did not open. */
	uint64_t all_in, all_out, all_dropped, all_ahead, all_ahead_used, all_unopened;
};
