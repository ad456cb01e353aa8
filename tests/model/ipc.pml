/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small model of IPC: ports, calls, tokens, deadlines, deaths, restarts. An inline is named like the function of the kernel that it
 * stands for. Each happens in one atomic step, as the kernel runs with interrupts off. programs.pml is what user space does with it.
 *
 * The file of a chain says who calls whom by which contract, then includes both (tools/signetkit/model/model.py writes it, docs/model.md explains
 * it). Runs are finite, because every step uses up some of a budget: whoever still waits at the end waits for ever.
 */

/* Faults to seed, for the test that they are found: -DBUG_NAME=true. */
#ifndef BUG_DEATH_UNHEARD
#define BUG_DEATH_UNHEARD false
#endif
#ifndef BUG_GIVE_UP_UNHEARD
#define BUG_GIVE_UP_UNHEARD false
#endif
#ifndef BUG_REPLY_TWICE
#define BUG_REPLY_TWICE false
#endif
#ifndef BUG_TOKEN_AFTER_DEADLINE
#define BUG_TOKEN_AFTER_DEADLINE false
#endif
#ifndef BUG_GENERATION_IGNORED
#define BUG_GENERATION_IGNORED false
#endif
#ifndef BUG_QUEUE_DROPPED
#define BUG_QUEUE_DROPPED false
#endif
#ifndef BUG_STATE_ON_ERROR
#define BUG_STATE_ON_ERROR false
#endif
#ifndef BUG_RANK_IGNORED
#define BUG_RANK_IGNORED false
#endif
#ifndef BUG_FREED_WHILE_SERVED
#define BUG_FREED_WHILE_SERVED false
#endif
#ifndef BUG_OUT_OF_TURN
#define BUG_OUT_OF_TURN false
#endif
#ifndef BUG_TWO_INSTANCES
#define BUG_TWO_INSTANCES false
#endif
#ifndef BUG_REPLAY_ANY
#define BUG_REPLAY_ANY false
#endif
#ifndef BUG_POISON_UNLIMITED
#define BUG_POISON_UNLIMITED false
#endif
#ifndef BUG_GENERATION_KEPT
#define BUG_GENERATION_KEPT false
#endif
#ifndef BUG_CLOSE_UNHEARD
#define BUG_CLOSE_UNHEARD false
#endif

/* What may happen in one run. */
#ifndef CALLS
#define CALLS 2 /* that the client makes; its double makes one */
#endif
#ifndef NESTED
#define NESTED 1 /* that each server makes */
#endif
#ifndef DEATHS
#define DEATHS 2 /* of all processes together */
#endif
#ifndef DEADLINES
#define DEADLINES 1 /* that pass */
#endif
#ifndef ODDITIES
#define ODDITIES 1 /* things that no correct program does, or seldom: see the uses of `odd` */
#endif
#ifndef RESTARTS
#define RESTARTS 1 /* of one server, before the supervisor gives up, if not at once: policies differ */
#endif
#define DEATHS_SEEN 2 /* by one call: CALL_DEATHS_MAX */
#define HOLDS 2    /* calls that one server holds at a time */
#define NOBODY 255

mtype:life = { RUNNING, ENDING, GONE };
mtype:call = { IDLE, QUEUED, HELD };
mtype:hold = { FREE, UNANSWERED, ANSWERED };
/* Outcomes of a call and of a reply. */
#define OK 1
#define REFUSED 2 /* any error that the contract names */
#define OUT_OF_TURN 3
#define INTERRUPTED 4
#define PEER_GONE 5
#define TIMED_OUT 6

/*
 * A token as a server remembers it. In place of the kernel's count of deliveries, the generation is how many calls its caller still had to
 * make, and how many servers had died with the call: that is as unique, and gives fewer states.
 */
typedef Hold {
	mtype:hold is = FREE;
	byte caller, generation, seen;
};

/* A process, its one thread, the thread's call, and the port that it serves. */
typedef Process {
	mtype:life life = RUNNING;
	bit waits; /* the thread is QUEUED or SERVED */
	mtype:call call = IDLE;
	byte channel, operation; /* of the call */
	bit wrong; /* the operation is not legal, and the caller knows */
	bit lent; /* somebody works on its pages */
	byte seen; /* servers that died with the call */
	byte left; /* calls it will still make */
	bit bound; /* its port has a server: itself */
	bit kept; /* the supervisor holds the port, too */
	byte restarts = RESTARTS;
	byte work = NOBODY; /* which of its holds a handler is running for */
	Hold holds[HOLDS];
};

typedef Channel {
	bit open;  /* the client end exists */
	bit dead;  /* the server has closed it */
	bit told;  /* NOTIFY_CLOSED reached the client */
	byte state; /* of the protocol, in the badge: the kernel keeps it */
	byte view; /* the same, as the client believes */
};

Process p[PROCESSES];
Channel c[CHANNELS];
byte deaths = DEATHS, deadlines = DEADLINES, odd = ODDITIES;
hidden byte i, s, ch, up, op, to, at, how; /* used within one step only */

/* What must hold; the property is told by its name. */
#define must(condition, property) \
	if \
	:: condition -> skip \
	:: else -> printf("BROKEN "); printf(#property); printf("\n"); assert(false) \
	fi

/* ---- the kernel ---- */

/* Over which end h can the program x ask something? It goes by the state as it believes it to be. */
#define usable(h, x) (client_of(h) == x && c[h].open && can_call(h, c[h].view))
#define is_client_of(h, port) (port_of(h) == port && c[h].open && !c[h].dead)
#define is_gone(h) (c[h].dead || (!p[port_of(h)].bound && !p[port_of(h)].kept))
#define queued_at(x, port) (p[x].call == QUEUED && port_of(p[x].channel) == port)
#define orphaned(x) (p[x].life == ENDING && p[x].call == HELD)

/* The thread runs again with this outcome. */
inline thread_wakes(x, outcome)
{
	must(p[x].waits, a_call_ends_once);
	p[x].waits = 0;
	printf("EVENT RESULT %d %d %d %d\n", x, p[x].channel, p[x].operation, outcome);
	if
	:: outcome == OK -> c[p[x].channel].view = next_state(p[x].channel, p[x].operation, c[p[x].channel].view)
	:: else -> skip
	fi;
	must(c[p[x].channel].view == c[p[x].channel].state, state_changes_by_success_only);
	must(outcome != OUT_OF_TURN || p[x].wrong, who_keeps_the_contract_is_served);
	forget_call(x)
}

inline forget_call(x)
{
	p[x].channel = 0;
	p[x].operation = 0;
	p[x].seen = 0;
	p[x].wrong = 0
}

inline call_end(x, outcome)
{
	p[x].call = IDLE;
	p[x].lent = 0;
	if
	:: p[x].life == ENDING -> p[x].waits = 0; forget_call(x) /* an orphan: buried */
	:: else -> thread_wakes(x, outcome)
	fi
}

inline port_call(x, h, o)
{
	p[x].left--;
	p[x].channel = h;
	p[x].operation = o;
	p[x].waits = 1;
	printf("EVENT CALL %d %d %d %d\n", x, h, o, c[h].state);
	if
	:: is_gone(h) || (!p[port_of(h)].bound && !call_waits(x)) -> call_end(x, PEER_GONE)
	:: else -> p[x].call = QUEUED
	fi
}

/* A receiver takes the call of x into its hold h. */
inline deliver(x, port, h)
{
	must(p[x].seen < DEATHS_SEEN, no_third_server_gets_a_call);
	must(p[x].seen == 0 || is_idempotent(p[x].channel, p[x].operation), only_idempotent_calls_come_again);
	p[x].call = HELD;
	p[x].lent = 1;
	p[port].holds[h].is = UNANSWERED;
	p[port].holds[h].caller = x;
	p[port].holds[h].generation = p[x].left;
	p[port].holds[h].seen = p[x].seen;
	printf("EVENT TAKE %d %d %d %d\n", port, x, p[x].channel, c[p[x].channel].state)
}

#define caller_of(port, h) p[port].holds[h].caller
#define is_held(x, by) (p[x].call == HELD && port_of(p[x].channel) == by)
#define call_find_held(port, h) (is_held(caller_of(port, h), port) && \
	(p[caller_of(port, h)].left == p[port].holds[h].generation || BUG_GENERATION_IGNORED) && \
	(p[caller_of(port, h)].seen == p[port].holds[h].seen || BUG_GENERATION_IGNORED || BUG_GENERATION_KEPT))

/* A reply: the badge's new state comes with success; so may an end of a new channel, `up`, in state `to`. */
inline port_reply(port, h, outcome)
{
	i = caller_of(port, h);
	if
	:: call_find_held(port, h) && !orphaned(i) ->
		printf("EVENT REPLY %d %d %d %d\n", port, i, p[i].channel, outcome);
		must(p[i].left == p[port].holds[h].generation && p[i].seen == p[port].holds[h].seen, a_reply_answers_its_own_call);
		if
		:: outcome == OK || BUG_STATE_ON_ERROR ->
			c[p[i].channel].state = next_state(p[i].channel, p[i].operation, c[p[i].channel].state)
		:: else -> skip
		fi;
		if
		:: outcome == OK && up != NOBODY -> c[up].open = 1; c[up].dead = 0; c[up].told = 0; c[up].state = to; c[up].view = to
		:: else -> skip
		fi;
		if
		:: BUG_REPLY_TWICE -> thread_wakes(i, outcome)
		:: else -> call_end(i, outcome)
		fi
	:: call_find_held(port, h) && orphaned(i) -> printf("EVENT REPLY %d %d %d %d\n", port, i, p[i].channel, outcome); call_end(i, outcome)
	:: else -> printf("EVENT STALE %d %d\n", port, i)
	fi;
	up = NOBODY
}

inline hold_clear(port, h)
{
	p[port].holds[h].is = FREE;
	p[port].holds[h].caller = 0;
	p[port].holds[h].generation = 0;
	p[port].holds[h].seen = 0
}

inline port_deadline(x)
{
	deadlines--;
	if
	:: BUG_TOKEN_AFTER_DEADLINE && p[x].call == HELD -> p[x].lent = 0; thread_wakes(x, TIMED_OUT)
	:: else -> call_end(x, TIMED_OUT)
	fi
}

/* Its process has ended: a call that nobody has taken is withdrawn, one that is served keeps it until the server lets go. */
inline port_abandon(x)
{
	if
	:: p[x].call == QUEUED || (BUG_FREED_WHILE_SERVED && p[x].call == HELD) ->
		p[x].call = IDLE;
		p[x].waits = 0;
		forget_call(x)
	:: else -> skip
	fi
}

#define is_over(call, h) (h == NOBODY || p[call].channel == h)

/* Ends the calls queued at a port over one channel, or (NOBODY) over any. */
inline port_end_queued(port, h)
{
	for (i : 0 .. PROCESSES - 1) {
		if
		:: queued_at(i, port) && is_over(i, h) -> call_end(i, PEER_GONE)
		:: else -> skip
		fi
	}
}

/* A client's end is dead from now on, and it is told. */
inline channel_sever(h)
{
	c[h].dead = 1;
	c[h].told = 1;
	if
	:: BUG_CLOSE_UNHEARD -> skip
	:: else -> port_end_queued(port_of(h), h)
	fi
}

/* The supervisor's handle was the last: nobody will ever serve this port again. */
inline port_drop_handle(port)
{
	p[port].kept = 0;
	if
	:: BUG_GIVE_UP_UNHEARD -> skip
	:: else -> port_end_queued(port, NOBODY)
	fi;
	for (ch : 0 .. CHANNELS - 1) {
		if
		:: port_of(ch) == port && c[ch].open -> c[ch].dead = 1; c[ch].told = 1
		:: else -> skip
		fi
	}
}

/* Nobody serves for now. Calls wait for the next instance, but for those of the kernel. */
inline port_unbind(port)
{
	p[port].bound = 0;
	for (i : 0 .. PROCESSES - 1) {
		if
		:: queued_at(i, port) && !call_waits(i) -> call_end(i, PEER_GONE)
		:: queued_at(i, port) && call_waits(i) && BUG_QUEUE_DROPPED -> p[i].call = IDLE
		:: else -> skip
		fi
	}
}

/* May a client end go to a process of this rank? */
#define channel_may_move(h, whom) (rank(whom) > rank(port_of(h)) || BUG_RANK_IGNORED)

/* A process begins to end: kernel/call/ending.c, begin. */
inline process_begins_to_end(x)
{
	deaths--;
	printf("EVENT DIE %d\n", x);
	p[x].life = ENDING;
	port_abandon(x);
	p[x].work = NOBODY;
	hold_clear(x, 1);
	if
	:: odd > 0 && p[x].holds[0].is == UNANSWERED -> /* its successor learns a token, and keeps it */
		odd--;
		p[x].holds[1].is = ANSWERED;
		p[x].holds[1].caller = p[x].holds[0].caller;
		p[x].holds[1].generation = p[x].holds[0].generation;
		p[x].holds[1].seen = p[x].holds[0].seen
	:: true -> skip
	fi;
	hold_clear(x, 0);
	port_unbind(x);
	for (ch : 0 .. CHANNELS - 1) {
		if
		:: client_of(ch) == x -> c[ch].open = 0
		:: else -> skip
		fi
	}
}

/* Is the whole message still with a caller who waits for the answer, and may somebody else give it? */
#define may_be_replayed(x, port) ((is_idempotent(p[x].channel, p[x].operation) || BUG_REPLAY_ANY) && \
	(p[x].seen < DEATHS_SEEN || BUG_POISON_UNLIMITED) && call_waits(x) && !orphaned(x) && p[port].kept && !c[p[x].channel].dead)

inline replay_or_interrupt(x, port)
{
	p[x].seen++;
	if
	:: may_be_replayed(x, port) -> p[x].call = QUEUED; p[x].lent = 0; printf("EVENT AGAIN %d %d\n", port, x)
	:: else -> call_end(x, INTERRUPTED)
	fi
}

inline port_server_ended(x)
{
	for (i : 0 .. PROCESSES - 1) {
		if
		:: is_held(i, x) && !BUG_DEATH_UNHEARD -> replay_or_interrupt(i, x)
		:: else -> skip
		fi
	}
}

/* Its thread is buried: kernel/call/ending.c, finish. */
inline process_finishes(x)
{
	port_server_ended(x);
	for (i : 0 .. PROCESSES - 1) {
		must(!is_held(i, x), a_death_reaches_every_client)
	}
	must(!p[x].lent, what_a_server_holds_is_not_freed);
	printf("EVENT END %d\n", x);
	p[x].life = GONE
}

/* ---- the supervisor ---- */

inline port_bind(x)
{
	for (i : 0 .. PROCESSES - 1) {
		must(!is_held(i, x), one_instance_acts)
	}
	p[x].bound = 1
}

/* A new instance, with new channels of its own; those of its clients are as they were. */
inline supervisor_restarts(x)
{
	p[x].restarts--;
	printf("EVENT RESTART %d\n", x);
	for (ch : 0 .. CHANNELS - 1) {
		if
		:: client_of(ch) == x && is_born(ch) ->
			c[ch].open = 1; c[ch].dead = 0; c[ch].told = is_gone(ch); c[ch].state = first_state(ch); c[ch].view = c[ch].state
		:: else -> skip
		fi
	}
	p[x].life = RUNNING;
	port_bind(x)
}

inline supervisor_gives_up(x)
{
	printf("EVENT GIVE_UP %d\n", x);
	port_drop_handle(x)
}

