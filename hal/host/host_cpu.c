/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU, its clock and the console. Leaving the kernel is a longjmp to whoever entered it. */
#include "hal/console.h"
#include "hal/host/host.h"
#include "hal/random.h"
#include "hal/timer.h"
#include "kernel/abi/message.h"
#include "kernel/abi/status.h"
#include "kernel/abi/syscall.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONSOLE_BYTES = 1 << 16, CYCLES_A_LOOK = 100 };

struct context *host_resumed;
enum hal_stop host_stop_reason;
bool (*host_idle_hook)(void);
void (*host_safe_point_hook)(void);
unsigned host_safe_points, host_work, host_work_most;
uint8_t host_vector_registers[HAL_VECTOR_BYTES];
uint64_t host_now_ns, host_alarm_ns, host_tls;
bool host_fast = true, host_vector_lazy = true, host_vector_traps = true;
unsigned host_answers, host_declined, host_straight, host_vector_traps_set;

static struct cpu *local;
static jmp_buf landing;
static bool armed;
static char console[CONSOLE_BYTES];
static size_t console_bytes;

static void die(const char *what)
{
	fprintf(stderr, "hal/host: %s\n%s", what, console);
	abort();
}

void (*host_unexpected)(const char *what) = die;

/* ---- in and out ---- */

jmp_buf *host_arm(void)
{
	armed = true;
	return &landing;
}

void host_disarm(void) { armed = false; }

static _Noreturn void leave_by(enum host_exit how)
{
	if (!armed)
		host_unexpected("the kernel was left, and nobody had entered it");
	armed = false;
	longjmp(landing, (int)how);
}

enum host_exit host_run(void (*enter)(void *), void *argument)
{
	int how = setjmp(*host_arm());

	host_work = 0;
	if (how != 0)
		return (enum host_exit)how;
	enter(argument);
	host_disarm();
	return HOST_RETURNED;
}

/* The registers that words are in, as they come and go; what is in the context meanwhile is of no meaning. */
static struct context *current;
static uint64_t words_now[6];
enum { RUBBISH = 0xa5 };

void hal_tls_load(const uint64_t *base) { host_tls = *base; }

static void enter_fast(struct context *c)
{
	struct context was = *c;

	memcpy(words_now, c->word, sizeof words_now);
	memset(c->word, RUBBISH, sizeof c->word);
	memset(c->arg, RUBBISH, sizeof c->arg);
	memset(&c->nr, RUBBISH, sizeof c->nr);
	bool pages = (was.arg[1] & (UINT32_MAX & ~TAG_OP_MASK)) != 0;

	if (was.arg[2] != 0 && !pages && was.nr == SYS_ipc_call)
		kernel_bytes_call(was.arg[0], was.arg[1], was.arg[2], was.pc, was.arg[4], c);
	else if (was.arg[2] != 0 && !pages)
		kernel_bytes_reply_recv(was.arg[0], was.arg[1], was.arg[2], was.pc, was.arg[4], c);
	else if (was.arg[2] != 0 && was.nr == SYS_ipc_call)
		kernel_pages_call(was.arg[0], was.arg[1], was.arg[2], was.pc, was.arg[4], c);
	else if (was.arg[2] != 0)
		kernel_parts_reply_recv(was.arg[0], was.arg[1], was.arg[2], was.pc, was.arg[4], c);
	else if (was.nr == SYS_ipc_call)
		kernel_fast_call(was.arg[0], was.arg[1], 0, was.pc, was.arg[4], c);
	else
		kernel_fast_reply_recv(was.arg[0], was.arg[1], 0, was.pc, was.arg[4], c);
}

static bool is_fast(const struct context *c)
{
	uint64_t declined = c->arg[2] == 0 ? ~TAG_OP_MASK : UINT32_MAX & ~(TAG_OP_MASK | 3ull << TAG_PAGES_KIND_BIT);

	return (c->nr == SYS_ipc_call || c->nr == SYS_ipc_reply_recv) && (c->arg[1] & declined) == 0 &&
	       c->arg[3] == DEADLINE_NEVER;
}

/* What sends and receives no words leaves them where they are. Without the fast ways all go by kernel_leave. */
static _Noreturn void enter_call(struct context *c)
{
	bool apart = c->nr >= SYS_ipc_notify;
	uint64_t words[6];
	int status;

	memcpy(words, c->word, sizeof words);
	if (apart)
		memset(c->word, RUBBISH, sizeof c->word);
	status = kernel_syscall(c);
	if (apart)
		memcpy(c->word, words, sizeof words);
	if (status >= 0)
		c->nr = (uint64_t)status;
	if (status < 0 || !host_fast)
		kernel_leave();
	host_tlb_speculate();
	host_straight++;
	host_resumed = c;
	leave_by(HOST_RESUMED);
}

static _Noreturn void decline(enum sysno nr, const uint64_t arg[6])
{
	memcpy(current->word, words_now, sizeof words_now);
	memcpy(current->arg, arg, sizeof current->arg);
	current->nr = nr;
	host_declined++;
	enter_call(current);
}

void hal_decline_call(uint64_t channel, uint64_t tag, uint64_t buffers, uint64_t unused)
{
	(void)unused;
	decline(SYS_ipc_call, (uint64_t[6]){ channel, tag, buffers, DEADLINE_NEVER });
}

void hal_decline_reply_recv(uint64_t token, uint64_t tag, uint64_t buffers, uint64_t port)
{
	decline(SYS_ipc_reply_recv, (uint64_t[6]){ token, tag, buffers, DEADLINE_NEVER, port });
}

static bool waits_plainly(const struct context *c)
{
	return c->nr == SYS_ipc_recv && c->arg[2] == 0 && c->arg[3] == DEADLINE_NEVER;
}

static void enter_recv(struct context *c)
{
	struct context was = *c;

	memset(c->word, RUBBISH, sizeof c->word);
	memset(c->arg, RUBBISH, sizeof c->arg);
	memset(&c->nr, RUBBISH, sizeof c->nr);
	was.arg[0] = kernel_fast_recv(was.arg[0], c, 0, was.pc);
	was.arg[1] = was.arg[4] = was.arg[5] = 0;
	*c = was;
	host_declined++;
}

/* They return a result, the status, or that they decline. */
static void enter_quick(struct context *c)
{
	uint64_t result = QUICK_DECLINED;

	if (c->nr == SYS_clock_now)
		result = kernel_quick_clock_now(c->arg[0], c->arg[1], c->arg[2], c->pc);
	if (c->nr == SYS_ipc_notify)
		result = kernel_quick_ipc_notify(c->arg[0], c->arg[1], c->arg[2], c->pc);
	if (result == QUICK_DECLINED)
		return;
	if (c->nr == SYS_clock_now)
		c->arg[0] = result;
	c->nr = c->nr == SYS_clock_now ? ST_OK : result;
	host_answers++;
	host_resumed = c;
	leave_by(HOST_RESUMED);
}

static void enter_syscall(void *c)
{
	current = c;
	host_tls = current->tls; /* it ran */
	if (host_fast)
		enter_quick(c);
	if (host_fast && waits_plainly(c))
		enter_recv(c);
	if (host_fast && is_fast(c))
		enter_fast(c);
	enter_call(c);
}
enum host_exit host_syscall(struct context *c) { return host_run(enter_syscall, c); }

struct trapped {
	struct context *context;
	const struct trap_info *info;
};

static void enter_trap(void *argument)
{
	const struct trapped *t = argument;

	kernel_trap(t->context, t->info);
}

enum host_exit host_trap(struct context *c, const struct trap_info *info)
{
	struct trapped t = { c, info };

	c->by_syscall = 0;
	return host_run(enter_trap, &t);
}

static void enter_leave(void *unused)
{
	(void)unused;
	kernel_leave();
}
enum host_exit host_leave(void) { return host_run(enter_leave, NULL); }

static void enter_main(void *boot) { kernel_main(boot); }
enum host_exit host_boot(const struct boot_info *boot) { return host_run(enter_main, (void *)(uintptr_t)boot); }

static void save_answer(struct context *c, const uint64_t results[6])
{
	memcpy(c->word, words_now, sizeof words_now);
	memcpy(c->arg, results, sizeof c->arg);
	c->nr = 0;
	host_answers++;
}

void hal_context_answer_late(uint64_t badge, uint64_t tag, uint64_t token, struct context *c, uint64_t channel_peer)
{
	save_answer(c, (uint64_t[6]){ badge, tag, token, 0, channel_peer });
	kernel_leave();
}

void hal_context_answer(uint64_t badge, uint64_t tag, uint64_t token, struct context *c, uint64_t channel_peer)
{
	save_answer(c, (uint64_t[6]){ badge, tag, token, 0, channel_peer });
	host_resumed = c;
	leave_by(HOST_RESUMED);
}

_Noreturn void hal_context_resume(struct context *c)
{
	host_tlb_speculate();
	host_resumed = c;
	host_tls = c->tls;
	leave_by(HOST_RESUMED);
}

_Noreturn void hal_stop(enum hal_stop why)
{
	host_stop_reason = why;
	leave_by(HOST_STOPPED);
}

void hal_cpu_idle(void)
{
	if (host_idle_hook == NULL || !host_idle_hook())
		leave_by(HOST_IDLE);
}

void hal_cpu_safe_point(void)
{
	host_safe_points++;
	host_work = 0;
	if (host_safe_point_hook != NULL)
		host_safe_point_hook();
}

/* ---- what it is and has ---- */

void hal_cpu_set_local(struct cpu *cpu) { local = cpu; }
struct cpu *hal_cpu_local(void) { return local; }
const char *hal_cpu_describe(void) { return "a pretence"; }

uint64_t hal_cycles(void)
{
	static uint64_t cycles;

	return cycles += CYCLES_A_LOOK;
}

bool hal_vector_is_lazy(void) { return host_vector_lazy; }
void hal_vector_trap(bool on)
{
	host_vector_traps = on;
	host_vector_traps_set++;
}
void hal_vector_init(struct vector_state *v) { memset(v, 0, sizeof *v); }
void hal_vector_switch(struct vector_state *save, const struct vector_state *restore)
{
	if (save != NULL)
		memcpy(save, host_vector_registers, sizeof *save);
	if (restore != NULL)
		memcpy(host_vector_registers, restore, sizeof *restore);
}

/* Other ones at every boot. */
const char *hal_random_fill(struct hal_random *r)
{
	static uint64_t boots;

	memset(r, 0, sizeof *r);
	r->drawn[0][0] = ++boots;
	return "a counter";
}

/* ---- clock ---- */

uint64_t hal_clock_ns(void) { return host_now_ns; }
void hal_timer_arm(uint64_t when_ns) { host_alarm_ns = when_ns; }

void host_pass_ns(uint64_t ns)
{
	host_now_ns += ns;
	if (host_alarm_ns > host_now_ns)
		return;
	host_alarm_ns = UINT64_MAX;
	kernel_timer();
}

/* ---- console ---- */

void hal_console_write(const char *text, size_t bytes)
{
	if (console_bytes + bytes >= CONSOLE_BYTES)
		console_bytes = 0;
	memcpy(console + console_bytes, text, bytes);
	console_bytes += bytes;
	console[console_bytes] = 0;
}

bool host_console_has(const char *text) { return strstr(console, text) != NULL; }
const char *host_console_text(void) { return console; }

void host_console_clear(void)
{
	console_bytes = 0;
	console[0] = 0;
}
