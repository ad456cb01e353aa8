/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small model of paging: the pages of one program, the requests that move them, and pagers that answer, answer twice, err, lie, keep
 * frames, say nothing or die. paging_memory.pml and paging_requests.pml are the kernel, an inline named like the function that it stands
 * for (kernel/paging/, kernel/mm/slot.c); paging_programs.pml is what the program, policy, pagers and the supervisor do. Each line of the
 * loop at the end is one step, as the kernel runs with interrupts off; what is left when it is left is in leave().
 *
 * What a page holds is the number of the write that made it so; what the pager sees of it is that number sealed under the slot's version.
 * Frames are counted, as any is as good as any other. Runs are finite, because each step but those that must come uses up some of a
 * budget: whoever still waits at the end waits for ever.
 */

/* A fault to seed, for the test that it is found: -DBUG_IS=NAME. */
#ifndef BUG_IS
#define BUG_IS 0
#endif
#define BUG(name) (BUG_IS == name)
#define VERSION_IGNORED  1
#define VERSION_KEPT     2
#define DIRTY_DROPPED    3
#define NOT_SEALED       4
#define FREE_ON_THE_WAY  5
#define OLD_SLOT_KEPT    6
#define SECOND_REQUEST   7
#define FRAME_TWICE      8
#define FRAME_FORGOTTEN  9
#define ONE_WOKEN        10
#define IDLE_UNHEARD     11
#define CALL_DROPPED     12
#define GIVE_UP_UNHEARD  13
#define SILENCE_SUFFERED 14
#define REPLY_TWICE      15
#define TOKEN_KEPT       16
#define NOT_RETRIED      17
#define FAILED_OUT_HELD  18
#define SERVER_SUFFERED  19
#define KEPT_TAKEN       20
#define OFFENDER_UNTOLD  21
#define SLOT_STOLEN      22
#define KEPT_GIVEN_AGAIN 23

/* What may happen in one run. */
#ifndef FAULTS
#define FAULTS 2 /* touches of pages that are not there */
#endif
#ifndef WRITES
#define WRITES 2
#endif
#ifndef EVICTIONS
#define EVICTIONS 2
#endif
#ifndef DROPS
#define DROPS 1 /* the program ends, or a page is unmapped */
#endif
#ifndef DEATHS
#define DEATHS 1 /* of pagers; then another comes, or none any more */
#endif
#ifndef ERRORS
#define ERRORS 1 /* of the store */
#endif
#ifndef ODDITIES
#define ODDITIES 1 /* what no correct pager does: see the uses of `odd` */
#endif
#ifndef INS
#define INS 2 /* requests for page-in that there are */
#endif

#define PAGES    2
#define SLOTS    2
#define THREADS  2
#define OUTS     2 /* requests for page-out; the others are for page-in, of which INS are used */
#define REQUESTS 4
#define FRAMES   4
#define RESERVE  2
#define FOR_IN   1 /* kernel/paging/bounce.c: page-ins may take all of the reserve, page-outs exchange what is more than this */
#define BEFORE   SLOTS
#define NONE     255
#define RUNS     255 /* waits: or a slot; or: */
#define IDLENESS 254 /* of any request */
#define MEMORY   253

#define FAULT   1 /* act */
#define DROP    2
#define OUT     3
#define FORGET  4
#define UNMAP   5
#define TELL    6
#define ANSWER  7
#define CONDEMN 8
#define GIVE_UP 9

mtype:slot = { FREE, LEAVING, HELD, ARRIVING, LOST };
mtype:pager = { LIVES, ENDING, GONE };
mtype:request = { IDLE, SENT, SETTLING }; /* the last within one step only */

typedef Content { byte version, value }; /* version 0: it is not sealed */
typedef Page { bit resident, dirty; byte slot, value, written }; /* written: what the program knows that it holds */
typedef Slot { mtype:slot state; bit doomed; byte version, page };
typedef Request { mtype:request state; bit taken, retried, stored; byte slot, count, lent; Content frames[2] };
Page page[PAGES];
Slot slots[SLOTS];
Request requests[REQUESTS];
byte waits[THREADS], wants[THREADS]; /* for what; which page */
byte ready = RESERVE, free = FRAMES - RESERVE, kept; /* frames: kept by whom the pager lent them on to */
byte versions;
bit condemned;

Content store[2 * SLOTS]; /* the pager's: the newest of each slot, then what was there before */
mtype:pager pager = LIVES;
bit pager_may_come = 1, silent, lied;
bit stuck; /* a server of the pager's does not answer a call of its, so that it cannot be gone */
byte again = NONE; /* a request that it has answered, and will answer again... */
bit again_valid;   /* ...with a token that is still the request's */

byte faults, writes, evictions, drops, deaths, errors, odd;
bit quiet; /* nothing more goes wrong, and the program rests: what is under way comes to an end */

/* Used within one step only. */
byte act, t, p, r, size; /* what was chosen */
bit ok;
byte a, b, got, i, k, m, n, o, q, s, v, missing = NONE; /* the page of an answer whose frame does not come back */
bit wanted, retry;
Content brought[2];

/* What must hold; the property is told by its name. */
#define must(condition, property) \
	if \
	:: condition -> skip \
	:: else -> printf("BROKEN "); printf(#property); printf("\n"); assert(false) \
	fi

/* EVENTS: the search tells of what happens in any run, each thing once. */
#ifdef EVENTS
#define happens(what) c_code { static char told; if (!told) { told = 1; printf("HAPPENS %s\n", #what); } }
#else
#define happens(what) skip
#endif

#include "paging_tables.pml" /* made of kernel/mm/slot.h and kernel/paging/request.h: slot_may, request_may, slot_did, request_did */
#include "paging_memory.pml"
#include "paging_requests.pml"
#include "paging_programs.pml"

/* SPIN wants no jump at the end of a d_step. */
inline acts()
{
	if
	:: d_step { act == FAULT -> fault(); skip }
	:: d_step { act == DROP -> drop(p); skip }
	:: d_step { act == OUT -> page_out(p, size); skip }
	:: d_step { act == FORGET -> aspace_forget_slot(p); skip }
	:: d_step { act == UNMAP -> printf("STORY page %d is unmapped\n", p); aspace_discard(p); skip }
	:: d_step { act == TELL -> tell_offender(); skip }
	:: d_step { act == ANSWER -> printf("STORY the pager answers the request at slot %d\n", requests[r].slot); settle(r, ok); skip }
	:: d_step { act == CONDEMN -> pager_condemn(); skip }
	:: d_step { act == GIVE_UP -> supervisor_gives_up(); skip }
	:: else -> skip
	fi
}

init {
	d_step {
		for (i : 0 .. PAGES - 1) { page[i].slot = NONE }
		for (i : 0 .. SLOTS - 1) { slots[i].state = FREE }
		for (i : 0 .. REQUESTS - 1) { requests[i].state = IDLE }
		for (i : 0 .. THREADS - 1) { waits[i] = RUNS; wants[i] = NONE }
		leave()
	}
	do
	:: atomic {
		if
		thread_steps(0, 0)
		thread_steps(0, 1)
		thread_steps(1, 0)
		thread_steps(1, 1)
		page_steps(0)
		page_steps(1)
		:: can_go(0) && page[1].resident && !(is_stored(0) || is_stored(1)) -> counts_eviction; act = OUT; p = 0; size = 2
		:: !quiet && drops < DROPS -> drops++; condemned = 1; printf("STORY the program ends; another has its place\n")
		:: is_starved && !is_pending && !could_go(0) && !could_go(1) && !BUG(OFFENDER_UNTOLD) -> act = TELL
		out_steps(0)
		out_steps(1)
		in_steps(2)
		in_steps(3)
		keeping_steps(0, 0, true)
		keeping_steps(0, 0, false)
		keeping_steps(0, 1, true)
		keeping_steps(2, 0, true)
		keeping_steps(2, 0, false)
		keeping_steps(2, 1, true)
		keeps_and_dies(0)
		keeps_and_dies(2)
		:: kept != 0 && !quiet -> kept--; free++; printf("STORY who kept a frame ends\n")
		:: d_step { pager_works && again != NONE -> answer_again() }
		:: pager_works && !quiet && odd < ODDITIES -> odd++; silent = 1; printf("STORY the pager says nothing any more\n")
		:: pager_works && !quiet && odd < ODDITIES -> odd++; silent = 1; stuck = 1; printf("STORY a server of the pager's is silent\n")
		:: silent && some_sent && !BUG(SILENCE_SUFFERED) && !(pager == ENDING && BUG(SERVER_SUFFERED)) -> act = CONDEMN
		:: pager == LIVES && !quiet && deaths < DEATHS -> deaths++; act = CONDEMN
		:: pager == GONE && pager_may_come -> pager = LIVES; printf("STORY another pager comes\n")
		:: pager == GONE && pager_may_come && !quiet -> act = GIVE_UP
		:: !quiet ->
			quiet = 1; faults = 0; writes = 0; evictions = 0; drops = 0; deaths = 0; errors = 0; odd = 0;
			versions = (kept != 0 -> versions : 0)
		fi;
		acts();
		d_step { leave() }
	}
	:: timeout -> break
	od;
	/* Nothing can happen any more: nobody waits, and nothing is on its way. */
	must(wants[0] == NONE && wants[1] == NONE, whoever_waits_goes_on);
	must(!some_sent, what_is_sent_comes_to_an_end)
}
