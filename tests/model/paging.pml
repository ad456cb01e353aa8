/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small model of paging: the pages of one program, the requests that move them, and pagers that answer, answer twice, err, lie, say
 * nothing or die. An inline is named like the function of the kernel that it stands for (kernel/paging/, kernel/mm/slot.c). Each line of
 * the loop at the end is one step, as the kernel runs with interrupts off; what is left when it is left is in leave().
 *
 * What a page holds is the number of the write that made it so; what the pager sees of it is that number sealed under the slot's version.
 * Frames are counted, as any is as good as any other. Runs are finite, because each step but those that must come uses up some of a
 * budget: whoever still waits at the end waits for ever.
 */

/* Faults to seed, for the test that they are found: -DBUG_NAME=true. */
#ifndef BUG_VERSION_IGNORED
#define BUG_VERSION_IGNORED false
#endif
#ifndef BUG_VERSION_KEPT
#define BUG_VERSION_KEPT false
#endif
#ifndef BUG_DIRTY_DROPPED
#define BUG_DIRTY_DROPPED false
#endif
#ifndef BUG_NOT_SEALED
#define BUG_NOT_SEALED false
#endif
#ifndef BUG_FREE_ON_THE_WAY
#define BUG_FREE_ON_THE_WAY false
#endif
#ifndef BUG_OLD_SLOT_KEPT
#define BUG_OLD_SLOT_KEPT false
#endif
#ifndef BUG_SECOND_REQUEST
#define BUG_SECOND_REQUEST false
#endif
#ifndef BUG_FRAME_TWICE
#define BUG_FRAME_TWICE false
#endif
#ifndef BUG_FRAME_FORGOTTEN
#define BUG_FRAME_FORGOTTEN false
#endif
#ifndef BUG_ONE_WOKEN
#define BUG_ONE_WOKEN false
#endif
#ifndef BUG_IDLE_UNHEARD
#define BUG_IDLE_UNHEARD false
#endif
#ifndef BUG_CALL_DROPPED
#define BUG_CALL_DROPPED false
#endif
#ifndef BUG_GIVE_UP_UNHEARD
#define BUG_GIVE_UP_UNHEARD false
#endif
#ifndef BUG_SILENCE_SUFFERED
#define BUG_SILENCE_SUFFERED false
#endif
#ifndef BUG_REPLY_TWICE
#define BUG_REPLY_TWICE false
#endif
#ifndef BUG_TOKEN_KEPT
#define BUG_TOKEN_KEPT false
#endif
#ifndef BUG_NOT_RETRIED
#define BUG_NOT_RETRIED false
#endif
#ifndef BUG_FAILED_OUT_HELD
#define BUG_FAILED_OUT_HELD false
#endif

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
#ifndef EVENT
#define EVENT 0 /* the number of something that is to happen: see happens() */
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

mtype:slot = { FREE, LEAVING, HELD, ARRIVING };
mtype:request = { IDLE, QUEUED, TAKEN }; /* SENT is either of the latter; SETTLING is within one step */

typedef Content { byte version, value }; /* version 0: it is not sealed */
typedef Page { bit resident, dirty; byte slot, value, written }; /* written: what the program knows that it holds */
typedef Slot { mtype:slot state; bit doomed; byte version, page };
typedef Request { mtype:request state; bit retried, stored; byte slot, count, lent; Content frames[2] };

Page page[PAGES];
Slot slots[SLOTS];
Request requests[REQUESTS];
byte waits[THREADS], wants[THREADS]; /* for what; which page */
byte ready = RESERVE, free = FRAMES - RESERVE; /* frames */
byte versions;
bit condemned;

Content store[2 * SLOTS]; /* the pager's: the newest of each slot, then what was there before */
bit pager_lives = 1, pager_may_come = 1, silent, lied;
byte again = NONE; /* a request that it has answered, and will answer again... */
bit again_valid;   /* ...with a token that is still the request's */

byte faults, writes, evictions, drops, deaths, errors, odd;
bit quiet; /* nothing more goes wrong, and the program rests: what is under way comes to an end */

/* Used within one step only. */
byte a, b, got, i, k, m, n, o, q, s, v;
bit wanted, retry;
Content brought[2];

/* What must hold; the property is told by its name. */
#define must(condition, property) \
	if \
	:: condition -> skip \
	:: else -> printf("BROKEN "); printf(#property); printf("\n"); assert(false) \
	fi

#define happens(number, what) must(EVENT != number, what##_happens)

/* ---- slots: kernel/mm/slot.c ---- */

#define is_moving(x) (slots[x].state == LEAVING || slots[x].state == ARRIVING)

inline make_free(x)
{
	slots[x].state = FREE;
	slots[x].doomed = 0;
	slots[x].version = 0;
	slots[x].page = 0
}

inline slot_take(x)
{
	versions++;
	slots[x].state = LEAVING;
	slots[x].version = versions
}

/* Any free one, and if it may be two and can be, its neighbour. */
inline slot_alloc_run(most, x)
{
	got = 0;
	x = 0;
	do
	:: x < SLOTS && slots[x].state != FREE -> x++
	:: else -> break
	od;
	if
	:: x < SLOTS -> slot_take(x); got = 1
	:: else -> skip
	fi;
	if
	:: got == 1 && most == 2 && x + 1 < SLOTS && slots[x + 1].state == FREE -> slot_take(x + 1); got = 2
	:: else -> skip
	fi
}

inline slot_reuse(x)
{
	slots[x].state = LEAVING;
	if
	:: BUG_VERSION_KEPT -> skip
	:: else -> versions++; slots[x].version = versions
	fi
}

inline slot_release(x)
{
	must(slots[x].state != FREE && !slots[x].doomed, a_slot_is_released_once);
	if
	:: slots[x].state == HELD || BUG_FREE_ON_THE_WAY -> make_free(x)
	:: else -> slots[x].doomed = 1; happens(1, a_slot_is_doomed)
	fi
}

inline slot_settle(x)
{
	must(is_moving(x), an_answer_counts_once);
	wanted = !slots[x].doomed;
	if
	:: wanted -> slots[x].state = HELD
	:: else -> make_free(x)
	fi
}

/* ---- frames: kernel/paging/bounce.c ---- */

inline bounce_put(r)
{
	requests[r].lent--;
	if
	:: BUG_FRAME_FORGOTTEN -> skip
	:: !BUG_FRAME_FORGOTTEN && ready < RESERVE -> ready++
	:: !BUG_FRAME_FORGOTTEN && ready >= RESERVE -> free++
	fi
}

inline bounce_exchange()
{
	if
	:: ready > FOR_IN -> ready--; free++
	:: else -> skip
	fi
}

/* ---- pages: kernel/mm/aspace_page.c ---- */

#define is_outside(x) (!page[x].resident && page[x].slot != NONE)

inline aspace_discard(p)
{
	if
	:: page[p].resident -> free++
	:: else -> skip
	fi;
	if
	:: page[p].slot != NONE -> slot_release(page[p].slot)
	:: else -> skip
	fi;
	page[p].resident = 0;
	page[p].dirty = 0;
	page[p].slot = NONE;
	page[p].value = 0;
	page[p].written = 0
}

inline process_ends()
{
	condemned = 0;
	aspace_discard(0);
	aspace_discard(1);
	for (o : 0 .. THREADS - 1) {
		waits[o] = RUNS;
		wants[o] = NONE
	}
}

/* A program loses nothing while pagers are honest, the store errs once at most, and there is a next pager. */
inline process_condemn()
{
	must(lied || errors > 1 || !pager_may_come, an_honest_pager_costs_nothing);
	printf("STORY the program is condemned: its page does not come\n");
	happens(2, a_condemnation);
	condemned = 1
}

/* The seal opens what was sealed last for this slot, nothing else. */
#define seal_opens(x, content) (content.version != 0 && (content.version == slots[x].version || BUG_VERSION_IGNORED))

inline aspace_install(r, x, content)
{
	b = slots[x].page;
	page[b].resident = 1;
	page[b].dirty = 0;
	page[b].value = content.value;
	requests[r].lent--
}

/* ---- who waits: kernel/paging/pager.c ---- */

inline pager_wake(first, size)
{
	for (o : 0 .. THREADS - 1) {
		if
		:: waits[o] == IDLENESS && !BUG_IDLE_UNHEARD -> waits[o] = RUNS
		:: waits[o] >= first && waits[o] < first + size -> waits[o] = RUNS; if :: BUG_ONE_WOKEN -> break :: else -> skip fi
		:: else -> skip
		fi
	}
}

/* ---- a request: kernel/paging/request.c ---- */

#define is_out(r) (r < OUTS)
#define covers(r, x) (requests[r].state != IDLE && requests[r].slot <= x && x < requests[r].slot + requests[r].count)

inline request_idle(from, to, r)
{
	r = from;
	do
	:: r < to && requests[r].state != IDLE -> r++
	:: else -> break
	od;
	if
	:: r == to || !pager_may_come -> r = NONE
	:: else -> skip
	fi
}

inline request_send(r, x, size)
{
	requests[r].state = QUEUED;
	requests[r].slot = x;
	requests[r].count = size
}

inline request_clear(r)
{
	must(requests[r].lent == 0, a_frame_is_in_one_place);
	requests[r].state = IDLE;
	requests[r].retried = 0;
	requests[r].stored = 0;
	requests[r].slot = 0;
	requests[r].count = 0;
	requests[r].frames[0].version = 0;
	requests[r].frames[0].value = 0;
	requests[r].frames[1].version = 0;
	requests[r].frames[1].value = 0
}

/* ---- a page goes out: kernel/paging/page_out.c ---- */

inline drop(p)
{
	printf("STORY page %d is dropped: slot %d has it\n", p, page[p].slot);
	happens(3, a_clean_page_is_dropped);
	page[p].resident = 0;
	page[p].dirty = 0;
	page[p].value = 0;
	slots[page[p].slot].page = p;
	free++
}

/* Slots for the first of the pages, for as many as there are; old ones are given up. Or one goes where it was. */
inline assign(p, size, first)
{
	got = 0;
	a = p;
	if
	:: size > 1 || page[p].slot == NONE -> slot_alloc_run(size, first)
	:: else -> skip
	fi;
	for (k : 0 .. 1) {
		if
		:: k < got && page[p + k].slot != NONE && !BUG_OLD_SLOT_KEPT -> slot_release(page[p + k].slot)
		:: else -> skip
		fi
	}
	if
	:: got == 0 && page[p].slot == NONE && size == 2 -> a = p + 1
	:: else -> skip
	fi;
	if
	:: got == 0 && page[a].slot != NONE -> first = page[a].slot; slot_reuse(first); got = 1; happens(4, a_slot_is_rewritten)
	:: else -> skip
	fi
}

inline page_out(p, size)
{
	request_idle(0, OUTS, n);
	assign(p, size, s);
	for (k : 0 .. 1) {
		if
		:: k < got ->
			printf("STORY page %d goes out to slot %d, as version %d\n", a + k, s + k, slots[s + k].version);
			requests[n].frames[k].version = (BUG_NOT_SEALED -> 0 : slots[s + k].version);
			requests[n].frames[k].value = page[a + k].value;
			requests[n].lent++;
			page[a + k].resident = 0;
			page[a + k].dirty = 0;
			page[a + k].value = 0;
			page[a + k].slot = s + k;
			slots[s + k].page = a + k;
			bounce_exchange()
		:: else -> skip
		fi
	}
	if
	:: got != 0 -> request_send(n, s, got)
	:: else -> skip
	fi;
	if
	:: got == 2 -> happens(5, a_run_goes_out)
	:: else -> skip
	fi
}

inline bring_back(r, x, content)
{
	must(seal_opens(x, content), an_honest_pager_costs_nothing); /* it was lent for reading */
	aspace_install(r, x, content);
	happens(6, a_page_that_cannot_go_stays);
	page[b].slot = NONE;
	slot_release(x)
}

inline page_out_settle(r, ok)
{
	q = requests[r].slot;
	for (k : 0 .. 1) {
		if
		:: k < requests[r].count ->
			slot_settle(q + k);
			if
			:: !ok && wanted && !BUG_FAILED_OUT_HELD -> bring_back(r, q + k, requests[r].frames[k])
			:: else -> bounce_put(r)
			fi
		:: else -> skip
		fi
	}
	pager_wake(q, requests[r].count);
	request_clear(r)
}

/* ---- a page comes in: kernel/paging/page_in.c ---- */

/* Can it begin, for this page and so many in all? */
#define reads_ahead(p) (p == 0 && is_outside(1) && page[1].slot == page[0].slot + 1 && slots[page[1].slot].state == HELD)
#define page_in_can(size) (ready >= size && (requests[OUTS].state == IDLE || (INS == 2 && requests[OUTS + 1].state == IDLE)))

inline page_in(p, size)
{
	request_idle(OUTS, OUTS + INS, n);
	request_send(n, page[p].slot, size);
	for (k : 0 .. 1) {
		if
		:: k < size -> slots[page[p].slot + k].state = ARRIVING; ready--; requests[n].lent++
		:: else -> skip
		fi
	}
	if
	:: size == 2 -> happens(7, a_run_comes_in)
	:: else -> skip
	fi
}

inline settle_page(r, x, number, ok)
{
	slot_settle(x);
	if
	:: wanted && ok && seal_opens(x, brought[number]) ->
		printf("STORY page %d comes in\n", slots[x].page);
		aspace_install(r, x, brought[number]);
		if
		:: BUG_FRAME_TWICE -> requests[r].lent++; bounce_put(r)
		:: else -> skip
		fi
	:: wanted && !(ok && seal_opens(x, brought[number])) && number == 0 -> process_condemn(); bounce_put(r)
	:: else -> bounce_put(r)
	fi
}

/* What was asked for is tried once more if it fails, by itself. */
inline page_in_settle(r, ok)
{
	q = requests[r].slot;
	m = requests[r].count;
	retry = !ok && !requests[r].retried && !slots[q].doomed && !BUG_NOT_RETRIED;
	for (k : 0 .. 1) {
		if
		:: k >= retry && k < m -> settle_page(r, q + k, k, ok)
		:: else -> skip
		fi
	}
	pager_wake(q + retry, m - retry);
	if
	:: retry && pager_may_come -> requests[r].count = 1; requests[r].retried = 1; requests[r].state = QUEUED; happens(8, a_second_try)
	:: retry && !pager_may_come -> settle_page(r, q, 0, false); pager_wake(q, 1); request_clear(r) /* the call ends at once */
	:: else -> request_clear(r)
	fi
}

inline settle(r, ok)
{
	if
	:: is_out(r) -> page_out_settle(r, ok)
	:: else -> page_in_settle(r, ok)
	fi
}

/* ---- what is left when the kernel is left: kernel/paging/pager.c:pager_work ---- */

inline bounce_refill()
{
	v = ready;
	if
	:: ready == 0 ->
		do
		:: ready < RESERVE && free > 0 -> ready++; free--
		:: else -> break
		od
	:: else -> skip
	fi;
	if
	:: v == 0 && ready != 0 -> pager_wake(NONE, 0)
	:: else -> skip
	fi
}

inline wake_starved()
{
	for (o : 0 .. THREADS - 1) {
		if
		:: waits[o] == MEMORY && free > 0 -> waits[o] = RUNS
		:: else -> skip
		fi
	}
}

/* What holds between any two steps. */
inline check_pages()
{
	for (i : 0 .. PAGES - 1) {
		must(!page[i].resident || page[i].value == page[i].written, a_program_sees_what_it_wrote_last);
		must(page[i].slot == NONE || (slots[page[i].slot].state != FREE && !slots[page[i].slot].doomed), a_page_outside_has_its_slot)
	}
	must(page[0].slot == NONE || page[0].slot != page[1].slot, a_slot_is_of_one_page)
}

inline check_slots()
{
	for (i : 0 .. SLOTS - 1) {
		v = covers(0, i) + covers(1, i) + covers(2, i) + covers(3, i);
		must(slots[i].state != FREE || v == 0, a_slot_is_free_only_when_nothing_is_under_way);
		must(v == is_moving(i), a_slot_on_its_way_is_in_one_request);
		must(slots[i].state != HELD || page[0].slot == i || page[1].slot == i, no_slot_is_lost)
	}
}

/* Threads are alike: states in which they have changed places are one. */
#define rank(t) (wants[t] * 256 + waits[t])

inline sort_threads()
{
	if
	:: rank(0) > rank(1) ->
		v = wants[0]; wants[0] = wants[1]; wants[1] = v;
		v = waits[0]; waits[0] = waits[1]; waits[1] = v
	:: else -> skip
	fi
}

inline leave()
{
	if
	:: condemned -> process_ends()
	:: else -> skip
	fi;
	wake_starved();
	bounce_refill();
	check_pages();
	check_slots();
	must(ready + free + page[0].resident + page[1].resident + requests[0].lent + requests[1].lent + requests[2].lent + requests[3].lent == FRAMES,
	     a_frame_is_in_one_place);
	sort_threads();
	a = 0; b = 0; got = 0; i = 0; k = 0; m = 0; n = 0; o = 0; q = 0; s = 0; v = 0;
	wanted = 0; retry = 0;
	brought[0].version = 0; brought[0].value = 0; brought[1].version = 0; brought[1].value = 0
}

/* ---- the program ---- */

inline write(p)
{
	writes++;
	page[p].written = writes;
	page[p].value = writes;
	page[p].dirty = 1;
	printf("STORY the program writes %d to page %d\n", writes, p)
}

#define starts(t, p) (!quiet && wants[t] == NONE && faults < FAULTS && !page[p].resident)
#define goes_on(t, p) (wants[t] == p && waits[t] == RUNS)
#define can_fault(t, p) ((starts(t, p) || goes_on(t, p)) && !page[p].resident)

/* A touch of a page that is not there: pager_wait_for_page, with so many pages at once if one must be fetched. */
inline fault(t, p, size)
{
	faults = faults + (wants[t] == NONE);
	wants[t] = p;
	printf("STORY thread %d touches page %d, which is not there\n", t, p);
	if
	:: !is_outside(p) && free > 0 -> free--; page[p].resident = 1
	:: !is_outside(p) && free == 0 -> waits[t] = MEMORY; happens(9, a_thread_that_starves)
	:: is_outside(p) && !pager_may_come -> process_condemn()
	:: else ->
		waits[t] = page[p].slot;
		if
		:: slots[page[p].slot].state == HELD && page_in_can(size) -> page_in(p, size)
		:: slots[page[p].slot].state == HELD && !page_in_can(size) -> waits[t] = IDLENESS; happens(10, a_wait_for_any_request)
		:: slots[page[p].slot].state == ARRIVING && BUG_SECOND_REQUEST && page_in_can(1) -> page_in(p, 1)
		:: slots[page[p].slot].state == ARRIVING && !(BUG_SECOND_REQUEST && page_in_can(1)) -> happens(11, a_double_fault)
		:: slots[page[p].slot].state == LEAVING -> happens(16, a_touch_of_a_page_on_its_way_out)
		fi
	fi
}

#define thread_steps(t, p) \
	:: d_step { can_fault(t, p) -> fault(t, p, 1); leave() } \
	:: d_step { can_fault(t, p) && is_outside(p) && reads_ahead(p) && slots[page[p].slot].state == HELD && page_in_can(2) -> fault(t, p, 2); leave() } \
	:: d_step { goes_on(t, p) && page[p].resident -> wants[t] = NONE; leave() } \
	:: d_step { goes_on(t, p) && page[p].resident && !quiet && writes < WRITES -> wants[t] = NONE; write(p); leave() }

/* ---- policy: any page at any time ---- */

#define is_stored(p) (page[p].slot != NONE && (!page[p].dirty || BUG_DIRTY_DROPPED))
#define can_go(p) (!quiet && evictions < EVICTIONS && page[p].resident && (requests[0].state == IDLE || requests[1].state == IDLE) && pager_may_come)

#define page_steps(p) \
	:: d_step { !quiet && page[p].resident && writes < WRITES -> write(p); leave() } \
	:: d_step { can_go(p) && is_stored(p) -> evictions++; drop(p); leave() } \
	:: d_step { can_go(p) && !is_stored(p) -> evictions++; page_out(p, 1); leave() } \
	:: d_step { !quiet && drops < DROPS && (page[p].resident || is_outside(p)) -> \
		drops++; printf("STORY page %d is unmapped\n", p); aspace_discard(p); leave() }

/* ---- pagers ---- */

#define is_served(r) (pager_lives && !silent && requests[r].state == TAKEN)

inline take(r)
{
	printf("STORY the pager takes request %d: %d from slot %d on\n", r, requests[r].count, requests[r].slot);
	requests[r].state = TAKEN;
	must(!is_out(r) || requests[r].frames[0].version != 0, the_pager_sees_only_what_is_sealed);
	if
	:: again == r && !BUG_TOKEN_KEPT -> again_valid = 0
	:: else -> skip
	fi
}

/* A block is written. That it is written twice, by a pager and by the next, makes no difference. */
inline stores(r)
{
	for (k : 0 .. 1) {
		q = requests[r].slot + k;
		if
		:: k < requests[r].count && store[q].version != requests[r].frames[k].version ->
			store[BEFORE + q].version = store[q].version;
			store[BEFORE + q].value = store[q].value;
			store[q].version = requests[r].frames[k].version;
			store[q].value = requests[r].frames[k].value
		:: else -> skip
		fi
	}
	requests[r].stored = 1
}

inline fetches(r, which)
{
	q = requests[r].slot;
	for (k : 0 .. 1) {
		if
		:: k < requests[r].count -> brought[k].version = store[which + q + k].version; brought[k].value = store[which + q + k].value
		:: else -> skip
		fi
	}
}

inline answer(r, ok)
{
	printf("STORY the pager answers request %d\n", r);
	settle(r, ok)
}

/* It used this token before. */
inline answer_again(r)
{
	again = NONE;
	happens(12, a_second_answer);
	if
	:: (requests[r].state == TAKEN || BUG_REPLY_TWICE) && again_valid ->
		printf("STORY the pager answers request %d again, and that counts\n", r);
		must(requests[r].state == TAKEN, an_answer_counts_once);
		must(false, a_reply_answers_its_own_call);
		settle(r, true)
	:: else -> printf("STORY the pager answers request %d again: STALE\n", r)
	fi;
	again_valid = 0
}

/* kernel/ipc/call_end.c:port_server_ended. What it held waits for the next, as it was. */
inline pager_ends()
{
	printf("STORY the pager ends\n");
	pager_lives = 0;
	silent = 0;
	again = NONE;
	again_valid = 0;
	for (i : 0 .. REQUESTS - 1) {
		if
		:: requests[i].state == TAKEN && !BUG_CALL_DROPPED -> requests[i].state = QUEUED; requests[i].stored = 0; happens(13, a_request_for_the_next_pager)
		:: requests[i].state == TAKEN && BUG_CALL_DROPPED -> requests[i].lent = 0; request_clear(i)
		:: else -> skip
		fi
	}
}

/* The port ends, and with it all that waits there. */
inline supervisor_gives_up()
{
	printf("STORY there will be no pager any more\n");
	pager_may_come = 0;
	for (i : 0 .. REQUESTS - 1) {
		if
		:: requests[i].state == QUEUED && !BUG_GIVE_UP_UNHEARD -> settle(i, false); happens(14, a_request_that_nobody_takes)
		:: else -> skip
		fi
	}
}

#define request_steps(r) \
	:: d_step { pager_lives && !silent && requests[r].state == QUEUED -> take(r); leave() } \
	:: d_step { is_served(r) && !quiet && errors < ERRORS -> errors++; printf("STORY an error of the store\n"); answer(r, false); leave() } \
	:: d_step { is_served(r) && !quiet && odd < ODDITIES && (!is_out(r) || requests[r].stored) -> /* it will answer twice */ \
		odd++; fetches(r, 0); answer(r, true); again = r; again_valid = 1; leave() }

#define out_steps(r) \
	request_steps(r) \
	:: d_step { is_served(r) && !requests[r].stored -> stores(r); leave() } \
	:: d_step { is_served(r) && requests[r].stored -> answer(r, true); leave() } \
	:: d_step { is_served(r) && !quiet && odd < ODDITIES && !requests[r].stored -> \
		odd++; lied = 1; printf("STORY the pager does not store it\n"); answer(r, true); leave() }

#define in_steps(r) \
	request_steps(r) \
	:: d_step { is_served(r) -> fetches(r, 0); answer(r, true); leave() } \
	:: d_step { is_served(r) && !quiet && odd < ODDITIES -> \
		odd++; lied = 1; printf("STORY the pager brings what was there before\n"); fetches(r, BEFORE); answer(r, true); leave() } \
	:: d_step { is_served(r) && !quiet && odd < ODDITIES && requests[r].count == 1 -> \
		odd++; lied = 1; printf("STORY the pager brings another page\n"); \
		brought[0].version = store[1 - requests[r].slot].version; brought[0].value = store[1 - requests[r].slot].value; \
		answer(r, true); leave() }

#define some_sent (requests[0].state != IDLE || requests[1].state != IDLE || requests[2].state != IDLE || requests[3].state != IDLE)

init {
	d_step {
		for (i : 0 .. PAGES - 1) { page[i].slot = NONE }
		for (i : 0 .. SLOTS - 1) { slots[i].state = FREE }
		for (i : 0 .. REQUESTS - 1) { requests[i].state = IDLE }
		for (i : 0 .. THREADS - 1) { waits[i] = RUNS; wants[i] = NONE }
		leave()
	}
	do
	thread_steps(0, 0)
	thread_steps(0, 1)
	thread_steps(1, 0)
	thread_steps(1, 1)
	page_steps(0)
	page_steps(1)
	:: d_step { can_go(0) && page[1].resident && !(is_stored(0) || is_stored(1)) -> evictions++; page_out(0, 2); leave() }
	:: d_step { !quiet && drops < DROPS -> drops++; printf("STORY the program ends; another has its place\n"); process_ends(); leave() }
	out_steps(0)
	out_steps(1)
	in_steps(2)
	in_steps(3)
	:: d_step { pager_lives && !silent && again != NONE -> n = again; answer_again(n); leave() }
	:: d_step { pager_lives && !quiet && !silent && odd < ODDITIES -> odd++; silent = 1; printf("STORY the pager says nothing any more\n"); leave() }
	:: d_step { silent && some_sent && !BUG_SILENCE_SUFFERED -> happens(15, a_silent_pager); pager_ends(); leave() } /* request.c:watch */
	:: d_step { pager_lives && !quiet && deaths < DEATHS -> deaths++; pager_ends(); leave() }
	:: d_step { !pager_lives && pager_may_come -> pager_lives = 1; printf("STORY another pager comes\n"); leave() }
	:: d_step { !pager_lives && pager_may_come && !quiet -> supervisor_gives_up(); leave() }
	:: d_step { !quiet -> quiet = 1; faults = 0; writes = 0; evictions = 0; drops = 0; deaths = 0; errors = 0; odd = 0; versions = 0 }
	:: timeout -> break
	od;
	/* Nothing can happen any more: nobody waits, and nothing is on its way. */
	must(wants[0] == NONE && wants[1] == NONE, whoever_waits_goes_on);
	must(!some_sent, what_is_sent_comes_to_an_end)
}
