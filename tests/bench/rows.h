/* SPDX-License-Identifier: BSD-2-Clause */
/* What a row of the benchmark is, whatever carries its messages; rows.c runs them one after the other. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct row {
	const char *name;
	/* The ticks of `ops` operations; what prepares them, and what checks them, is left out. */
	uint64_t (*run)(const struct row *row, uint64_t ops);
	uint64_t size;   /* whatever the function wants: words, bytes, pages */
	uint32_t ops;    /* measured; before them a quarter as many run unmeasured */
	uint32_t per_op; /* payload bytes that one operation moves; 0: none, or it does not say */
};

struct row_list {
	const struct row *rows;
	size_t count;
};

#define ROW_LIST(array) ((struct row_list){ (array), sizeof(array) / sizeof *(array) })

/*
 * Runs and reports those whose names begin with one of `wanted`, a list with commas; all if it is NULL. A name that says
 * where it ends: "flip_4k$".
 */
void rows_run(const struct row_list *lists, size_t count, const char *wanted);

/* Set by a row whose ticks are only a part of what lies between begin and end: no events are told of it. */
extern _Bool rows_is_part;

/* What lets the benchmark stop: something is not as it must be. */
_Noreturn void bench_fail(const char *what);

static inline void must(_Bool good, const char *what)
{
	if (!good)
		bench_fail(what);
}

/* ---- the transport's ---- */

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/*
 * Around each stretch that is measured. Where the kernel counts events it is told, outside of what the clock sees.
 */
extern _Bool bench_counts;
void bench_count_begin(void);
void bench_count_end(void);
void bench_count_row(const char *name); /* NULL: of none */

static inline uint64_t measure_begin(void)
{
	if (bench_counts)
		bench_count_begin();
	return ticks();
}

static inline uint64_t measure_end(uint64_t since)
{
	uint64_t t = ticks() - since;

	if (bench_counts)
		bench_count_end();
	return t;
}
