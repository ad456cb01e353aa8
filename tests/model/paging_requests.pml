/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to the pager, who waits for them, and what is left when the kernel is left; of paging.pml. */

/* ---- who waits: kernel/paging/pager.c ---- */

inline pager_wake(first, size)
{
	for (o : 0 .. THREADS - 1) {
		if
		:: waits[o] == IDLENESS && !BUG(IDLE_UNHEARD) -> waits[o] = RUNS
		:: waits[o] >= first && waits[o] < first + size -> waits[o] = RUNS; if :: BUG(ONE_WOKEN) -> break :: else -> skip fi
		:: else -> skip
		fi
	}
}

/* ---- a request: kernel/paging/request.c ---- */

#define is_out(r) (r < OUTS)
#define is_queued(r) (requests[r].state == SENT && !requests[r].taken)
#define is_taken(r) (requests[r].state == SENT && requests[r].taken)
#define covers(r, x) (requests[r].state != IDLE && requests[r].slot <= x && x < requests[r].slot + requests[r].count)

inline request_set_state(r, to)
{
	must(request_may(requests[r].state, to), a_request_follows_its_life_cycle);
	request_did(requests[r].state, to);
	requests[r].state = to;
	requests[r].taken = 0
}

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
	request_set_state(r, SENT);
	requests[r].slot = x;
	requests[r].count = size
}

inline request_clear(r)
{
	must(requests[r].lent == 0, a_frame_is_in_one_place);
	request_set_state(r, IDLE);
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
	happens(a_clean_page_is_dropped);
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
		:: k < got && page[p + k].slot != NONE && !BUG(OLD_SLOT_KEPT) -> slot_release(page[p + k].slot)
		:: else -> skip
		fi
	}
	if
	:: got == 0 && page[p].slot == NONE && size == 2 -> a = p + 1
	:: else -> skip
	fi;
	if
	:: got == 0 && page[a].slot != NONE -> first = page[a].slot; slot_reuse(first); got = 1; happens(a_slot_is_rewritten)
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
			requests[n].frames[k].version = (BUG(NOT_SEALED) -> 0 : slots[s + k].version);
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
	:: got == 2 -> happens(a_run_goes_out)
	:: else -> skip
	fi
}

inline bring_back(r, x, content)
{
	must(seal_opens(x, content), an_honest_pager_costs_nothing); /* it was lent for reading */
	aspace_install(r, x, content);
	happens(a_page_that_cannot_go_stays);
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
			:: !ok && wanted && k != missing && !BUG(FAILED_OUT_HELD) -> bring_back(r, q + k, requests[r].frames[k])
			:: else -> bounce_put(r, k)
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
		:: k < size -> slot_set_state(page[p].slot + k, ARRIVING); ready--; requests[n].lent++
		:: else -> skip
		fi
	}
	if
	:: size == 2 -> happens(a_run_comes_in)
	:: else -> skip
	fi
}

inline settle_page(r, x, number, ok)
{
	slot_settle(x);
	if
	:: wanted && ok && number != missing && seal_opens(x, brought[number]) ->
		printf("STORY page %d comes in\n", slots[x].page);
		aspace_install(r, x, brought[number]);
		if
		:: BUG(FRAME_TWICE) -> requests[r].lent++; bounce_put(r, number)
		:: else -> skip
		fi
	:: wanted && !(ok && number != missing && seal_opens(x, brought[number])) && number == 0 ->
		slot_set_state(x, LOST);
		process_condemn();
		bounce_put(r, number)
	:: else -> bounce_put(r, number)
	fi
}

/* What was asked for is tried once more if it fails, by itself. */
inline page_in_settle(r, ok)
{
	q = requests[r].slot;
	m = requests[r].count;
	retry = !ok && !requests[r].retried && !slots[q].doomed && missing != 0 && !BUG(NOT_RETRIED);
	for (k : 0 .. 1) {
		if
		:: k >= retry && k < m -> settle_page(r, q + k, k, ok)
		:: else -> skip
		fi
	}
	pager_wake(q + retry, m - retry);
	if
	:: retry && pager_may_come -> requests[r].count = 1; requests[r].retried = 1; request_set_state(r, SENT); happens(a_second_try)
	:: retry && !pager_may_come -> settle_page(r, q, 0, false); pager_wake(q, 1); request_clear(r) /* the call ends at once */
	:: else -> request_clear(r)
	fi
}

/* kernel/paging/request.c:done */
inline settle(r, ok)
{
	request_set_state(r, SETTLING);
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

/* Threads are alike, and so are requests of a kind: states in which they have changed places are one. */
#define swap(one, other) v = one; one = other; other = v
#define thread_rank(x) (wants[x] * 256 + waits[x])
#define request_rank(x) (requests[x].state == IDLE -> SLOTS : requests[x].slot)

inline sort_threads()
{
	if
	:: thread_rank(0) > thread_rank(1) -> swap(wants[0], wants[1]); swap(waits[0], waits[1])
	:: else -> skip
	fi
}

inline sort_requests(x, y)
{
	if
	:: request_rank(x) > request_rank(y) ->
		swap(requests[x].state, requests[y].state);
		swap(requests[x].taken, requests[y].taken);
		swap(requests[x].retried, requests[y].retried);
		swap(requests[x].stored, requests[y].stored);
		swap(requests[x].slot, requests[y].slot);
		swap(requests[x].count, requests[y].count);
		swap(requests[x].lent, requests[y].lent);
		swap(requests[x].frames[0].version, requests[y].frames[0].version);
		swap(requests[x].frames[0].value, requests[y].frames[0].value);
		swap(requests[x].frames[1].version, requests[y].frames[1].version);
		swap(requests[x].frames[1].value, requests[y].frames[1].value);
		if
		:: again == x -> again = y
		:: again == y -> again = x
		:: else -> skip
		fi
	:: else -> skip
	fi
}

/* What no pager will bring any more: a store's old blocks, when there is no lie left. */
inline forget_blocks()
{
	for (i : 0 .. SLOTS - 1) {
		if
		:: slots[i].state == FREE -> store[i].version = 0; store[i].value = 0
		:: else -> skip
		fi;
		store[BEFORE + i].version = 0;
		store[BEFORE + i].value = 0
	}
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
	for (i : 0 .. REQUESTS - 1) {
		must(requests[i].state == IDLE || requests[i].lent == requests[i].count, a_request_has_all_its_frames)
	}
	must(ready + free + kept + page[0].resident + page[1].resident + requests[0].lent + requests[1].lent + requests[2].lent + requests[3].lent == FRAMES,
	     a_frame_is_in_one_place);
	if
	:: quiet || odd == ODDITIES -> forget_blocks()
	:: else -> skip
	fi;
	sort_threads();
	sort_requests(0, 1);
	sort_requests(2, 3);
	act = 0; t = 0; p = 0; r = 0; size = 0; ok = 0;
	a = 0; b = 0; got = 0; i = 0; k = 0; m = 0; n = 0; o = 0; q = 0; s = 0; v = 0;
	wanted = 0; retry = 0; missing = NONE;
	brought[0].version = 0; brought[0].value = 0; brought[1].version = 0; brought[1].value = 0
}
