/* SPDX-License-Identifier: BSD-2-Clause */
/* See system.h. */
#include "libsys/system.h"
#include "kernel/abi/fault.h"
#include <stdarg.h>
#include <stdio.h>

#define ARGS(...) uint64_t a[6] = { __VA_ARGS__ }

static uint64_t word_of(const volatile void *p) { return (uint64_t)(uintptr_t)p; }

enum status handle_close(handle_t handle)
{
	ARGS(handle);
	return (enum status)system_call(SYS_handle_close, a);
}

enum status port_create(uint64_t rank, handle_t *port)
{
	ARGS(rank);
	enum status st = (enum status)system_call(SYS_port_create, a);

	*port = st == ST_OK ? (handle_t)a[0] : 0;
	return st;
}

enum status channel_create(handle_t port, uint64_t badge, uint64_t contract, handle_t *channel, uint32_t *id)
{
	ARGS(port, badge, contract);
	enum status st = (enum status)system_call(SYS_channel_create, a);

	*channel = st == ST_OK ? (handle_t)a[0] : 0;
	if (id != NULL)
		*id = st == ST_OK ? (uint32_t)a[1] : 0;
	return st;
}

enum status mem_map(enum mem_kind kind, uint64_t pages, void **address)
{
	ARGS(kind, pages);
	enum status st = (enum status)system_call(SYS_mem_map, a);

	*address = st == ST_OK ? (void *)(uintptr_t)a[0] : NULL;
	return st;
}

enum status mem_unmap(void *address, uint64_t pages)
{
	ARGS(word_of(address), pages);
	return (enum status)system_call(SYS_mem_unmap, a);
}

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

	if (st != ST_OK)
		return st;
	b = (struct beginning *)(void *)((char *)stack + stack_pages * ABI_PAGE_BYTES) - 1;
	b->entry = entry;
	b->argument = argument;
	/* As after a CALL: 8 bytes below a 16-byte boundary. */
	ARGS(word_of((const void *)(uintptr_t)begin), word_of((char *)b - 8), word_of(b));
	st = (enum status)system_call(SYS_thread_create, a);
	if (st != ST_OK)
		(void)mem_unmap(stack, stack_pages);
	return st;
}

_Noreturn void thread_exit(void)
{
	ARGS(0);
	for (;;)
		system_call(SYS_thread_exit, a);
}

enum status process_create(const struct process_params *params, handle_t *process)
{
	ARGS(word_of(params));
	enum status st = (enum status)system_call(SYS_process_create, a);

	*process = st == ST_OK ? (handle_t)a[0] : 0;
	return st;
}

enum status process_stop(handle_t process)
{
	ARGS(process);
	return (enum status)system_call(SYS_process_stop, a);
}

enum status process_status(handle_t process, struct process_status *status)
{
	ARGS(process, word_of(status));
	return (enum status)system_call(SYS_process_status, a);
}

_Noreturn void process_exit(unsigned code)
{
	ARGS(code <= SYSCALL_EXIT_CODE_MAX ? code : SYSCALL_EXIT_CODE_MAX);
	for (;;)
		system_call(SYS_process_exit, a);
}

enum status irq_ack(handle_t irq)
{
	ARGS(irq);
	return (enum status)system_call(SYS_irq_ack, a);
}

enum status device_map(handle_t device, unsigned range, volatile void **address, uint64_t *bytes)
{
	ARGS(device, range);
	enum status st = (enum status)system_call(SYS_device_map, a);

	*address = st == ST_OK ? (volatile void *)(uintptr_t)a[0] : NULL;
	*bytes = st == ST_OK ? a[1] : 0;
	return st;
}

enum status device_io(handle_t device, uint64_t op, uint64_t offset, uint64_t *value)
{
	ARGS(device, op, offset, *value);
	enum status st = (enum status)system_call(SYS_device_io, a);

	if (st == ST_OK)
		*value = a[0];
	return st;
}

enum status dma_map(handle_t device, const void *address, uint64_t pages, uint64_t bus_addresses[])
{
	ARGS(device, word_of(address), pages, word_of(bus_addresses));
	return (enum status)system_call(SYS_dma_map, a);
}

enum status dma_unmap(handle_t device, const void *address, uint64_t pages)
{
	ARGS(device, word_of(address), pages);
	return (enum status)system_call(SYS_dma_unmap, a);
}

uint64_t clock_now(void)
{
	ARGS(0);
	system_call(SYS_clock_now, a);
	return a[0];
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
	ARGS(word_of(line), (uint64_t)n < sizeof line ? (uint64_t)n : sizeof line - 1);
	system_call(SYS_log_write, a);
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
