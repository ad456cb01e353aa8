/* SPDX-License-Identifier: BSD-2-Clause */
/* See handlers.h. Each answers with what came, so that a round trip shows both directions. */
#include "tests/unit/contracts/handlers.h"
#include "contracts/other_server.h"
#include <string.h>

struct seen seen;
enum status handler_status;

static enum status saw(enum sample_operation operation)
{
	seen.calls++;
	seen.operation = operation;
	return handler_status;
}

enum status sample_serve_scalars(struct serving *s, const struct sample_scalars_request *request,
				 struct sample_scalars_reply *reply)
{
	(void)s;
	seen.scalars = *request;
	memset(reply, 0xff, sizeof *reply); /* as an assignment of the whole reply may leave what pads its fields */
	reply->a_back = request->a;
	reply->b_back = request->b;
	reply->c_back = request->c;
	reply->d_back = request->d;
	reply->e_back = request->e;
	reply->f_back = request->f == SAMPLE_COLOR_RED ? SAMPLE_LEVEL_LOW : SAMPLE_LEVEL_HIGH;
	return saw(SAMPLE_OPERATION_SCALARS);
}

enum status sample_serve_six(struct serving *s, const struct sample_six_request *request,
			     struct sample_six_reply *reply)
{
	(void)s;
	seen.six = *request;
	*reply = (struct sample_six_reply){ request->p, request->q, request->r, request->s, request->t, request->u };
	return saw(SAMPLE_OPERATION_SIX);
}

enum status sample_serve_begin(struct serving *s, const struct sample_begin_request *request,
			       struct sample_begin_reply *reply)
{
	(void)s;
	strcpy(seen.text, request->name);
	seen.count = request->name_bytes;
	reply->opened.handle = 55;
	reply->level = SAMPLE_LEVEL_HIGH;
	return saw(SAMPLE_OPERATION_BEGIN);
}

enum status sample_serve_put(struct serving *s, const struct sample_put_request *request,
			     struct sample_put_reply *reply)
{
	(void)s;
	seen.items[0] = *request->item;
	reply->total = 77;
	return saw(SAMPLE_OPERATION_PUT);
}

enum status sample_serve_list(struct serving *s, const struct sample_list_request *request,
			      struct sample_list_reply *reply)
{
	(void)s;
	seen.offset = request->first;
	seen.count = request->items_count;
	memcpy(seen.items, request->items, request->items_count * sizeof *request->items);
	memcpy(reply->items_back, request->items, request->items_count * sizeof *request->items);
	reply->items_back_count = request->items_count;
	return saw(SAMPLE_OPERATION_LIST);
}

enum status sample_serve_get(struct serving *s, struct sample_get_reply *reply)
{
	(void)s;
	*reply->got = (struct sample_item){ .id = 9, .color = SAMPLE_COLOR_BLUE, .flag = true, .name = "xyz" };
	return saw(SAMPLE_OPERATION_GET);
}

enum status sample_serve_text(struct serving *s, const struct sample_text_request *request,
			      struct sample_text_reply *reply)
{
	(void)s;
	memcpy(reply->answer, request->data, request->data_bytes);
	reply->answer[request->data_bytes] = 0;
	seen.count = request->data_bytes;
	return saw(SAMPLE_OPERATION_TEXT);
}

enum status sample_serve_fetch(struct serving *s, const struct sample_fetch_request *request,
			       struct sample_fetch_reply *reply)
{
	(void)s;
	seen.offset = request->offset;
	seen.data = request->to;
	seen.data_pages = request->to_pages;
	memcpy(reply->kind, "abc", 3);
	reply->kind_bytes = 3;
	return saw(SAMPLE_OPERATION_FETCH);
}

enum status sample_serve_store(struct serving *s, const struct sample_store_request *request,
			       struct sample_store_reply *reply)
{
	(void)s;
	seen.data_pages = request->from_pages;
	reply->stored = request->from_pages;
	return saw(SAMPLE_OPERATION_STORE);
}

/* Two pages are given back, one is not. */
enum status sample_serve_give(struct serving *s, const struct sample_give_request *request,
			      struct sample_give_reply *reply)
{
	(void)s;
	seen.data_pages = request->parcel_pages;
	reply->back = request->parcel;
	reply->back_pages = request->parcel_pages == 2 ? 2 : 0;
	return saw(SAMPLE_OPERATION_GIVE);
}

enum status sample_serve_hand(struct serving *s, const struct sample_hand_request *request,
			      struct sample_hand_reply *reply)
{
	(void)s;
	seen.x = request->x.handle;
	seen.y = request->y.handle;
	reply->z = request->y;
	reply->w = request->x;
	return saw(SAMPLE_OPERATION_HAND);
}

enum status sample_serve_finish(struct serving *s)
{
	(void)s;
	return saw(SAMPLE_OPERATION_FINISH);
}

enum status other_serve_touch(struct serving *s)
{
	(void)s;
	seen.calls++;
	return handler_status;
}
