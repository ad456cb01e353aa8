/* SPDX-License-Identifier: BSD-2-Clause */
/* See domains.h. This is the part that such a system trusts: neither the client's nor the server's. */
#include "tests/bench/isolated/domains.h"

struct domain client_domain = { .lives = true }, server_domain = { .lives = true };
struct domain *domain_current = &client_domain;
uint8_t exchange_heap[EXCHANGE_BYTES] __attribute__((aligned(2 << 20)));

static struct exchange_object objects[EXCHANGE_OBJECTS_MAX];
static unsigned object_bits;

void threads_switch(uint64_t *save_sp, uint64_t load_sp);

/* ---- who runs ---- */

static inline struct domain *enter(struct domain *to)
{
	struct domain *from = domain_current;

	domain_current = to;
	return from;
}

static inline void leave(struct domain *from) { domain_current = from; }

bool domain_call_words(struct domain *to, struct words *m, unsigned n)
{
	struct domain *from;

	if (!to->lives)
		return false;
	from = enter(to);
	to->entries->words[n](m);
	leave(from);
	return true;
}

bool domain_call_vectors(struct domain *to)
{
	struct domain *from;

	if (!to->lives)
		return false;
	from = enter(to);
	to->entries->vectors();
	leave(from);
	return true;
}

/* ---- bytes: the sender keeps its own ---- */

static inline void copy(void *to, const void *from, size_t n)
{
	size_t quads = n / 8, rest = n % 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(quads) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}

bool domain_call_bytes(struct domain *to, const void *out, void *back, size_t n)
{
	struct domain *from;
	size_t answer;

	if (!to->lives)
		return false;
	copy(to->bytes, out, n);
	from = enter(to);
	answer = to->entries->bytes(to->bytes, n);
	leave(from);
	if (answer > n)
		return false;
	copy(back, to->bytes, answer);
	return true;
}

bool domain_call_take(struct domain *to, const void *bytes, size_t n)
{
	struct domain *from;

	if (!to->lives)
		return false;
	copy(to->bytes, bytes, n);
	from = enter(to);
	to->entries->take(to->bytes);
	leave(from);
	return true;
}

/* ---- memory that changes hands ---- */

static struct exchange_object *object_of(const void *memory)
{
	return &objects[(size_t)((const uint8_t *)memory - exchange_heap) >> object_bits];
}

void exchange_return_all(void)
{
	for (size_t i = 0; i < (size_t)EXCHANGE_BYTES >> object_bits; i++)
		objects[i] = (struct exchange_object){ .owner = &client_domain };
}

void exchange_divide(size_t bytes)
{
	object_bits = (unsigned)__builtin_ctzll(bytes);
	exchange_return_all();
}

static inline bool may_hand_over(const struct exchange_object *o) { return o->owner == domain_current && !o->is_lent; }

bool domain_give(struct domain *to, void *memory)
{
	struct exchange_object *o = object_of(memory);
	struct domain *from;

	if (!to->lives || !may_hand_over(o))
		return false;
	o->owner = to;
	from = enter(to);
	to->entries->take(memory);
	leave(from);
	return true;
}

bool domain_flip(struct domain *to, void *memory)
{
	struct exchange_object *o = object_of(memory);
	struct domain *from;
	bool is_back;

	if (!to->lives || !may_hand_over(o))
		return false;
	o->owner = to;
	from = enter(to);
	to->entries->flip(memory);
	is_back = may_hand_over(o);
	if (is_back)
		o->owner = from;
	leave(from);
	return is_back;
}

bool domain_lend(struct domain *to, void *memory)
{
	struct exchange_object *o = object_of(memory);
	struct domain *from;

	if (!to->lives || !may_hand_over(o))
		return false;
	o->is_lent = true;
	from = enter(to);
	to->entries->flip(memory);
	leave(from);
	o->is_lent = false;
	return true;
}

/* ---- notifications: each domain has a thread, and one of the two runs ---- */

void domain_notify(struct domain *to, uint64_t bits) { to->bits |= bits; }

uint64_t domain_wait(void)
{
	struct domain *self = domain_current, *other = self == &client_domain ? &server_domain : &client_domain;
	uint64_t bits;

	while (self->bits == 0) {
		domain_current = other;
		threads_switch(&self->sp, other->sp);
	}
	bits = self->bits;
	self->bits = 0;
	return bits;
}
