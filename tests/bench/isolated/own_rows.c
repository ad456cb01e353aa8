/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of tests/bench/signet/bench that mean something where there is one address space: memory, lives, a call of the system. */
#include "tests/bench/isolated/own_rows.h"
#include "tests/bench/isolated/lives.h"

enum { PROGRAM_BYTES = 16384 };

static struct thread *waiting;
static uint64_t threads_left;

/* ---- a call of the system itself: it is trusted, so nobody has to note who runs ---- */

static uint64_t clock_now(void) { return ticks(); }
static uint64_t (*const volatile system_clock_now)(void) = clock_now;

static uint64_t run_null(const struct row *row, uint64_t ops)
{
	uint64_t t = measure_begin(), now = 0;

	(void)row;
	for (uint64_t i = 0; i < ops; i++)
		now = system_clock_now();
	t = measure_end(t);
	must(now != 0, "no time was told");
	return t;
}

static uint64_t run_memory(const struct row *row, uint64_t ops)
{
	void *other = page_alloc(&server_domain);
	uint64_t t;

	(void)row;
	must(other != NULL && !page_free(other), "another domain's memory can be freed");
	domain_current = &server_domain;
	must(page_free(other), "memory cannot be freed");
	domain_current = &client_domain;
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++) {
		volatile char *page = page_alloc(domain_current);

		must(page != NULL, "no memory");
		*page = 1;
		must(page_free((void *)page), "memory cannot be freed");
	}
	return measure_end(t);
}

/* ---- threads: each makes the next, and exits ---- */

static void live(uint64_t unused)
{
	(void)unused;
	if (threads_left-- > 0)
		must(thread_start(domain_current, live, 0), "no thread");
	else
		thread_ready(waiting);
}

static uint64_t run_thread_life(const struct row *row, uint64_t ops)
{
	uint64_t t;

	(void)row;
	threads_left = ops - 1;
	waiting = thread_self();
	t = measure_begin();
	must(thread_start(&client_domain, live, 0), "no thread");
	thread_wait();
	return measure_end(t);
}

/* ---- domains: made, its thread's first call to its maker, ended ---- */

static uint64_t heard;

/* Of the client's, called by its children: they wait for the answer, which never comes. */
static void hear(uint64_t word)
{
	heard += word;
	thread_ready(waiting);
	thread_wait();
}

static void (*const volatile client_entry)(uint64_t) = hear;

static void child(uint64_t word)
{
	struct domain *from = domain_current;

	must(client_domain.lives, "the maker is gone");
	domain_current = &client_domain;
	client_entry(word);
	domain_current = from;
}

static uint64_t run_domain_life(const struct row *row, uint64_t ops)
{
	static const uint8_t program[PROGRAM_BYTES] = { 1 };
	uint64_t t;

	(void)row;
	waiting = thread_self();
	heard = 0;
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++) {
		struct domain *d = domain_create(program, sizeof program, child, 1);

		must(d != NULL, "no domain");
		thread_wait();
		domain_stop(d);
	}
	t = measure_end(t);
	must(heard == ops, "a domain was not heard of");
	return t;
}

static const struct row rows[] = {
	{ "null_call", run_null, 0, 1000, 0 },
	{ "map_touch_unmap_4k", run_memory, 0, 200, 0 },
	{ "thread_life", run_thread_life, 0, 200, 0 },
	{ "process_life", run_domain_life, 0, 16, 0 },
};

struct row_list own_rows(void) { return ROW_LIST(rows); }
