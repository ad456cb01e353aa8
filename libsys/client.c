/* SPDX-License-Identifier: BSD-2-Clause */
/* See client.h. */
#include "libsys/client.h"

enum status client_status(uint64_t tag)
{
	uint64_t plain = tag & ~TAG_SET_BADGE; /* the badge is between the kernel and the server */

	return plain < ST_LATER ? (enum status)plain : ST_BAD_MESSAGE;
}

enum status client_refuse(const struct message *m)
{
	for (unsigned i = 0; i < tag_handles(m->tag); i++)
		(void)handle_close(m->handles[i]);
	return ST_BAD_MESSAGE;
}

static bool is_expected(uint64_t tag, const struct client_answer *expected)
{
	enum message_pages kind = tag_pages(tag) != 0 ? MESSAGE_PAGES_GIVEN : MESSAGE_PAGES_NONE;

	return (tag & TAG_SHAPE & ~TAG_SET_BADGE) ==
		       tag_with_pages(tag_with_handles(ST_OK, expected->handles), kind, 0) &&
	       length_is_within(tag_bytes(tag), expected->bytes_low, expected->bytes_high) &&
	       length_is_within(tag_pages(tag), expected->pages_low, expected->pages_high);
}

enum status client_call(handle_t channel, struct message *m, const struct ipc_buffers *parts, uint64_t deadline_ns,
			const struct client_answer *expected)
{
	enum status st = ipc_call(channel, m, parts, deadline_ns);

	if (st != ST_OK)
		return st;
	if (is_expected(m->tag, expected))
		return ST_OK;
	(void)client_refuse(m);
	st = client_status(m->tag);
	return st != ST_OK ? st : ST_BAD_MESSAGE;
}
