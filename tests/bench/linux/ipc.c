/* SPDX-License-Identifier: BSD-2-Clause */
/* Small messages: a call, and round trips by everything that Linux has for them. */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Four ends: ours to write and read, theirs to read and write; `out` bytes go there and `back` bytes come back. */
struct wires {
	int to_us, from_us, to_them, from_them;
	size_t out, back;
	unsigned rounds;
	char *ours, *theirs;
};

void measure_getpid(const struct bench *self)
{
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		syscall(SYS_getpid);
	report(self, ticks() - begun);
}

static void *answer(void *argument)
{
	const struct wires *wires = argument;
	for (unsigned i = 0; i < wires->rounds; i++) {
		read_all(wires->from_us, wires->theirs, wires->out);
		write_all(wires->to_us, wires->theirs, wires->back);
	}
	return NULL;
}

static void ask(const struct wires *wires, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		write_all(wires->to_them, wires->ours, wires->out);
		read_all(wires->from_them, wires->ours, wires->back);
	}
}

static void round_trips(const struct bench *self, struct wires wires)
{
	size_t most = (wires.out > wires.back ? wires.out : wires.back) + sizeof(uint64_t);
	wires.rounds = WARM_UP + self->ops;
	wires.ours = fresh(most, true);
	wires.theirs = fresh(most, true);
	struct other other = start_other(true, answer, &wires);
	ask(&wires, WARM_UP);
	uint64_t begun = ticks();
	ask(&wires, self->ops);
	report(self, ticks() - begun);
	join_other(other);
	give_back(wires.ours, most);
	give_back(wires.theirs, most);
	close(wires.to_us);
	close(wires.from_us);
	close(wires.to_them);
	close(wires.from_them);
}

static void pipe_round_trips(const struct bench *self, size_t out, size_t back, int capacity)
{
	int there[2], here[2];
	need(pipe(there) == 0 && pipe(here) == 0, "pipe");
	need(!capacity || fcntl(there[1], F_SETPIPE_SZ, capacity) >= capacity, "F_SETPIPE_SZ");
	round_trips(self, (struct wires){ .to_them = there[1],
					  .from_us = there[0],
					  .to_us = here[1],
					  .from_them = here[0],
					  .out = out,
					  .back = back });
}

void measure_pipe(const struct bench *self) { pipe_round_trips(self, 1, 1, 0); }

void measure_bulk_pipe(const struct bench *self) { pipe_round_trips(self, self->bytes, 1, 1 << 20); }

void measure_unix(const struct bench *self)
{
	int ends[2];
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	round_trips(self, (struct wires){ .to_them = ends[0],
					  .from_them = dup(ends[0]),
					  .to_us = ends[1],
					  .from_us = dup(ends[1]),
					  .out = self->bytes,
					  .back = self->bytes });
}

/* The pages are full of ones, so what is written adds something to the counter, and what is read is that. */
void measure_eventfd(const struct bench *self)
{
	int there = eventfd(0, 0), here = eventfd(0, 0);
	need(there >= 0 && here >= 0, "eventfd");
	round_trips(self, (struct wires){ .to_them = there,
					  .from_us = dup(there),
					  .to_us = here,
					  .from_them = dup(here),
					  .out = sizeof(uint64_t),
					  .back = sizeof(uint64_t) });
}

/* Whose turn it is: 0 ours, 1 theirs. */
struct turns {
	_Atomic uint32_t turn;
	int scope; /* FUTEX_PRIVATE_FLAG for threads */
	unsigned rounds;
};

static void pass_turn(struct turns *turns, uint32_t to)
{
	atomic_store(&turns->turn, to);
	syscall(SYS_futex, &turns->turn, FUTEX_WAKE | turns->scope, 1, NULL, NULL, 0);
}

static void await_turn(struct turns *turns, uint32_t mine)
{
	while (atomic_load(&turns->turn) != mine)
		syscall(SYS_futex, &turns->turn, FUTEX_WAIT | turns->scope, 1 - mine, NULL, NULL, 0);
}

static void *take_turns(void *argument)
{
	struct turns *turns = argument;
	for (unsigned i = 0; i < turns->rounds; i++) {
		await_turn(turns, 1);
		pass_turn(turns, 0);
	}
	return NULL;
}

static void futex_rounds(struct turns *turns, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		pass_turn(turns, 1);
		await_turn(turns, 0);
	}
}

void measure_futex(const struct bench *self)
{
	struct turns *turns = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(turns != MAP_FAILED, "mmap");
	turns->scope = self->elsewhere ? 0 : FUTEX_PRIVATE_FLAG;
	turns->rounds = WARM_UP + self->ops;
	struct other other = start_other(self->elsewhere, take_turns, turns);
	futex_rounds(turns, WARM_UP);
	uint64_t begun = ticks();
	futex_rounds(turns, self->ops);
	report(self, ticks() - begun);
	join_other(other);
	give_back(turns, PAGE_BYTES);
}

struct queues {
	mqd_t there, here;
	unsigned rounds;
	size_t bytes;
	char *message;
};

static void *answer_queue(void *argument)
{
	const struct queues *queues = argument;
	for (unsigned i = 0; i < queues->rounds; i++) {
		need(mq_receive(queues->there, queues->message, queues->bytes, NULL) >= 0, "mq_receive");
		need(mq_send(queues->here, queues->message, queues->bytes, 0) == 0, "mq_send");
	}
	return NULL;
}

static void ask_queue(const struct queues *queues, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		need(mq_send(queues->there, queues->message, queues->bytes, 0) == 0, "mq_send");
		need(mq_receive(queues->here, queues->message, queues->bytes, NULL) >= 0, "mq_receive");
	}
}

static mqd_t open_queue(const char *name, size_t bytes)
{
	struct mq_attr attributes = { .mq_maxmsg = 1, .mq_msgsize = (long)bytes };
	mqd_t queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
	need(queue >= 0 && mq_unlink(name) == 0, "mq_open");
	return queue;
}

void measure_mq(const struct bench *self)
{
	struct queues queues = { .there = open_queue("/there", self->bytes),
				 .here = open_queue("/here", self->bytes),
				 .rounds = WARM_UP + self->ops,
				 .bytes = self->bytes };
	queues.message = fresh(PAGE_BYTES, true);
	struct other other = start_other(true, answer_queue, &queues);
	ask_queue(&queues, WARM_UP);
	uint64_t begun = ticks();
	ask_queue(&queues, self->ops);
	report(self, ticks() - begun);
	join_other(other);
	give_back(queues.message, PAGE_BYTES);
	mq_close(queues.there);
	mq_close(queues.here);
}
