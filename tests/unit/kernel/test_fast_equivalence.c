/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast ways into the kernel are faster, and else not to be told from the slow way: the same random life is lived
 * twice, with host_fast and without, and after each step the two worlds read the same (world_text.h).
 *
 * One difference is meant: the fast path hands the CPU straight to the other side, the slow one puts it behind others
 * that are as urgent. So in the second life whoever ran then in the first one runs, if he is ready and
 * as urgent as whom the scheduler chose. What a turn is worth is not compared: no turn ends here.
 */
#include "tests/unit/kernel/random_life.h"
#include "tests/unit/kernel/world_text.h"
#include <stdlib.h>
#include <string.h>

enum {
	STEPS = 1500,
	SEEDS = 16,
	PAGES_EVERY = 10,
	CHECK_EVERY = 50,
	SHOWN = 12,
	LEAST_FAST_PERCENT = 20,
	LEAST_KNOWN_PERCENT = 3,
	LEAST_ACROSS_PERCENT = 1
};

/* What happened in the first life, step by step. */
static struct {
	char what[LIFE_WHAT_BYTES];
	char *world;
	char runner[16];
} first_life[STEPS];

static unsigned now_step;

/* A message is taken out of its sender's registers: what they hold while it waits for the other side, and after a failure, is void. */
static void void_registers(struct thread *t)
{
	const struct call *c = &t->call;
	bool again = t->state == THREAD_SERVED && (c->message.tag & TAG_IDEMPOTENT) && c->kept == c->token;

	if ((t->state != THREAD_SERVED && t->state != THREAD_RECEIVING) || again)
		return;
	memset(t->context.word, 0, sizeof t->context.word);
	memset(t->context.arg, 0, sizeof t->context.arg);
}

static void void_all_registers(void)
{
	list_for_each(node, process_all())
		list_for_each(n, &container_of(node, struct process, link)->threads)
			void_registers(container_of(n, struct thread, of_process));
}

/* ---- both lives ---- */

static void write_runner(char *text, size_t bytes)
{
	FILE *to = fmemopen(text, bytes, "w");

	thread_write(to, this_cpu()->running);
	assert_int_equal(fclose(to), 0);
}

static char *read_world(unsigned n)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	world_write(to, n % PAGES_EVERY == 0);
	assert_int_equal(fclose(to), 0);
	return text;
}

/* The one difference that is meant. */
static void hand_over(const char *runner)
{
	const struct thread *chosen = this_cpu()->running;
	unsigned process, number;

	if (sscanf(runner, "%u.%u", &process, &number) != 2 || chosen == NULL)
		return;
	list_for_each(node, process_all())
		list_for_each(n, &container_of(node, struct process, link)->threads) {
			struct thread *t = container_of(n, struct thread, of_process);

			if (t->process->index == process && t->number == number && t->state == THREAD_READY &&
			    t->priority == chosen->priority)
				world_make_running(t);
		}
}

static void show_difference(const char *a, const char *b)
{
	for (unsigned n = now_step < SHOWN ? 0 : now_step - SHOWN; n <= now_step; n++)
		print_error("  %u: %s\n", n, first_life[n].what);
	while (*a != 0 && *b != 0) {
		int bytes_a = (int)strcspn(a, "\n"), bytes_b = (int)strcspn(b, "\n");

		if (bytes_a != bytes_b || strncmp(a, b, (size_t)bytes_a) != 0)
			print_error("fast: %.*s\nslow: %.*s\n", bytes_a, a, bytes_b, b);
		a += bytes_a + (a[bytes_a] != 0);
		b += bytes_b + (b[bytes_b] != 0);
	}
}

static void compare(unsigned seed)
{
	char *world;

	hand_over(first_life[now_step].runner);
	world = read_world(now_step);
	if (strcmp(life_what, first_life[now_step].what) != 0 || strcmp(world, first_life[now_step].world) != 0) {
		print_error("seed %u, step %u, here: %s\n", seed, now_step, life_what);
		show_difference(first_life[now_step].world, world);
		fail_msg("the fast path is not the slow one");
	}
	free(world);
	free(first_life[now_step].world);
}

static void record(void)
{
	memcpy(first_life[now_step].what, life_what, sizeof life_what);
	first_life[now_step].world = read_world(now_step);
	write_runner(first_life[now_step].runner, sizeof first_life[now_step].runner);
}

static void live(unsigned seed, bool fast)
{
	host_fast = fast;
	host_vector_lazy = seed % 4 != 0;
	life_begin(seed);
	for (now_step = 0; now_step < STEPS; now_step++) {
		life_step();
		void_all_registers();
		if (fast)
			record();
		else
			compare(seed);
		if (now_step % CHECK_EVERY == 0)
			world_check();
	}
}

static void the_same_life_by_the_fast_and_by_the_slow_path_is_the_same(void **state)
{
	unsigned straight;

	(void)state;
	life_calls = life_known = life_across = host_answers = host_straight = 0;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		live(seed, true);
		straight = host_answers + host_straight;
		live(seed, false);
		assert_int_equal(host_answers + host_straight, straight);
	}
	host_vector_lazy = true;
	print_message(
		"seeds 1 to %u: %u of %u calls took a fast way, %u of them with bytes in known pages, %u of these "
		"across two; %u went straight back\n",
		SEEDS, host_answers, life_calls / 2, life_known, life_across, host_straight);
	assert_true(host_answers * 2 * 100 > life_calls * LEAST_FAST_PERCENT);
	assert_true(life_known * 2 * 100 > life_calls * LEAST_KNOWN_PERCENT);
	assert_true(life_across * 2 * 100 > life_calls * LEAST_ACROSS_PERCENT);
	assert_true(host_straight * 2 * 100 > life_calls * LEAST_FAST_PERCENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_life_by_the_fast_and_by_the_slow_path_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
