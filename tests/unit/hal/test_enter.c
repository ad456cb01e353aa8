/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into ring 0 and across it, the real one (hal/x86_64/entry.asm): whichever way a message goes, its words stay in
 * their registers, and nothing of what it was called with is lost on the way to another. The test is ring 0 as in test_leave.c.
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
#include "kernel/abi/message.h"
#include "kernel/abi/status.h"
#include "kernel/abi/syscall.h"
#include "kernel/entry.h"

enum { STACK_QUADS = 512, SIGNAL_STACK_BYTES = 1 << 16, SWAPGS_BYTES = 3, REGISTERS = 16, WORDS = 6 };
/* Where a way ends. */
enum end {
	NO_END,
	SYSCALL,
	FAST_CALL,
	FAST_REPLY,
	BYTES_CALL,
	BYTES_REPLY,
	PARTS_CALL,
	PARTS_REPLY,
	RECV,
	QUICK,
	LEAVE,
	USER
};
/* How registers lie in landed_in and go_with. */
enum { RBX, RBP, R12, R13, R14, R15, RDI, RSI, RDX, R10, R8, R9, RAX, RCX, R11, RSP };

static _Alignas(16) uint64_t stack[STACK_QUADS];
static struct {
	uint64_t self, context, stack_top, scratch[4];
} area; /* what GS leads to */
static struct context context;
static sigjmp_buf back;
static bool entering;

uint64_t landed_in[REGISTERS], go_with[REGISTERS], go_to;
uint32_t landed_at, syscall_returns;
int32_t syscall_status;

/* ---- where the assembly goes to: all registers are looked at before C can change any ---- */

#define LANDS(name, end) __asm__(".globl " #name "\n" #name ": movl $" #end ", landed_at\n jmp landed\n")
__asm__(".globl kernel_syscall\nkernel_syscall: cmpl $0, syscall_returns\n je 1f\n mov syscall_status, %eax\n ret\n"
	"1: movl $1, landed_at\n jmp landed\n");
LANDS(kernel_fast_call, 2);
LANDS(kernel_fast_reply_recv, 3);
LANDS(kernel_bytes_call, 4);
LANDS(kernel_bytes_reply_recv, 5);
LANDS(kernel_pages_call, 6);
LANDS(kernel_parts_reply_recv, 7);
LANDS(kernel_fast_recv, 8);
LANDS(kernel_quick_clock_now, 9);
LANDS(kernel_quick_ipc_notify, 9);
LANDS(kernel_leave, 10);
LANDS(trap_refuse_context, 0);

#define EACH_REGISTER(do)                                                                                              \
	do                                                                                                             \
	(0, rbx) do(8, rbp) do(16, r12) do(24, r13) do(32, r14) do(40, r15) do(48, rdi) do(56, rsi) do(64, rdx) do(    \
		72, r10) do(80, r8) do(88, r9) do(96, rax) do(104, rcx) do(112, r11)
#define STORE(at, reg) "mov %" #reg ", landed_in+" #at "\n"
#define LOAD(at, reg)  "mov go_with+" #at ", %" #reg "\n"
__asm__("landed:\n" EACH_REGISTER(STORE) "mov %rsp, landed_in+120\n and $-16, %rsp\n call test_landed\n");
__asm__("test_go:\n" EACH_REGISTER(LOAD) "jmp *go_to\n");

void test_go(void);
void syscall_entry(void);
_Noreturn void test_landed(void);
_Noreturn void test_landed(void) { siglongjmp(back, 1); }

static void trapped(int number, siginfo_t *info, void *at)
{
	static const uint8_t swapgs[SWAPGS_BYTES] = { 0x0f, 0x01, 0xf8 };
	static const int names[REGISTERS] = { REG_RBX, REG_RBP, REG_R12, REG_R13, REG_R14, REG_R15, REG_RDI, REG_RSI,
					      REG_RDX, REG_R10, REG_R8,  REG_R9,  REG_RAX, REG_RCX, REG_R11, REG_RSP };
	greg_t *r = ((ucontext_t *)at)->uc_mcontext.gregs;

	(void)info;
	if (memcmp((const uint8_t *)r[REG_RIP], swapgs, sizeof swapgs) != 0) {
		signal(number, SIG_DFL); /* a fault of ours */
		return;
	}
	r[REG_RIP] += SWAPGS_BYTES;
	if (entering) {
		entering = false;
		return;
	}
	landed_at = USER;
	for (unsigned i = 0; i < REGISTERS; i++)
		landed_in[i] = (uint64_t)r[names[i]];
	siglongjmp(back, 1);
}

static void become_ring_0(void)
{
	static uint8_t signal_stack[SIGNAL_STACK_BYTES];
	struct sigaction act = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t other = { .ss_sp = signal_stack, .ss_size = sizeof signal_stack };

	area.stack_top = (uint64_t)(uintptr_t)(stack + STACK_QUADS);
	area.context = (uint64_t)(uintptr_t)&context;
	assert_int_equal(sigaltstack(&other, NULL), 0);
	assert_int_equal(sigaction(SIGSEGV, &act, NULL), 0); /* instead of cmocka's, which comes with each test */
	assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &area), 0);
}

/* Goes there with these registers, until it lands. */
static enum end go(void (*to)(void), bool enter)
{
	become_ring_0();
	memset(&context, 0xee, sizeof context);
	landed_at = NO_END;
	entering = enter;
	go_to = (uint64_t)(uintptr_t)to;
	if (sigsetjmp(back, 1) == 0)
		test_go();
	return (enum end)landed_at;
}

static void fill(void)
{
	for (unsigned i = 0; i < REGISTERS; i++)
		go_with[i] = 0x1111111100000000 + i;
	go_with[R11] = 0x202;
}

/* ---- in ---- */

static void assert_words_are_in_their_registers(void)
{
	assert_memory_equal(landed_in, go_with, WORDS * sizeof *go_with);
}

static void assert_return_is_saved(void)
{
	assert_int_equal(context.pc, go_with[RCX]);
	assert_int_equal(context.flags, go_with[R11]);
}

/* All that it was called with, but for the words, which may be where they were. */
static void assert_arguments_are_saved(void)
{
	assert_int_equal(landed_in[RDI], (uint64_t)(uintptr_t)&context);
	assert_memory_equal(context.arg, &go_with[RDI], sizeof context.arg);
	assert_int_equal(context.nr, go_with[RAX]);
	assert_return_is_saved();
}

static void assert_all_is_saved(void)
{
	assert_memory_equal(context.word, &go_with[RBX], sizeof context.word);
	assert_arguments_are_saved();
}

static void assert_arguments_are_in_registers(void)
{
	assert_words_are_in_their_registers();
	assert_memory_equal(&landed_in[RDI], &go_with[RDI], 3 * sizeof *go_with);
	assert_int_equal(landed_in[RCX], go_with[RCX]);
	assert_int_equal(landed_in[R8], go_with[R8]);
	assert_int_equal(landed_in[R9], (uint64_t)(uintptr_t)&context);
	assert_int_equal(landed_in[RSP], area.stack_top);
	assert_return_is_saved();
}

#define BYTES      (1ull << TAG_BYTES_BIT)
#define LENT       (1ull << TAG_PAGES_KIND_BIT)
#define GIVEN      (3ull << TAG_PAGES_KIND_BIT | 1ull << TAG_PAGES_BIT)
#define ONE_HANDLE (1ull << TAG_HANDLES_BIT)
#define AT_ALL     DEADLINE_NEVER

static const struct way {
	uint64_t tag, buffers, deadline;
	enum end call, reply;
} ways[] = {
	{ 5, 0, AT_ALL, FAST_CALL, FAST_REPLY },
	{ TAG_OP_MASK, 0, AT_ALL, FAST_CALL, FAST_REPLY },
	{ 5 | BYTES, 0, AT_ALL, SYSCALL, SYSCALL },
	{ 5, 0, 1000, SYSCALL, SYSCALL },
	{ 5, 0, 0, SYSCALL, SYSCALL },
	{ 5 | TAG_IDEMPOTENT, 0, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | TAG_SET_BADGE, 0, AT_ALL, SYSCALL, SYSCALL },
	{ 5, 0x5000, AT_ALL, BYTES_CALL, BYTES_REPLY },
	{ 5 | BYTES, 0x5000, AT_ALL, BYTES_CALL, BYTES_REPLY },
	{ 5 | 0x1ffffull << TAG_BYTES_BIT, 1ull << 63, AT_ALL, BYTES_CALL, BYTES_REPLY },
	{ 5 | BYTES, 0x5000, 1000, SYSCALL, SYSCALL },
	{ 5 | BYTES, 0x5000, 0, SYSCALL, SYSCALL },
	{ 5 | GIVEN, 0x5000, AT_ALL, PARTS_CALL, PARTS_REPLY },
	{ 5 | GIVEN | BYTES, 0x5000, AT_ALL, PARTS_CALL, PARTS_REPLY },
	{ 5 | LENT, 0x5000, AT_ALL, PARTS_CALL, PARTS_REPLY },
	{ 5 | GIVEN, 0x5000, 1000, SYSCALL, SYSCALL },
	{ 5 | GIVEN, 0, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | ONE_HANDLE, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | GIVEN | ONE_HANDLE, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | TAG_IDEMPOTENT | BYTES, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | TAG_SET_BADGE, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | TAG_SET_BADGE | GIVEN, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | 1ull << TAG_KIND_BIT, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | 1ull << 14, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | 1ull << 15, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | 1ull << TAG_ENDS_BIT, 0x5000, AT_ALL, SYSCALL, SYSCALL },
	{ 5 | 1ull << 31, 0x5000, AT_ALL, SYSCALL, SYSCALL },
};

static void assert_goes(const struct way *way, uint64_t nr, enum end end)
{
	fill();
	go_with[RAX] = nr;
	go_with[RSI] = way->tag;
	go_with[RDX] = way->buffers;
	go_with[R10] = way->deadline;
	assert_int_equal(go(syscall_entry, true), end);
	if (end == SYSCALL)
		assert_all_is_saved();
	else
		assert_arguments_are_in_registers();
}

static void a_message_goes_the_way_of_its_tag_with_all_that_it_has(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
		assert_goes(&ways[i], SYS_ipc_call, ways[i].call);
		assert_goes(&ways[i], SYS_ipc_reply_recv, ways[i].reply);
	}
}

static void fill_any(uint64_t nr)
{
	fill();
	go_with[RAX] = nr;
}

static bool sends_words(uint64_t nr) { return nr <= SYS_ipc_notify || nr == SYS_clock_now || nr >= 64; }

static void every_other_call_is_saved_but_for_the_words(void **state)
{
	(void)state;
	for (uint64_t nr = 0; nr < 64; nr++) {
		if (sends_words(nr))
			continue;
		fill_any(nr);
		assert_int_equal(go(syscall_entry, true), SYSCALL);
		assert_arguments_are_saved();
		assert_words_are_in_their_registers();
	}
	fill_any(UINT64_MAX);
	assert_int_equal(go(syscall_entry, true), SYSCALL);
	assert_all_is_saved();
}

static enum end go_and_return(uint64_t nr, int status)
{
	enum end end;

	fill_any(nr);
	syscall_returns = 1;
	syscall_status = status;
	end = go(syscall_entry, true);
	syscall_returns = 0;
	return end;
}

static void a_call_that_is_done_goes_back_with_all_registers(void **state)
{
	(void)state;
	assert_int_equal(go_and_return(SYS_mem_map, ST_BUSY), USER);
	assert_words_are_in_their_registers();
	assert_memory_equal(&landed_in[RDI], &go_with[RDI], 6 * sizeof *go_with);
	assert_int_equal(landed_in[RAX], ST_BUSY);
	assert_int_equal(landed_in[RCX], go_with[RCX]);
	assert_int_equal(landed_in[R11], go_with[R11]);
	assert_int_equal(landed_in[RSP], context.sp);
}

/* Those that it was called with; or those that came while it waited. */
static void the_words_are_saved_before_somebody_else_runs_unless_they_came_just_now(void **state)
{
	static const uint64_t came[WORDS] = { 0xeeeeeeeeeeeeeeee, 0xeeeeeeeeeeeeeeee, 0xeeeeeeeeeeeeeeee,
					      0xeeeeeeeeeeeeeeee, 0xeeeeeeeeeeeeeeee, 0xeeeeeeeeeeeeeeee };

	(void)state;
	assert_int_equal(go_and_return(SYS_mem_map, SYSCALL_LEAVES), LEAVE);
	assert_memory_equal(context.word, &go_with[RBX], sizeof context.word);
	assert_int_equal(go_and_return(SYS_mem_map, SYSCALL_PARKED), LEAVE);
	assert_memory_equal(context.word, came, sizeof came);
}

/* ---- across ---- */

/* The void ones are those that the fast path has proved: no deadline, no badge. */
static void what_declines_goes_on_with_its_arguments(void **state)
{
	static void (*const declines[])(void) = { (void (*)(void))hal_decline_call,
						  (void (*)(void))hal_decline_reply_recv };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		fill();
		assert_int_equal(go(declines[i], false), SYSCALL);
		assert_int_equal(landed_in[RDI], (uint64_t)(uintptr_t)&context);
		assert_memory_equal(context.word, &go_with[RBX], sizeof context.word);
		assert_memory_equal(context.arg, &go_with[RDI], 3 * sizeof *context.arg);
		assert_int_equal(context.arg[3], DEADLINE_NEVER);
		assert_int_equal(context.arg[4], go_with[RCX]);
		assert_int_equal(context.arg[5], 0);
		assert_int_equal(context.nr, i == 0 ? SYS_ipc_call : SYS_ipc_reply_recv);
	}
}

/* ---- out ---- */

static struct context other; /* who is answered */

static void fill_answer(void)
{
	fill();
	memset(&other, 0xdd, sizeof other);
	other.pc = 0x401234;
	other.sp = 0x7ffe00000008;
	other.flags = 0x246;
	go_with[RCX] = (uint64_t)(uintptr_t)&other;
}

static void an_answer_goes_out_in_registers(void **state)
{
	(void)state;
	fill_answer();
	assert_int_equal(go((void (*)(void))hal_context_answer, false), USER);
	assert_words_are_in_their_registers();
	assert_memory_equal(&landed_in[RDI], &go_with[RDI], 3 * sizeof *go_with);
	assert_int_equal(landed_in[R8], go_with[R8]);
	assert_int_equal(landed_in[RAX] | landed_in[R10] | landed_in[R9], 0);
	assert_int_equal(landed_in[RCX], other.pc);
	assert_int_equal(landed_in[RSP], other.sp);
	assert_int_equal(landed_in[R11], other.flags);
	assert_int_equal(area.context, (uint64_t)(uintptr_t)&other);
}

/* Then kernel_leave may choose somebody else, and this one finds its answer later. */
static void a_late_answer_is_saved_whole(void **state)
{
	(void)state;
	fill_answer();
	assert_int_equal(go((void (*)(void))hal_context_answer_late, false), LEAVE);
	assert_memory_equal(other.word, &go_with[RBX], sizeof other.word);
	assert_memory_equal(other.arg, &go_with[RDI], 3 * sizeof *other.arg);
	assert_int_equal(other.arg[3] | other.arg[5] | other.nr, 0);
	assert_int_equal(other.arg[4], go_with[R8]);
	assert_int_equal(other.pc, 0x401234);
	assert_int_equal(other.sp, 0x7ffe00000008);
	assert_int_equal(landed_in[RSP], area.stack_top - sizeof(uint64_t)); /* on the kernel's stack, from its start */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_goes_the_way_of_its_tag_with_all_that_it_has),
		cmocka_unit_test(every_other_call_is_saved_but_for_the_words),
		cmocka_unit_test(a_call_that_is_done_goes_back_with_all_registers),
		cmocka_unit_test(the_words_are_saved_before_somebody_else_runs_unless_they_came_just_now),
		cmocka_unit_test(what_declines_goes_on_with_its_arguments),
		cmocka_unit_test(an_answer_goes_out_in_registers),
		cmocka_unit_test(a_late_answer_is_saved_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
