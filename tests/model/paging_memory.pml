/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots, frames and pages, of paging.pml. */

/* ---- slots: kernel/mm/slot.c ---- */

#define is_moving(x) (slots[x].state == LEAVING || slots[x].state == ARRIVING)

inline slot_set_state(x, to)
{
	must(slot_may(slots[x].state, to), a_slot_follows_its_life_cycle);
	slot_did(slots[x].state, to);
	slots[x].state = to
}

inline make_free(x)
{
	slot_set_state(x, FREE);
	slots[x].doomed = 0;
	slots[x].version = 0;
	slots[x].page = 0
}

inline slot_take(x)
{
	versions++;
	slot_set_state(x, LEAVING);
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
	slot_set_state(x, LEAVING);
	if
	:: BUG(VERSION_KEPT) -> skip
	:: else -> versions++; slots[x].version = versions
	fi
}

inline slot_release(x)
{
	must(slots[x].state != FREE && !slots[x].doomed, a_slot_is_released_once);
	if
	:: slots[x].state == HELD || slots[x].state == LOST || BUG(FREE_ON_THE_WAY) -> make_free(x)
	:: else -> slots[x].doomed = 1; happens(a_slot_is_doomed)
	fi
}

inline slot_settle(x)
{
	must(is_moving(x), an_answer_counts_once);
	wanted = !slots[x].doomed;
	if
	:: wanted -> slot_set_state(x, HELD)
	:: else -> make_free(x)
	fi
}

/* ---- frames: kernel/paging/bounce.c ---- */

/* The n-th of a request; it may not have come back. */
inline bounce_put(r, number)
{
	requests[r].lent--;
	if
	:: number == missing -> kept++
	:: else -> skip
	fi;
	if
	:: number == missing && !BUG(KEPT_TAKEN) -> happens(a_frame_that_does_not_come_back)
	:: number == missing && BUG(KEPT_TAKEN) -> ready++
	:: number != missing && BUG(FRAME_FORGOTTEN) -> skip
	:: number != missing && !BUG(FRAME_FORGOTTEN) && ready < RESERVE -> ready++
	:: number != missing && !BUG(FRAME_FORGOTTEN) && ready >= RESERVE -> free++
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

/* kernel/paging/policy.c:give_up_slot, reclaim_slots: when slots are scarce, of a page in RAM. */
inline aspace_forget_slot(p)
{
	printf("STORY page %d gives up slot %d\n", p, page[p].slot);
	happens(a_page_in_ram_gives_up_its_slot);
	slot_release(page[p].slot);
	page[p].slot = NONE
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
	happens(a_condemnation);
	condemned = 1
}

/* The seal opens what was sealed last for this slot, nothing else. */
#define seal_opens(x, content) (content.version != 0 && (content.version == slots[x].version || BUG(VERSION_IGNORED)))

inline aspace_install(r, x, content)
{
	b = slots[x].page;
	page[b].resident = 1;
	page[b].dirty = 0;
	page[b].value = content.value;
	requests[r].lent--
}
