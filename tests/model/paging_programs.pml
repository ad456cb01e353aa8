/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the program, policy, pagers and the supervisor do with paging.pml: each may do all that it can at any time, some of it so often only.
 * A choice says what the kernel is to do then, and with what: act, t, p, r, size, ok.
 */

/* ---- the program ---- */

inline write(x)
{
	writes++;
	page[x].written = writes;
	page[x].value = writes;
	page[x].dirty = 1;
	printf("STORY the program writes %d to page %d\n", writes, x)
}

#define starts(x, y) (!quiet && wants[x] == NONE && faults < FAULTS && !page[y].resident)
#define goes_on(x, y) (wants[x] == y && waits[x] == RUNS)
#define can_fault(x, y) ((starts(x, y) || goes_on(x, y)) && !page[y].resident)
#define can_fault_twice(x, y) (can_fault(x, y) && is_outside(y) && reads_ahead(y) && slots[page[y].slot].state == HELD && page_in_can(2))

/* A touch of a page that is not there: pager_wait_for_page, with so many pages at once if one must be fetched. */
inline fault()
{
	faults = faults + (wants[t] == NONE);
	wants[t] = p;
	printf("STORY thread %d touches page %d, which is not there\n", t, p);
	if
	:: !is_outside(p) && free > 0 -> free--; page[p].resident = 1
	:: !is_outside(p) && free == 0 -> waits[t] = MEMORY; happens(a_thread_that_starves)
	:: is_outside(p) && !pager_may_come -> process_condemn()
	:: else ->
		waits[t] = page[p].slot;
		if
		:: slots[page[p].slot].state == HELD && page_in_can(size) -> page_in(p, size)
		:: slots[page[p].slot].state == HELD && !page_in_can(size) -> waits[t] = IDLENESS; happens(a_wait_for_any_request)
		:: slots[page[p].slot].state == ARRIVING && BUG(SECOND_REQUEST) && page_in_can(1) -> page_in(p, 1)
		:: slots[page[p].slot].state == ARRIVING && !(BUG(SECOND_REQUEST) && page_in_can(1)) -> happens(a_double_fault)
		:: slots[page[p].slot].state == LOST -> must(condemned, a_lost_page_ends_who_touches_it)
		:: slots[page[p].slot].state == LEAVING -> happens(a_touch_of_a_page_on_its_way_out)
		fi
	fi
}

#define thread_steps(x, y) \
	:: can_fault(x, y) -> act = FAULT; t = x; p = y; size = 1 \
	:: can_fault_twice(x, y) -> act = FAULT; t = x; p = y; size = 2 \
	:: goes_on(x, y) && page[y].resident -> wants[x] = NONE \
	:: d_step { goes_on(x, y) && page[y].resident && !quiet && writes < WRITES -> wants[x] = NONE; write(y) }

/* ---- policy: any page at any time ---- */

#define is_stored(x) (page[x].slot != NONE && (!page[x].dirty || BUG(DIRTY_DROPPED)))
#define is_starved (waits[0] == MEMORY || waits[1] == MEMORY)
#define is_pending (requests[0].state != IDLE || requests[1].state != IDLE)
#define could_go(x) (page[x].resident && (requests[0].state == IDLE || requests[1].state == IDLE) && pager_may_come)
/* Who starves is given memory, whatever the budget: a page that nobody waits for, for that has been used just now. */
#define must_go(x) (could_go(x) && is_starved && wants[0] != x && wants[1] != x)
#define can_go(x) (could_go(x) && !quiet && evictions < EVICTIONS || must_go(x))
#define counts_eviction evictions = evictions + (!quiet && evictions < EVICTIONS)

#define slots_are_scarce (slots[0].state != FREE && slots[1].state != FREE)
#define can_forget(x) (page[x].slot != NONE && (page[x].resident || BUG(SLOT_STOLEN)) && slots_are_scarce)

/* kernel/paging/pager.c: nothing can go, and nothing is on its way that would be free then. */
inline tell_offender()
{
	happens(a_program_that_is_told_there_is_no_memory);
	for (o : 0 .. THREADS - 1) {
		if
		:: waits[o] == MEMORY ->
			printf("STORY thread %d is told that there is no memory\n", o);
			waits[o] = RUNS;
			wants[o] = NONE;
			break
		:: else -> skip
		fi
	}
}

#define page_steps(x) \
	:: d_step { !quiet && page[x].resident && writes < WRITES -> write(x) } \
	:: can_go(x) && is_stored(x) -> counts_eviction; act = DROP; p = x \
	:: can_go(x) && !is_stored(x) -> counts_eviction; act = OUT; p = x; size = 1 \
	:: !quiet && evictions < EVICTIONS && can_forget(x) -> evictions++; act = FORGET; p = x \
	:: !quiet && drops < DROPS && (page[x].resident || is_outside(x)) -> drops++; act = UNMAP; p = x

/* ---- pagers ---- */

#define pager_works (pager == LIVES && !silent)
#define is_served(x) (pager_works && is_taken(x))

inline take(x)
{
	printf("STORY the pager takes a request: %d from slot %d on\n", requests[x].count, requests[x].slot);
	requests[x].taken = 1;
	must(!is_out(x) || requests[x].frames[0].version != 0, the_pager_sees_only_what_is_sealed);
	if
	:: again == x && !BUG(TOKEN_KEPT) -> again_valid = 0
	:: else -> skip
	fi
}

/* A block is written. That it is written twice, by a pager and by the next, makes no difference. */
inline stores(x)
{
	for (k : 0 .. 1) {
		q = requests[x].slot + k;
		if
		:: k < requests[x].count && store[q].version != requests[x].frames[k].version ->
			store[BEFORE + q].version = store[q].version;
			store[BEFORE + q].value = store[q].value;
			store[q].version = requests[x].frames[k].version;
			store[q].value = requests[x].frames[k].value
		:: else -> skip
		fi
	}
	requests[x].stored = 1
}

inline fetches(x, which)
{
	q = requests[x].slot;
	for (k : 0 .. 1) {
		if
		:: k < requests[x].count -> brought[k].version = store[which + q + k].version; brought[k].value = store[which + q + k].value
		:: else -> skip
		fi
	}
}

#define answers(x, good) act = ANSWER; r = x; ok = good

/* It used this token before. */
inline answer_again()
{
	happens(a_second_answer);
	if
	:: (is_taken(again) || BUG(REPLY_TWICE)) && again_valid ->
		printf("STORY the pager answers again with a token that it used, and that counts\n");
		must(is_taken(again), an_answer_counts_once);
		must(false, a_reply_answers_its_own_call)
	:: else -> printf("STORY the pager answers again with a token that it used: STALE\n")
	fi;
	again = NONE;
	again_valid = 0
}

/* kernel/ipc/call_end.c:port_server_ended. What it held waits for the next, as it was; but a request (r) with a missing frame fails. */
inline pager_ends()
{
	printf("STORY the pager is gone\n");
	pager = GONE;
	silent = 0;
	stuck = 0;
	again = NONE;
	again_valid = 0;
	for (i : 0 .. REQUESTS - 1) {
		if
		:: i == r && missing == 0 && !BUG(KEPT_GIVEN_AGAIN) -> settle(i, false); missing = NONE; happens(a_request_that_lost_a_frame)
		:: i == r && missing == 0 && BUG(KEPT_GIVEN_AGAIN) -> requests[i].taken = 0; bounce_put(i, 0); missing = NONE
		:: is_taken(i) && !(i == r && missing == 0) && !BUG(CALL_DROPPED) ->
			requests[i].taken = 0; requests[i].stored = 0; happens(a_request_for_the_next_pager)
		:: is_taken(i) && BUG(CALL_DROPPED) -> requests[i].lent = 0; requests[i].state = SETTLING; request_clear(i)
		:: else -> skip
		fi
	}
}

/*
 * It is ended: by the watchdog (kernel/paging/request.c:watch), or by anybody. With a call of its own out it is not gone before that is
 * answered: then the watchdog ends the server that has it.
 */
inline pager_condemn()
{
	if
	:: stuck && pager == LIVES -> printf("STORY the pager is ending, and waits for a server of its\n"); pager = ENDING; happens(a_pager_that_cannot_be_gone)
	:: else -> pager_ends()
	fi
}

/* The port ends, and with it all that waits there. */
inline supervisor_gives_up()
{
	printf("STORY there will be no pager any more\n");
	pager_may_come = 0;
	for (i : 0 .. REQUESTS - 1) {
		if
		:: is_queued(i) && !BUG(GIVE_UP_UNHEARD) -> settle(i, false); happens(a_request_that_nobody_takes)
		:: else -> skip
		fi
	}
}

#define request_steps(x) \
	:: d_step { pager_works && is_queued(x) -> take(x) } \
	:: is_served(x) && !quiet && errors < ERRORS -> errors++; printf("STORY an error of the store\n"); answers(x, false) \
	:: d_step { is_served(x) && !quiet && odd < ODDITIES && (!is_out(x) || requests[x].stored) -> /* it will answer twice */ \
		odd++; fetches(x, 0); answers(x, true); again = x; again_valid = 1 }

#define out_steps(x) \
	request_steps(x) \
	:: d_step { is_served(x) && !requests[x].stored -> stores(x) } \
	:: is_served(x) && requests[x].stored -> answers(x, true) \
	:: is_served(x) && !quiet && odd < ODDITIES && !requests[x].stored -> \
		odd++; lied = 1; printf("STORY the pager does not store it\n"); answers(x, true)

#define in_steps(x) \
	request_steps(x) \
	:: d_step { is_served(x) -> fetches(x, 0); answers(x, true) } \
	:: d_step { is_served(x) && !quiet && odd < ODDITIES -> \
		odd++; lied = 1; printf("STORY the pager brings what was there before\n"); fetches(x, BEFORE); answers(x, true) } \
	:: d_step { is_served(x) && !quiet && odd < ODDITIES && requests[x].count == 1 -> \
		odd++; lied = 1; printf("STORY the pager brings another page\n"); \
		brought[0].version = store[1 - requests[x].slot].version; brought[0].value = store[1 - requests[x].slot].value; \
		answers(x, true) }

/* It has lent the frame of a page of a request on to who keeps it. */
#define keeping_steps(x, number, good) \
	:: d_step { is_served(x) && !quiet && odd < ODDITIES && number < requests[x].count && (!is_out(x) || requests[x].stored || !good) -> \
		odd++; lied = 1; missing = number; printf("STORY a frame is kept\n"); fetches(x, 0); answers(x, good) }

#define keeps_and_dies(x) \
	:: is_served(x) && !quiet && odd < ODDITIES -> odd++; lied = 1; missing = 0; printf("STORY a frame is kept\n"); act = CONDEMN; r = x

#define some_sent (requests[0].state != IDLE || requests[1].state != IDLE || requests[2].state != IDLE || requests[3].state != IDLE)
