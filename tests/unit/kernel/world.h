/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel world for tests: hal/host below, a booted kernel, processes made by
 * the real supervisor through real calls. A test plays the programs: `ask` makes
 * a call as a thread, `user_*` are its loads and stores.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "hal/host/host.h"
#include "kernel/abi/syscall.h"
#include "kernel/core/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/ipc/channel.h"
#include "kernel/mm/slot.h"
#include "kernel/task/process.h"
#include "kernel/task/sched.h"
#include "tests/unit/kernel/images.h"

enum { WORLD_RAM_BYTES = 8 << 20 };

/* ---- asserting ---- */

#define assert_ok(status)               assert_int_equal(status, ST_OK)
#define assert_status(status, expected) assert_int_equal(status, ST_##expected)
/* The statement ends in a panic that says `text`. */
#define assert_panics(statement, text)                                                                                 \
	do {                                                                                                           \
		if (setjmp(*host_arm()) == 0) {                                                                        \
			statement;                                                                                     \
			host_disarm();                                                                                 \
			fail_msg("no panic: " #statement);                                                             \
		}                                                                                                      \
		world_assert_panicked(text);                                                                           \
	} while (0)
void world_assert_panicked(const char *text);

/* ---- a machine with memory but without processes ---- */

void machine_start(uint64_t ram_bytes);
/* Takes frames until the class has none left; gives them back. */
void machine_exhaust(enum frame_class class);
void machine_leave_frames(uint64_t n, enum frame_class class); /* the same, but n are left */
void machine_relent(void);

/* ---- a booted world ---- */

extern struct process *supervisor;
extern struct thread *sup;              /* its first thread */
extern struct system_image world_image; /* made by world_prepare, may be changed before world_boot */

void world_start(void); /* prepare and boot: the supervisor runs */
void world_prepare(uint64_t ram_bytes);
enum host_exit world_boot(void);
/* The same for cmocka: world_start before a test, world_check after it. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* Made by the supervisor, with a manifest that names what it is given. NULL: world_status says why. */
struct process *world_create(const struct process_params *params);
struct process *world_create_by_manifest(const struct process_params *params); /* the manifest stays as it is */
/* Makes the image's manifest name exactly what its maker would give. */
void world_fit_manifest(const struct process *maker, const struct process_params *params);
struct manifest *world_manifest(const char *image);            /* as the kernel will read it */
struct process *world_spawn(const char *image, uint32_t rank); /* asserts that it can */
extern enum status world_status;
struct process_params world_params(const char *image, uint32_t rank);
handle_t world_handle_of(const struct process *child); /* the supervisor's */
void world_stop(struct process *child);                /* stopped and its handle closed: nothing is left */
struct thread *first_thread(const struct process *p);
struct thread *second_thread(struct process *p); /* made by a call */

/* A client of rank 20 that may call a server of rank 10. */
struct pair {
	struct process *client, *server;
	struct thread *c, *s;
	handle_t channel, port; /* the client's, the server's */
	handle_t made_port;     /* the supervisor's end of the port */
};
struct pair world_pair(const char *client_image, const char *server_image);
enum { PAIR_BADGE = 0xbadbe };

uint32_t world_slot(void); /* one in LEAVING; SLOT_NONE: there is none */

/* ---- playing a thread ---- */

/* Makes a call. The status; PARKED: it waits; ENDED: the thread is no more. Results are in t->context. */
#define ask(t, call, ...) world_ask(t, SYS_##call, (uint64_t[6]){ __VA_ARGS__ })
enum status world_ask(struct thread *t, uint64_t nr, const uint64_t args[6]);
/* A call that was to start again starts again. */
enum status world_go_on(struct thread *t);
/* It is the one that runs, whatever the scheduler would say. */
void world_make_running(struct thread *t);
bool is_alive(const struct thread *t);
bool is_blocked(const struct thread *t);

/* False: the thread has ended or waits. */
bool user_write(struct thread *t, uint64_t va, const void *from, size_t bytes);
bool user_read(struct thread *t, uint64_t va, void *to, size_t bytes);
bool user_fetch(struct thread *t, uint64_t va);
bool user_put(struct thread *t, uint64_t va, uint64_t value);
uint64_t user_get(struct thread *t, uint64_t va); /* asserts that it can */
/* Where struct ipc_buffers lies, written there. */
uint64_t user_post(struct thread *t, struct ipc_buffers b);
uint64_t user_map(struct thread *t, enum mem_kind kind, uint64_t pages); /* asserts that it can */

/* ---- the truth ---- */

/* Walks everything and asserts that it fits together: I-STATE, I-PAY, I-CODE, L1TF. */
void world_check(void);
void world_check_space(struct aspace *as);             /* what concerns one address space */
struct frame *world_victim(const struct aspace *only); /* what the clock takes next; NULL: nothing */

struct balance {
	uint64_t free, kinds[FRAME_KINDS], promised;
	uint32_t slots_used, processes, supervisor_bytes;
};
struct balance world_balance(void);
void assert_balanced(struct balance before, struct balance after);
