/* SPDX-License-Identifier: BSD-2-Clause */
/* See system.h. */
#include "libsys/system.h"
#include "kernel/abi/fault.h"
#include "libsys/stubs.h"
#include <stdarg.h>
#include <stdio.h>

static uint64_t word_of(const volatile void *p) { return (uint64_t)(uintptr_t)p; }

enum status handle_close(handle_t handle) { return sys_handle_close(handle, NULL); }

enum status port_create(uint64_t rank, handle_t *port)
{
	uint64_t made;
	enum status st = sys_port_create(rank, &made);

	*port = st == ST_OK ? (handle_t)made : 0;
	return st;
}

enum status channel_create(handle_t port, uint64_t badge, uint64_t contract, handle_t *channel, uint32_t *id)
{
	uint64_t made[2];
	enum status st = sys_channel_create(port, badge, contract, made);

	*channel = st == ST_OK ? (handle_t)made[0] : 0;
	if (id != NULL)
		*id = st == ST_OK ? (uint32_t)made[1] : 0;
	return st;
}

enum status channel_close(handle_t port, uint32_t id) { return sys_channel_close(port, id, NULL); }

enum status mem_map(enum mem_kind kind, uint64_t pages, void **address)
{
	uint64_t made;
	enum status st = sys_mem_map(kind, pages, &made);

	*address = st == ST_OK ? (void *)(uintptr_t)made : NULL;
	return st;
}

enum status mem_unmap(void *address, uint64_t pages) { return sys_mem_unmap(word_of(address), pages, NULL); }

/* What a new thread finds at the top of its stack. */
struct beginning {
	void (*entry)(void *);
	void *argument;
};

static _Noreturn void begin(struct beginning *b)
{
	b->entry(b->argument);
	thread_exit();
}

enum status thread_start(void (*entry)(void *), void *argument, uint64_t stack_pages)
{
	struct beginning *b;
	void *stack;
	enum status st = mem_map(MEM_STACK, stack_pages, &stack);
	uint64_t thread;

	if (st != ST_OK)
		return st;
	b = (struct beginning *)(void *)((char *)stack + stack_pages * ABI_PAGE_BYTES) - 1;
	b->entry = entry;
	b->argument = argument;
	/* As after a CALL: 8 bytes below a 16-byte boundary. */
	st = sys_thread_create(word_of((const void *)(uintptr_t)begin), word_of((char *)b - 8), word_of(b), 0, &thread);
	if (st != ST_OK)
		(void)mem_unmap(stack, stack_pages);
	return st;
}

_Noreturn void thread_exit(void)
{
	for (;;)
		(void)sys_thread_exit(NULL);
}

enum status process_create(const struct process_params *params, handle_t *process)
{
	uint64_t made;
	enum status st = sys_process_create(word_of(params), &made);

	*process = st == ST_OK ? (handle_t)made : 0;
	return st;
}

enum status process_stop(handle_t process) { return sys_process_stop(process, NULL); }

enum status process_status(handle_t process, struct process_status *status)
{
	return sys_process_status(process, word_of(status), NULL);
}

_Noreturn void process_exit(unsigned code)
{
	for (;;)
		(void)sys_process_exit(code <= SYSCALL_EXIT_CODE_MAX ? code : SYSCALL_EXIT_CODE_MAX, NULL);
}

enum status irq_ack(handle_t irq) { return sys_irq_ack(irq, NULL); }

enum status device_map(handle_t device, unsigned range, volatile void **address, uint64_t *bytes)
{
	uint64_t made[2];
	enum status st = sys_device_map(device, range, made);

	*address = st == ST_OK ? (volatile void *)(uintptr_t)made[0] : NULL;
	*bytes = st == ST_OK ? made[1] : 0;
	return st;
}

enum status device_io(handle_t device, uint64_t op, uint64_t offset, uint64_t *value)
{
	uint64_t read;
	enum status st = sys_device_io(device, op, offset, *value, &read);

	if (st == ST_OK)
		*value = read;
	return st;
}

enum status dma_map(handle_t device, const void *address, uint64_t pages, uint64_t bus_addresses[])
{
	return sys_dma_map(device, word_of(address), pages, word_of(bus_addresses), NULL);
}

enum status dma_unmap(handle_t device, const void *address, uint64_t pages)
{
	return sys_dma_unmap(device, word_of(address), pages, NULL);
}

uint64_t clock_now(void)
{
	uint64_t now_ns = 0;

	(void)sys_clock_now(&now_ns);
	return now_ns;
}

void log_write(const char *format, ...)
{
	char line[SYSCALL_LOG_BYTES_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0)
		return;
	(void)sys_log_write(word_of(line), (uint64_t)n < sizeof line ? (uint64_t)n : sizeof line - 1, NULL);
}

const char *status_text(enum status st)
{
	switch (st) {
#define S(name, value, text)                                                                                           \
	case ST_##name:                                                                                                \
		return text;
		STATUS_LIST(S)
#undef S
	}
	return "unknown status";
}

const char *fault_text(unsigned fault)
{
	switch (fault) {
#define F(name, value, text)                                                                                           \
	case value:                                                                                                    \
		return text;
		FAULT_LIST(F)
#undef F
	default:
		return "unknown fault";
	}
}
