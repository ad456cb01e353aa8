/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists. */
#include "kernel/base/list.h"
#include "tests/unit/kernel/world.h"

struct item {
	struct list link;
	int number;
};

static void fill(struct list *l, struct item *items, int n)
{
	list_init(l);
	for (int i = 0; i < n; i++) {
		items[i].number = i;
		list_init(&items[i].link);
		list_push_back(l, &items[i].link);
	}
}

static void a_new_list_is_empty(void **state)
{
	struct list l;

	(void)state;
	list_init(&l);
	assert_true(list_is_empty(&l));
	assert_null(list_first_entry(&l, struct item, link));
	assert_false(list_is_linked(&l));
}

static void nodes_come_out_in_the_order_they_went_in(void **state)
{
	struct item items[5];
	struct list l;
	int n = 0;

	(void)state;
	fill(&l, items, 5);
	list_for_each_entry(item, &l, const struct item, link)
		assert_int_equal(item->number, n++);
	assert_int_equal(n, 5);
}

static void a_node_can_be_pushed_in_front(void **state)
{
	struct item items[3], first = { .number = 9 };
	struct list l;

	(void)state;
	fill(&l, items, 3);
	list_push_front(&l, &first.link);
	assert_ptr_equal(list_first_entry(&l, struct item, link), &first);
	assert_ptr_equal(first.link.next, &items[0].link);
}

static void removing_twice_is_harmless(void **state)
{
	struct item items[2];
	struct list l;

	(void)state;
	fill(&l, items, 2);
	list_remove(&items[0].link);
	list_remove(&items[0].link);
	assert_false(list_is_linked(&items[0].link));
	assert_ptr_equal(list_first_entry(&l, struct item, link), &items[1]);
	list_remove(&items[1].link);
	assert_true(list_is_empty(&l));
}

static void a_walk_may_remove_each_node_it_meets(void **state)
{
	struct item items[4];
	struct list l;
	int n = 0;

	(void)state;
	fill(&l, items, 4);
	list_for_each_entry_safe(item, &l, struct item, link) {
		assert_int_equal(item->number, n++);
		list_remove(&item->link);
	}
	assert_int_equal(n, 4);
	assert_true(list_is_empty(&l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_list_is_empty),
		cmocka_unit_test(nodes_come_out_in_the_order_they_went_in),
		cmocka_unit_test(a_node_can_be_pushed_in_front),
		cmocka_unit_test(removing_twice_is_harmless),
		cmocka_unit_test(a_walk_may_remove_each_node_it_meets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
