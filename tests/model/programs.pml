/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs do with ipc.pml: any program that uses the contracts of its chain, some that do not keep to them, and deaths at any
 * moment. Each process has one thread; a server takes up to HOLDS calls, calls others while it serves, answers at once or later.
 */


/* Any legal operation over any channel. */
inline calls(x)
{
	choose_channel(x);
	at = c[ch].view;
	choose_operation(ch);
	port_call(x, ch, op)
}

/* A program that does not keep to its contract. */
inline calls_out_of_turn(x)
{
	odd--;
	at = c[ch].view;
	choose_wrong_operation(ch);
	p[x].wrong = 1;
	port_call(x, ch, op)
}

/* A server hands an end to its own port to the server that it calls, which would close a circle. */
inline passes_end_down(h)
{
	odd--;
	if
	:: channel_may_move(h, client_of(h)) ->
		printf("EVENT PASSED %d\n", h);
		c[h].open = 1; c[h].dead = 0; c[h].state = first_state(h); c[h].view = c[h].state
	:: else -> printf("EVENT KEPT %d\n", h)
	fi
}

/* The dispatcher: what is out of turn does not reach a handler. */
inline takes(x)
{
	choose_caller(x);
	to = i;
	if
	:: p[x].holds[0].is != UNANSWERED -> s = 0
	:: else -> s = 1
	fi;
	deliver(to, x, s);
	if
	:: is_legal(p[to].channel, p[to].operation, c[p[to].channel].state) || BUG_OUT_OF_TURN ->
		must(is_legal(p[to].channel, p[to].operation, c[p[to].channel].state), a_handler_is_called_in_turn);
		p[x].work = s
	:: else -> how = OUT_OF_TURN; up = NOBODY; port_reply(x, s, how); hold_clear(x, s)
	fi
}

/* The answer to hold h; one that hands out a channel needs room for it. An odd server then keeps the token, and uses it again. */
inline answers(x, h)
{
	i = caller_of(x, h);
	ch = p[i].channel;
	op = p[i].operation;
	up = (p[x].holds[h].is == UNANSWERED -> opened(ch, op) : NOBODY);
	if
	:: p[x].holds[h].is == UNANSWERED -> how = REFUSED
	:: up == NOBODY -> how = OK
	:: up != NOBODY && !c[up].open -> how = OK; choose_opened_state(ch)
	fi;
	port_reply(x, h, how);
	if
	:: odd > 0 && p[x].holds[h].is == UNANSWERED -> odd--; p[x].holds[h].is = ANSWERED
	:: hold_clear(x, h)
	fi
}

/* ---- a process: all that can happen to it ---- */

#define may_die(x) (p[x].life == RUNNING && deaths > 0 && is_mortal(x))
#define may_expire(x) (p[x].life == RUNNING && p[x].waits && deadlines > 0 && !is_kernel(x))
#define may_finish(x) (p[x].life == ENDING && p[x].call == IDLE)
#define may_return(x) ((p[x].life == GONE || (BUG_TWO_INSTANCES && p[x].life == ENDING)) && p[x].kept)
#define is_unanswered(x, h) (p[x].holds[h].is == UNANSWERED)
#define has_room(x) (!is_unanswered(x, 0) || !is_unanswered(x, 1))
#define is_idle(x) (p[x].life == RUNNING && p[x].bound && p[x].work == NOBODY)
#define may_answer(x) (p[x].life == RUNNING && !p[x].waits && (p[x].holds[0].is != FREE || p[x].holds[1].is != FREE))
#define works(x) (p[x].life == RUNNING && !p[x].waits && (is_client(x) || p[x].work != NOBODY))

proctype Program(byte me)
{
end:	do
	/* A server waits for a call, and has it checked. */
	:: atomic { is_idle(me) && has_room(me) && has_caller(me) -> takes(me) }
	/* A client, or a server's handler, calls. */
	:: atomic { works(me) && p[me].left > 0 && has_channel(me) -> choose_channel(me);
		if
		:: calls(me)
		:: odd > 0 && can_err(ch, c[ch].view) -> calls_out_of_turn(me)
		:: odd > 0 && !is_born(ch) -> odd--; c[ch].open = 0; printf("EVENT CLOSE %d %d\n", me, ch)
		fi }
	:: atomic { works(me) && odd > 0 && passed_by(me) != NOBODY && !c[passed_by(me)].open -> ch = passed_by(me); passes_end_down(ch) }
	/* The handler leaves the answer for later. */
	:: atomic { works(me) && !is_client(me) && !is_unanswered(me, 1 - p[me].work) ->
		printf("EVENT LATER %d %d\n", me, caller_of(me, p[me].work)); p[me].work = NOBODY }
	/* The server answers what its handler works on, or something left for later, or what it has answered already. */
	:: atomic { may_answer(me) ->
		if
		:: p[me].holds[0].is != FREE -> s = 0
		:: p[me].holds[1].is != FREE -> s = 1
		fi;
		if
		:: p[me].work == s -> p[me].work = NOBODY
		:: else -> skip
		fi;
		answers(me, s) }
	/* The server turns a client away. */
	:: atomic { is_idle(me) && odd > 0 && has_open_client(me) ->
		odd--; choose_client(me); printf("EVENT CLOSED %d %d\n", me, ch); channel_sever(ch) }
	/* Time, and whoever may stop it; then the kernel; then the supervisor. */
	:: atomic { may_expire(me) -> port_deadline(me) }
	:: atomic { may_die(me) -> process_begins_to_end(me) }
	:: atomic { may_finish(me) -> process_finishes(me) }
	:: atomic { may_return(me) ->
		if
		:: p[me].restarts > 0 -> supervisor_restarts(me)
		:: supervisor_gives_up(me)
		fi }
	od
}

/* ---- the end: nobody wants anything any more ---- */

#define wants_nothing(x) (p[x].life == GONE || (p[x].life == RUNNING && !p[x].waits && !(p[x].left > 0 && has_channel(x))))
#define serves_nobody(x) (p[x].work == NOBODY && !is_unanswered(x, 0) && !is_unanswered(x, 1) && \
	((p[x].life == RUNNING && !p[x].waits) || (p[x].life == GONE && !p[x].kept)))
#define is_settled(x) (p[x].call == IDLE && !p[x].waits && !p[x].lent)

inline check_the_end()
{
	for (i : 0 .. PROCESSES - 1) {
		must(is_settled(i) || p[i].life == GONE, a_call_ends_once)
	}
	for (ch : 0 .. CHANNELS - 1) {
		must(!(c[ch].open && is_gone(ch)) || c[ch].told, every_client_is_told)
	}
}
