/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See client.h. A loop of a row does nothing that its transport does not need; what came back is checked after it, as
 * far as each answer builds on the one before.
 */
#include "tests/bench/client.h"
#include "transport_impl.h"

enum { PAGE = 4096, KIB = 1024, MIB = 1024 * KIB, BYTES_MAX = 64 * KIB };
enum { HOME_BYTES = 64 * MIB, BATCH_BYTES_MAX = HOME_BYTES, BATCH_PAGES = 256 };

/* ---- words ---- */

/* The words of one answer are those of the next call: the server adds 1 to each, every time. */
BENCH_INLINE uint64_t words_n(uint64_t ops, unsigned n)
{
	struct words m = { 0 };
	uint64_t t;

	transport_expect(EXPECT_WORDS, n);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		transport_words(&m, n);
	t = measure_end(t);
	for (unsigned i = 0; i < n; i++)
		must(transport_word(&m, i) == ops, "words did not come back as they must");
	return t;
}

static uint64_t run_words(const struct row *row, uint64_t ops)
{
	switch (row->size) {
	case 0:
		return words_n(ops, 0);
	case 1:
		return words_n(ops, 1);
	case 2:
		return words_n(ops, 2);
	case 3:
		return words_n(ops, 3);
	case 4:
		return words_n(ops, 4);
	case 5:
		return words_n(ops, 5);
	default:
		return words_n(ops, 6);
	}
}

/* Both sides use a vector register between any two messages: its content has to be there. */
static uint64_t run_vectors(const struct row *row, uint64_t ops)
{
	static const uint64_t one[2] __attribute__((aligned(16))) = { 1, 3 };
	uint64_t sums[2] __attribute__((aligned(16)));
	uint64_t t;

	(void)row;
	transport_expect(EXPECT_VECTORS, 0);
	__asm__ volatile("pxor %%xmm9, %%xmm9\n\tmovdqa %0, %%xmm8" : : "m"(one)); /* the compiler uses none */
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++) {
		__asm__ volatile("paddq %xmm8, %xmm9");
		transport_vectors();
	}
	t = measure_end(t);
	__asm__ volatile("movdqa %%xmm9, %0" : "=m"(sums));
	must(sums[0] == ops && sums[1] == 3 * ops, "vector state was lost");
	return t;
}

/* ---- bytes ---- */

static uint8_t sent[BYTES_MAX] __attribute__((aligned(4096))), received[BYTES_MAX] __attribute__((aligned(4096)));

static void fill_bytes(void)
{
	for (size_t i = 0; i < BYTES_MAX; i++) {
		sent[i] = (uint8_t)(i * 7);
		received[i] = 0;
	}
}

static uint64_t run_bytes(const struct row *row, uint64_t ops)
{
	const uint64_t size = row->size;
	uint64_t t;

	fill_bytes();
	transport_expect(EXPECT_BYTES, size);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		transport_bytes(sent, received, size);
	t = measure_end(t);
	must(*(uint64_t *)received == *(uint64_t *)sent + 1, "bytes did not come back as they must");
	for (size_t i = sizeof(uint64_t); i < BYTES_MAX; i++)
		must(received[i] == (i < row->size ? sent[i] : 0), "bytes did not come back as they must");
	return t;
}

static uint64_t run_take(const struct row *row, uint64_t ops)
{
	uint64_t t;

	transport_expect(EXPECT_TAKE, row->size);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		transport_take(sent, row->size);
	return measure_end(t);
}

/* ---- memory that changes hands ---- */

static char *home;

static void have_home(void)
{
	if (home != NULL)
		return;
	home = transport_home(HOME_BYTES);
	for (size_t at = 0; at < HOME_BYTES; at += PAGE)
		*(volatile uint64_t *)(home + at) = at;
}

static void check_home(size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE)
		must(*(volatile uint64_t *)(home + at) == at, "memory did not come back as it must");
}

/* One after the other, until a batch is there; then all come back at once, unmeasured. */
static uint64_t run_give(const struct row *row, uint64_t ops)
{
	const uint64_t size = row->size;
	uint64_t per_batch = (size == PAGE ? BATCH_PAGES * PAGE : BATCH_BYTES_MAX) / size, sum = 0;

	have_home();
	while (ops > 0) {
		uint64_t n = ops < per_batch ? ops : per_batch, t;
		char *at = home, *end = home + n * size;

		transport_expect(EXPECT_GIVE, size);
		t = measure_begin();
		for (; at != end; at += size)
			transport_give(at, size);
		sum += measure_end(t);
		transport_give_back(home, n * size);
		ops -= n;
	}
	check_home(HOME_BYTES);
	return sum;
}

/* The server changes the first word each time. */
static uint64_t run_there_and_back(const struct row *row, uint64_t ops, enum transport_mode mode)
{
	uint64_t t;

	have_home();
	transport_expect(mode, row->size);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		if (mode == EXPECT_FLIP)
			transport_flip(home, row->size);
		else
			transport_lend(home, row->size);
	t = measure_end(t);
	must(*(uint64_t *)home == ops, "memory did not come back as it must");
	*(uint64_t *)home = 0;
	check_home(row->size);
	return t;
}

static uint64_t run_flip(const struct row *row, uint64_t ops) { return run_there_and_back(row, ops, EXPECT_FLIP); }
static uint64_t run_lend(const struct row *row, uint64_t ops) { return run_there_and_back(row, ops, EXPECT_LEND); }

/* ---- the rest ---- */

#ifdef TRANSPORT_HAS_ENDS
static uint64_t run_end(const struct row *row, uint64_t ops)
{
	uint64_t t;

	(void)row;
	transport_expect(EXPECT_END, 0);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		transport_end();
	return measure_end(t);
}
#endif

static uint64_t run_notify(const struct row *row, uint64_t ops)
{
	uint64_t t;

	(void)row;
	transport_expect(EXPECT_NOTIFY, 0);
	t = measure_begin();
	for (uint64_t i = 0; i < ops; i++)
		transport_notify();
	return measure_end(t);
}

static const struct row rows[] = {
	{ "ipc_rt_0w", run_words, 0, 1000, 0 },
	{ "ipc_rt_1w", run_words, 1, 1000, 8 },
	{ "ipc_rt_2w", run_words, 2, 1000, 16 },
	{ "ipc_rt_3w", run_words, 3, 1000, 24 },
	{ "ipc_rt_4w", run_words, 4, 1000, 32 },
	{ "ipc_rt_5w", run_words, 5, 1000, 40 },
	{ "ipc_rt_6w", run_words, 6, 1000, 48 },
	{ "ipc_rt_0w_vec", run_vectors, 0, 1000, 0 },
	{ "ipc_rt_copy_8", run_bytes, 8, 500, 8 },
	{ "ipc_rt_copy_32", run_bytes, 32, 500, 32 },
	{ "ipc_rt_copy_64", run_bytes, 64, 500, 64 },
	{ "ipc_rt_copy_128", run_bytes, 128, 500, 128 },
	{ "ipc_rt_copy_256", run_bytes, 256, 500, 256 },
	{ "ipc_rt_copy_512", run_bytes, 512, 500, 512 },
	{ "ipc_rt_copy_1024", run_bytes, 1024, 500, 1024 },
	{ "ipc_rt_copy_2048", run_bytes, 2048, 200, 2048 },
	{ "ipc_rt_copy_4096", run_bytes, 4096, 200, 4096 },
	{ "ipc_rt_copy_8192", run_bytes, 8192, 100, 8192 },
	{ "ipc_rt_copy_16384", run_bytes, 16384, 100, 16384 },
	{ "ipc_rt_copy_32768", run_bytes, 32768, 50, 32768 },
	{ "ipc_rt_copy_65536", run_bytes, 65536, 50, 65536 },
	{ "bulk_bytes_per_1000_instructions", run_take, BYTES_MAX, 50, BYTES_MAX },
	{ "flip_4k", run_give, PAGE, 1024, PAGE },
	{ "flip_4m_aligned", run_give, 4 * MIB, 32, 4 * MIB },
	{ "flip_rt_4k", run_flip, PAGE, 500, PAGE },
	{ "flip_rt_64k", run_flip, 64 * KIB, 100, 64 * KIB },
	{ "flip_rt_2m", run_flip, 2 * MIB, 20, 2 * MIB },
	{ "flip_rt_4m", run_flip, 4 * MIB, 20, 4 * MIB },
	{ "flip_rt_16m", run_flip, 16 * MIB, 8, 16 * MIB },
	{ "flip_rt_64m", run_flip, 64 * MIB, 4, 64 * MIB },
	{ "lend_rt_4k", run_lend, PAGE, 500, PAGE },
	{ "lend_rt_64k", run_lend, 64 * KIB, 100, 64 * KIB },
	{ "lend_rt_2m", run_lend, 2 * MIB, 20, 2 * MIB },
#ifdef TRANSPORT_HAS_ENDS
	{ "handle_move", run_end, 0, 200, 0 },
#endif
	{ "notify_pingpong", run_notify, 0, 1000, 0 },
};

struct row_list client_rows(void) { return ROW_LIST(rows); }
