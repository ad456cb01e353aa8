/* SPDX-License-Identifier: BSD-2-Clause */
/* Much data to another process, and a byte back: read out of our memory, or shared by a memfd. By pipe: ipc.c. */
#define _GNU_SOURCE
#include "bench.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct bulk {
	int ours, theirs; /* the ends of a socket pair */
	int memory;       /* the memfd that is passed */
	pid_t client;
	size_t bytes;
	unsigned rounds;
	char *source, *target;
};

static void open_socket(struct bulk *bulk)
{
	int ends[2];
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	bulk->ours = ends[0];
	bulk->theirs = ends[1];
}

static void close_socket(const struct bulk *bulk)
{
	close(bulk->ours);
	close(bulk->theirs);
}

static void *read_client(void *argument)
{
	const struct bulk *bulk = argument;
	char byte = 0;
	for (unsigned i = 0; i < bulk->rounds; i++) {
		struct iovec here = { bulk->target, bulk->bytes }, there = { bulk->source, bulk->bytes };
		read_all(bulk->theirs, &byte, 1);
		need(process_vm_readv(bulk->client, &here, 1, &there, 1, 0) == (ssize_t)bulk->bytes,
		     "process_vm_readv");
		write_all(bulk->theirs, &byte, 1);
	}
	return NULL;
}

static void ask_to_read(const struct bulk *bulk, unsigned rounds)
{
	char byte = 0;
	for (unsigned i = 0; i < rounds; i++) {
		write_all(bulk->ours, &byte, 1);
		read_all(bulk->ours, &byte, 1);
	}
}

void measure_readv(const struct bench *self)
{
	struct bulk bulk = { .client = getpid(), .bytes = self->bytes, .rounds = WARM_UP + self->ops };
	open_socket(&bulk);
	bulk.source = fresh(self->bytes, true);
	bulk.target = fresh(self->bytes, false);
	struct other other = start_other(true, read_client, &bulk);
	ask_to_read(&bulk, WARM_UP);
	uint64_t begun = ticks();
	ask_to_read(&bulk, self->ops);
	report(self, ticks() - begun);
	join_other(other);
	give_back(bulk.source, self->bytes);
	give_back(bulk.target, self->bytes);
	close_socket(&bulk);
}

union passed {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static void send_memory(const struct bulk *bulk)
{
	char byte = 0;
	union passed passed = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed
	};
	passed.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&passed.header), &bulk->memory, sizeof(int));
	need(sendmsg(bulk->ours, &message, 0) == 1, "sendmsg");
	read_all(bulk->ours, &byte, 1);
}

static int receive_memory(const struct bulk *bulk)
{
	char byte = 0;
	int memory = -1;
	union passed passed = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed
	};
	need(recvmsg(bulk->theirs, &message, 0) == 1 && passed.header.cmsg_type == SCM_RIGHTS, "recvmsg");
	memcpy(&memory, CMSG_DATA(&passed.header), sizeof(int));
	return memory;
}

static void *map_and_touch(void *argument)
{
	const struct bulk *bulk = argument;
	for (unsigned i = 0; i < bulk->rounds; i++) {
		int memory = receive_memory(bulk);
		volatile char *mapped = mmap(NULL, bulk->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
		need(mapped != MAP_FAILED, "mmap");
		for (size_t at = 0; at < bulk->bytes; at += PAGE_BYTES)
			(void)mapped[at];
		give_back((void *)mapped, bulk->bytes);
		close(memory);
		write_all(bulk->theirs, "", 1);
	}
	return NULL;
}

void measure_memfd(const struct bench *self)
{
	struct bulk bulk = { .bytes = self->bytes, .rounds = WARM_UP + self->ops, .memory = memfd_create("bulk", 0) };
	open_socket(&bulk);
	bulk.source = fresh(self->bytes, true);
	need(bulk.memory >= 0, "memfd_create");
	write_all(bulk.memory, bulk.source, self->bytes);
	struct other other = start_other(true, map_and_touch, &bulk);
	for (unsigned i = 0; i < WARM_UP; i++)
		send_memory(&bulk);
	uint64_t begun = ticks();
	for (unsigned i = 0; i < self->ops; i++)
		send_memory(&bulk);
	report(self, ticks() - begun);
	join_other(other);
	give_back(bulk.source, self->bytes);
	close(bulk.memory);
	close_socket(&bulk);
}
