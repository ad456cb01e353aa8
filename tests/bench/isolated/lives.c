/* SPDX-License-Identifier: BSD-2-Clause */
/* See lives.h. Trusted, like domains.c. */
#include "tests/bench/isolated/lives.h"

enum { PAGE = 4096, PAGES = 64, QUAD = 8, KEPT_REGISTERS = 6 };

struct thread {
	struct thread *next; /* in the run queue */
	struct domain *domain;
	uint64_t sp; /* while another one runs */
	void (*entry)(uint64_t);
	uint64_t argument;
};

/* What is known of each page; free ones are a list. */
struct page {
	struct domain *owner; /* NULL: free */
	struct page *next;    /* of the same owner, or of the free ones */
	struct page *before;
};

/* A domain made at run time, at the start of a page of its own; its pages are a list. */
struct made_domain {
	struct domain domain;
	struct page *pages;
	struct thread *thread;
};

static uint8_t memory[PAGES][PAGE] __attribute__((aligned(PAGE)));
static struct page pages[PAGES];
static struct page *free_pages;
static struct page *static_pages; /* of the two domains that were there at first */
static struct thread main_thread = { .domain = &client_domain }, *running = &main_thread, *ready_first,
		     **ready_end = &ready_first;

void threads_switch(uint64_t *save_sp, uint64_t load_sp);

/* ---- memory ---- */

static bool is_made(const struct domain *d) { return d != &client_domain && d != &server_domain; }
static struct page **pages_of(struct domain *d)
{
	return is_made(d) ? &((struct made_domain *)d)->pages : &static_pages;
}
static struct page *record_of(const void *page) { return &pages[(size_t)((const uint8_t *)page - memory[0]) / PAGE]; }

static void put(struct page **list, struct page *p)
{
	p->next = *list;
	p->before = NULL;
	if (p->next != NULL)
		p->next->before = p;
	*list = p;
}

static void take_off(struct page **list, struct page *p)
{
	if (p->before != NULL)
		p->before->next = p->next;
	else
		*list = p->next;
	if (p->next != NULL)
		p->next->before = p->before;
}

static void have_pages(void)
{
	static bool made;

	for (unsigned i = 0; !made && i < PAGES; i++)
		put(&free_pages, &pages[i]);
	made = true;
}

static void clear(void *page)
{
	size_t quads = PAGE / QUAD;

	__asm__ volatile("rep stosq" : "+D"(page), "+c"(quads) : "a"(0) : "memory");
}

/* Not cleared: for what writes before it reads. */
static void *take_page(void)
{
	struct page *p = free_pages;

	if (p == NULL)
		return NULL;
	take_off(&free_pages, p);
	return memory[p - pages];
}

static void own(struct domain *owner, void *page)
{
	struct page *p = record_of(page);

	p->owner = owner;
	put(pages_of(owner), p);
}

static void *take_page_for(struct domain *owner)
{
	void *page;

	have_pages();
	page = take_page();
	if (page != NULL)
		own(owner, page);
	return page;
}

static void give_up(struct page *p)
{
	take_off(pages_of(p->owner), p);
	p->owner = NULL;
	put(&free_pages, p);
}

void *page_alloc(struct domain *owner)
{
	void *page = take_page_for(owner);

	if (page != NULL)
		clear(page);
	return page;
}

bool page_free(void *page)
{
	struct page *p = record_of(page);

	if (p->owner != domain_current)
		return false;
	give_up(p);
	return true;
}

/* ---- threads: a record at the low end of their stack's page ---- */

static _Noreturn void begin(void)
{
	running->entry(running->argument);
	thread_exit();
}

static struct thread *make_thread(struct domain *domain, void (*entry)(uint64_t), uint64_t argument)
{
	uint8_t *page = take_page_for(domain);
	struct thread *t = (struct thread *)(void *)page;
	uint64_t *sp = (uint64_t *)(void *)(page + PAGE);

	if (page == NULL)
		return NULL;
	*--sp = 0; /* nobody called it */
	*--sp = (uint64_t)(uintptr_t)begin;
	*t = (struct thread){
		.domain = domain, .sp = (uint64_t)(uintptr_t)(sp - KEPT_REGISTERS), .entry = entry, .argument = argument
	};
	thread_ready(t);
	return t;
}

bool thread_start(struct domain *domain, void (*entry)(uint64_t), uint64_t argument)
{
	return make_thread(domain, entry, argument) != NULL;
}

struct thread *thread_self(void) { return running; }

void thread_ready(struct thread *t)
{
	t->next = NULL;
	*ready_end = t;
	ready_end = &t->next;
}

static struct thread *next_ready(void)
{
	struct thread *t = ready_first;

	must(t != NULL, "nobody is left to run");
	ready_first = t->next;
	if (ready_first == NULL)
		ready_end = &ready_first;
	return t;
}

void thread_wait(void)
{
	struct thread *from = running;

	running = next_ready();
	domain_current = running->domain;
	threads_switch(&from->sp, running->sp);
}

/* Nobody takes its page before it has left it. */
void thread_exit(void)
{
	uint64_t unused;

	give_up(record_of(running));
	running = next_ready();
	domain_current = running->domain;
	threads_switch(&unused, running->sp);
	__builtin_unreachable();
}

/* ---- domains ---- */

static bool load(struct domain *d, const uint8_t *program, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE) {
		size_t quads = PAGE / QUAD;
		void *page = take_page_for(d);

		if (page == NULL)
			return false;
		__asm__ volatile("rep movsq" : "+D"(page), "+S"(program), "+c"(quads) : : "memory");
	}
	return true;
}

struct domain *domain_create(const void *program, size_t bytes, void (*entry)(uint64_t), uint64_t argument)
{
	struct made_domain *made;

	have_pages();
	made = (struct made_domain *)(void *)take_page();
	if (made == NULL)
		return NULL;
	*made = (struct made_domain){ .domain = { .lives = true } };
	own(&made->domain, made);
	if (load(&made->domain, program, bytes))
		made->thread = make_thread(&made->domain, entry, argument);
	if (made->thread != NULL)
		return &made->domain;
	domain_stop(&made->domain);
	return NULL;
}

/* Pre: its thread waits. The record goes last: the list is in it. */
void domain_stop(struct domain *d)
{
	struct page *p = *pages_of(d), *next;

	d->lives = false;
	for (; p != NULL; p = next) {
		next = p->next;
		p->owner = NULL;
		put(&free_pages, p);
	}
}
