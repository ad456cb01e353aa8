/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal_context_resume, the real one (hal/x86_64/entry.asm): no CPU that we have checks as strictly as some do whether the address that
 * IRETQ goes to is canonical, so this looks at what it would be given. The test is ring 0: WRMSR is skipped where it traps, and
 * SWAPGS, the last step before the way out, ends it.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>
#include "hal/context.h"

enum { STACK_QUADS = 512, FRAME_QUADS = 5, SIGNAL_STACK_BYTES = 1 << 16 };
enum { USER_DATA = 0x18 | 3, USER_CODE = 0x20 | 3 };
enum way_out { NO_WAY, REFUSED, LEFT };

#define FLAGS_ALWAYS 0x202ull
#define FLAGS_USER   0x250dd5ull /* all that a user may have set: no IOPL, no NT, no VM */

static uint64_t stack[STACK_QUADS];
static struct {
	uint64_t self, context, stack_top, scratch[4];
} area; /* what GS leads to */
static sigjmp_buf back;
static struct {
	uint64_t context, frame[FRAME_QUADS], rcx, sp;
} seen;
static unsigned msrs_written;

/* ---- what the assembly asks for ---- */

_Noreturn void trap_refuse_context(struct context *c);
void kernel_syscall(struct context *c);
void kernel_fast_call(void);
void kernel_fast_reply_recv(void);
void kernel_fast_recv(void);
void kernel_bytes_call(void);
void kernel_bytes_reply_recv(void);
void kernel_pages_call(void);
void kernel_parts_reply_recv(void);
void kernel_leave(void);
uint64_t kernel_quick_clock_now(void);
uint64_t kernel_quick_ipc_notify(void);

void trap_refuse_context(struct context *c)
{
	seen.context = (uint64_t)(uintptr_t)c;
	siglongjmp(back, REFUSED);
}

void kernel_syscall(struct context *c) { (void)c; }
void kernel_fast_call(void) {}
void kernel_fast_reply_recv(void) {}
void kernel_fast_recv(void) {}
void kernel_bytes_call(void) {}
void kernel_bytes_reply_recv(void) {}
void kernel_pages_call(void) {}
void kernel_parts_reply_recv(void) {}
void kernel_leave(void) {}
uint64_t kernel_quick_clock_now(void) { return 0; }
uint64_t kernel_quick_ipc_notify(void) { return 0; }

/* ---- ring 0, played ---- */

static void trapped(int number, siginfo_t *info, void *at)
{
	static const uint8_t wrmsr[] = { 0x0f, 0x30 }, swapgs[] = { 0x0f, 0x01, 0xf8 };
	greg_t *r = ((ucontext_t *)at)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)r[REG_RIP];

	(void)info;
	if (memcmp(code, wrmsr, sizeof wrmsr) == 0) {
		msrs_written++;
		r[REG_RIP] += (greg_t)sizeof wrmsr;
		return;
	}
	if (memcmp(code, swapgs, sizeof swapgs) != 0) {
		signal(number, SIG_DFL); /* a fault of ours */
		return;
	}
	seen.rcx = (uint64_t)r[REG_RCX];
	seen.sp = (uint64_t)r[REG_RSP];
	memcpy(seen.frame, &stack[STACK_QUADS - FRAME_QUADS], sizeof seen.frame);
	siglongjmp(back, LEFT);
}

static void become_ring_0(void)
{
	static uint8_t signal_stack[SIGNAL_STACK_BYTES];
	struct sigaction act = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t other = { .ss_sp = signal_stack, .ss_size = sizeof signal_stack };

	area.stack_top = (uint64_t)(uintptr_t)(stack + STACK_QUADS);
	assert_int_equal(sigaltstack(&other, NULL), 0);
	assert_int_equal(sigaction(SIGSEGV, &act, NULL), 0); /* instead of cmocka's, which comes with each test */
	assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &area), 0);
}

static enum way_out resume(struct context *c)
{
	enum way_out how;

	become_ring_0();
	memset(&seen, 0, sizeof seen);
	msrs_written = 0;
	how = (enum way_out)sigsetjmp(back, 1);
	if (how == NO_WAY)
		hal_context_resume(c);
	assert_int_equal(area.context, (uint64_t)(uintptr_t)c);
	return how;
}

/* ---- tests ---- */

static struct context interrupted_at(uint64_t pc)
{
	return (struct context){ .pc = pc, .sp = 0x7ffe00000008, .flags = FLAGS_ALWAYS, .lost = { 0x1234, 0x5678 } };
}

static void an_address_that_is_not_canonical_is_refused_before_iretq(void **state)
{
	static const uint64_t pcs[] = { 1ull << 47, UINT64_MAX >> 1,       1ull << 63,        0xffff7fffffffffff,
					1ull << 48, 0x7fff800000000000ull, 0x0000ffffffffffff };

	(void)state;
	for (unsigned i = 0; i < sizeof pcs / sizeof *pcs; i++) {
		struct context c = interrupted_at(pcs[i]);

		assert_int_equal(resume(&c), REFUSED);
		assert_int_equal(seen.context, (uint64_t)(uintptr_t)&c);
		assert_int_equal(c.pc, pcs[i]);
	}
}

static void any_other_address_is_gone_to_with_the_stack_it_had(void **state)
{
	static const uint64_t pcs[] = { 0, 0x401000, (1ull << 47) - 1, 0xffff800000000000, UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof pcs / sizeof *pcs; i++) {
		struct context c = interrupted_at(pcs[i]);

		assert_int_equal(resume(&c), LEFT);
		assert_int_equal(seen.frame[0], pcs[i]);
		assert_int_equal(seen.frame[1], USER_CODE);
		assert_int_equal(seen.frame[3], c.sp);
		assert_int_equal(seen.frame[4], USER_DATA);
		assert_int_equal(seen.rcx, 0x1234);
		assert_int_equal(seen.sp, (uint64_t)(uintptr_t)(stack + STACK_QUADS - FRAME_QUADS));
		assert_int_equal(msrs_written, 1);
		assert_int_equal(c.by_syscall, 1);
	}
}

static void no_flag_comes_back_that_a_user_may_not_have(void **state)
{
	struct context c = interrupted_at(0x401000);

	(void)state;
	c.flags = UINT64_MAX;
	assert_int_equal(resume(&c), LEFT);
	assert_int_equal(seen.frame[2], FLAGS_USER | FLAGS_ALWAYS);
	c = interrupted_at(0x401000);
	c.flags = 0;
	assert_int_equal(resume(&c), LEFT);
	assert_int_equal(seen.frame[2], FLAGS_ALWAYS);
}

/* Its address is a stub's, so it is canonical: I-CODE. */
static void a_call_goes_back_by_sysret_to_where_it_came_from(void **state)
{
	struct context c = interrupted_at(0x401234);

	(void)state;
	c.by_syscall = 1;
	assert_int_equal(resume(&c), LEFT);
	assert_int_equal(seen.rcx, 0x401234);
	assert_int_equal(seen.sp, c.sp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_that_is_not_canonical_is_refused_before_iretq),
		cmocka_unit_test(any_other_address_is_gone_to_with_the_stack_it_had),
		cmocka_unit_test(no_flag_comes_back_that_a_user_may_not_have),
		cmocka_unit_test(a_call_goes_back_by_sysret_to_where_it_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
