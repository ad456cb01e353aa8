/* SPDX-License-Identifier: BSD-2-Clause */
/* The file server's handlers, on a disk in memory: what a session is, and what a client may ask for. */
#include "tests/unit/servers/ext2_fixture.h"
#include "servers/ext2/server.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, FILE_BYTES = 5000, FILE_MODE = 0x81a4, FIFO_MODE = 0x11a4, GENERATION = 0x12345678 };

static struct fixture disk;
static struct worker worker;
static _Alignas(PAGE) uint8_t landing[2 * PAGE];
static struct serving *const at = &worker.serving;

/* ---- the system's place ---- */

enum status block_read(struct block_channel channel, uint64_t offset, uint64_t bytes, uint32_t within, void *data,
		       size_t data_pages)
{
	(void)channel;
	assert_true((uintptr_t)data % PAGE == 0 && within + bytes <= data_pages * PAGE);
	assert_true(bytes % BLOCK_SECTOR_BYTES == 0 && data_pages <= BLOCK_PAGES_MAX);
	assert_true(offset % BLOCK_SECTOR_BYTES == 0 && offset + bytes <= disk.size_bytes);
	memcpy((char *)data + within, disk.bytes + offset, bytes);
	return ST_OK;
}

/* What block_info() asks. */
enum status ipc_words_call(handle_t channel, uint64_t *tag, struct ipc_words *w)
{
	(void)channel;
	*tag = ST_OK;
	*w = (struct ipc_words){ .a = disk.size_bytes, .b = BLOCK_PAGES_MAX, .c = true };
	return ST_OK;
}

enum status client_status(uint64_t tag) { return (enum status)tag; }

/* Of the channel that was made last. */
static uint64_t made_value;
static unsigned made_state;

enum status serve_channel_make(const struct serving *serving, uint64_t contract, uint64_t value, unsigned state,
			       handle_t *end, uint32_t *id)
{
	assert_true(serving == at && contract == FILES_CONTRACT && id == NULL && value >> 56 == 0);
	made_value = value;
	made_state = state;
	*end = 7;
	return ST_OK;
}

const struct contract_server files_server = { .id = FILES_CONTRACT };

_Noreturn void serve(struct serving *serving)
{
	(void)serving;
	abort();
}

void log_write(const char *format, ...) { (void)format; }

/* ---- a system of one disk ---- */

static void start(void)
{
	memset(&worker, 0, sizeof worker);
	server_mount((struct block_channel){ 1 });
	server_init(&worker, 1, landing);
}

static int set_up(void **state)
{
	(void)state;
	fixture_build(&disk, 1024);
	fixture_make_inode(&disk, FIXTURE_FILE, FILE_MODE, FILE_BYTES);
	fixture_put32(fixture_inode(&disk, FIXTURE_FILE) + EXT2_INODE_GENERATION, GENERATION);
	for (unsigned i = 0; i < 5; i++) {
		uint32_t block = fixture_new_block(&disk);

		fixture_set_pointer(&disk, FIXTURE_FILE, i, block);
		memset(fixture_block(&disk, block), 'a' + (int)i, 1024);
	}
	fixture_make_link(&disk, FIXTURE_LINK, "/file");
	fixture_make_inode(&disk, 15, FIFO_MODE, 0);
	fixture_add_entry(&disk, EXT2_ROOT_INODE, "file", FIXTURE_FILE, EXT2_TYPE_FILE);
	fixture_add_entry(&disk, EXT2_ROOT_INODE, "link", FIXTURE_LINK, EXT2_TYPE_LINK);
	fixture_add_entry(&disk, EXT2_ROOT_INODE, "fifo", 15, EXT2_TYPE_FIFO);
	start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&disk);
	return 0;
}

static enum status open_path(const char *path, struct files_open_reply *reply)
{
	struct files_open_request request = { .path = path, .path_bytes = strlen(path) };

	*reply = (struct files_open_reply){ 0 };
	return files_serve_open(at, &request, reply);
}

/* The next call comes over the channel that was made. */
static void become(uint64_t value, unsigned state) { at->in.badge = value << BADGE_VALUE_BIT | state; }

static void become_opened(const char *path)
{
	struct files_open_reply reply;

	assert_int_equal(open_path(path, &reply), ST_OK);
	become(made_value, made_state);
}

static enum status read_at(uint64_t offset, uint64_t bytes, uint64_t pages, uint64_t *got)
{
	struct files_read_request request = { .offset = offset, .bytes = bytes, .data = landing, .data_pages = pages };
	struct files_read_reply reply = { 0 };
	enum status st = files_serve_read(at, &request, &reply);

	*got = reply.got_bytes;
	return st;
}

/* ---- stories ---- */

static void what_is_opened_has_a_session_of_its_inode_and_generation(void **state)
{
	struct files_open_reply reply;

	(void)state;
	assert_int_equal(open_path("/link", &reply), ST_OK);
	assert_int_equal(reply.opened.handle, 7);
	assert_int_equal(reply.type, FILES_TYPE_FILE);
	assert_int_equal(reply.size_bytes, FILE_BYTES);
	assert_int_equal(made_state, FILES_STATE_FILE);
	assert_int_equal(made_value, (uint64_t)(GENERATION & 0xffffff) << 32 | FIXTURE_FILE);
	assert_int_equal(open_path("/", &reply), ST_OK);
	assert_int_equal(reply.type, FILES_TYPE_DIRECTORY);
	assert_int_equal(made_state, FILES_STATE_DIRECTORY);
	assert_int_equal(open_path("/fifo", &reply), ST_BAD_ARG);
	assert_int_equal(open_path("/none", &reply), ST_NOT_FOUND);
}

static void a_read_ends_with_the_file_and_shows_nothing_beyond(void **state)
{
	uint64_t got;

	(void)state;
	become_opened("/file");
	memset(landing, 0xee, sizeof landing);
	assert_int_equal(read_at(0, 2 * PAGE, 2, &got), ST_OK);
	assert_int_equal(got, FILE_BYTES);
	assert_true(landing[0] == 'a' && landing[1024] == 'b' && landing[FILE_BYTES - 1] == 'e');
	for (unsigned i = FILE_BYTES; i < 5120; i++)
		assert_int_equal(landing[i], 0);
	assert_int_equal(landing[5120], 0xee);
	assert_int_equal(read_at(PAGE, PAGE, 1, &got), ST_OK);
	assert_int_equal(got, FILE_BYTES - PAGE);
	assert_int_equal(landing[0], 'e');
	assert_int_equal(read_at(2 * PAGE, PAGE, 1, &got), ST_OK);
	assert_int_equal(got, 0);
}

static void a_read_of_more_than_its_pages_or_within_one_is_refused(void **state)
{
	uint64_t got;

	(void)state;
	become_opened("/file");
	assert_int_equal(read_at(0, PAGE + 1, 1, &got), ST_BAD_ARG);
	assert_int_equal(read_at(0, UINT64_MAX, 2, &got), ST_BAD_ARG);
	assert_int_equal(read_at(512, 512, 1, &got), ST_BAD_ARG);
	assert_int_equal(read_at(UINT64_MAX - PAGE + 1, PAGE, 1, &got), ST_OK);
	assert_int_equal(got, 0);
}

static void a_session_whose_file_is_gone_is_not_found(void **state)
{
	uint64_t got;

	(void)state;
	become_opened("/file");
	fixture_put32(fixture_inode(&disk, FIXTURE_FILE) + EXT2_INODE_GENERATION, GENERATION + 1);
	start();
	become(made_value, made_state);
	assert_int_equal(read_at(0, PAGE, 1, &got), ST_NOT_FOUND);
	become((uint64_t)((GENERATION + 1) & 0xffffff) << 32 | FIXTURE_FILE, FILES_STATE_FILE);
	assert_int_equal(read_at(0, PAGE, 1, &got), ST_OK);
}

static void a_link_is_told_as_text_and_as_itself(void **state)
{
	struct files_readlink_request request = { .path = "/link", .path_bytes = 5 };
	struct files_stat_request asked = { .path = "/link", .path_bytes = 5, .of_link = true };
	char text[FILES_PATH_MAX + 1];
	struct files_info info;

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(files_serve_readlink(at, &request, &(struct files_readlink_reply){ text }), ST_OK);
	assert_string_equal(text, "/file");
	assert_int_equal(files_serve_stat(at, &asked, &(struct files_stat_reply){ &info }), ST_OK);
	assert_int_equal(info.type, FILES_TYPE_LINK);
	asked.of_link = false;
	assert_int_equal(files_serve_stat(at, &asked, &(struct files_stat_reply){ &info }), ST_OK);
	assert_true(info.type == FILES_TYPE_FILE && info.inode == FIXTURE_FILE && info.size_bytes == FILE_BYTES &&
		    info.mode == (FILE_MODE & 07777));
	request = (struct files_readlink_request){ .path = "/file", .path_bytes = 5 };
	assert_int_equal(files_serve_readlink(at, &request, &(struct files_readlink_reply){ text }), ST_BAD_ARG);
}

/* One answer's records; how many names. */
static unsigned list_at(uint64_t position, struct files_list_reply *reply)
{
	static _Alignas(8) char records[FILES_LIST_BYTES];
	struct files_list_request request = { position };
	unsigned names = 0;

	*reply = (struct files_list_reply){ .records = records };
	assert_int_equal(files_serve_list(at, &request, reply), ST_OK);
	assert_true(reply->records_bytes <= FILES_LIST_BYTES);
	for (size_t i = 0; i < reply->records_bytes; names++) {
		const struct files_entry *entry = (const struct files_entry *)(const void *)(records + i);

		assert_true(entry->record_bytes % 8 == 0 && entry->record_bytes >= sizeof *entry + entry->name_bytes);
		i += entry->record_bytes;
		assert_true(i <= reply->records_bytes);
	}
	return names;
}

/* Directory 20: after the block of "." and "..", LONG_BLOCKS more with four long names in each. */
enum { LONG_BLOCKS = 8, LONG_NAME_BYTES = 199 };

static void make_long_directory(void)
{
	fixture_make_directory(&disk, 20, EXT2_ROOT_INODE);
	for (unsigned n = 0; n < LONG_BLOCKS; n++) {
		uint32_t block = fixture_new_block(&disk);

		fixture_set_pointer(&disk, 20, n + 1, block);
		for (unsigned i = 0; i < 4; i++) {
			uint8_t *record = fixture_block(&disk, block) + (size_t)i * 256;

			fixture_put32(record + EXT2_ENTRY_INODE, FIXTURE_FILE);
			fixture_put16(record + EXT2_ENTRY_RECORD_BYTES, 256);
			record[EXT2_ENTRY_NAME_BYTES] = LONG_NAME_BYTES;
			record[EXT2_ENTRY_TYPE] = EXT2_TYPE_FILE;
			memset(record + EXT2_ENTRY_NAME, 'n', LONG_NAME_BYTES);
		}
	}
	fixture_put32(fixture_inode(&disk, 20) + EXT2_INODE_SIZE, (LONG_BLOCKS + 1) * 1024);
}

static void a_list_that_does_not_fit_goes_on_where_it_stopped(void **state)
{
	struct files_list_reply reply = { 0 };
	unsigned names = 0, answers = 0;

	(void)state;
	make_long_directory();
	become(20, FILES_STATE_DIRECTORY);
	for (uint64_t position = 0; !reply.at_end; position = reply.next_position) {
		names += list_at(position, &reply);
		assert_true(++answers < 10);
	}
	assert_int_equal(names, 2 + LONG_BLOCKS * 4);
	assert_int_equal(answers, 2);
	assert_int_equal(list_at(UINT64_MAX, &reply), 0);
	assert_true(reply.at_end);
}

static void without_a_file_system_only_about_answers(void **state)
{
	struct files_open_reply opened;
	char text[FILES_ABOUT_BYTES + 1];
	struct files_list_reply list = { .records = text };
	uint64_t got;

	(void)state;
	assert_int_equal(files_serve_about(at, &(struct files_about_reply){ text }), ST_OK);
	assert_non_null(strstr(text, "512 blocks of 1024 bytes"));
	become_opened("/file");
	memset(disk.bytes, 0, disk.size_bytes);
	start();
	become(made_value, made_state);
	assert_int_equal(read_at(0, PAGE, 1, &got), ST_IO_ERROR);
	assert_int_equal(files_serve_list(at, &(struct files_list_request){ 0 }, &list), ST_IO_ERROR);
	assert_int_equal(open_path("/file", &opened), ST_IO_ERROR);
	assert_int_equal(files_serve_about(at, &(struct files_about_reply){ text }), ST_OK);
	assert_string_equal(text, ext2_error_text(EXT2_NOT_EXT));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_is_opened_has_a_session_of_its_inode_and_generation),
		STORY(a_read_ends_with_the_file_and_shows_nothing_beyond),
		STORY(a_read_of_more_than_its_pages_or_within_one_is_refused),
		STORY(a_session_whose_file_is_gone_is_not_found),
		STORY(a_link_is_told_as_text_and_as_itself),
		STORY(a_list_that_does_not_fit_goes_on_where_it_stopped),
		STORY(without_a_file_system_only_about_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
