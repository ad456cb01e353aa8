/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver: the registers of a SATA controller are mapped here, and calls are answered from them. Source: Serial ATA
 * AHCI 1.3.1, "Generic Host Control" and "Port Registers". Nothing is written, so that the controller stays as it is.
 */
#include "channels.h"
#include "contracts/example_server.h"

enum { RANGE = 5, DETECTION_MASK = 15 };

/* Offsets of registers. */
enum {
	CAPABILITIES = 0x00,
	PORTS_IMPLEMENTED = 0x0c,
	VERSION = 0x10,
	PORT_0 = 0x100,
	PORT_BYTES = 0x80,
	PORT_STATUS = 0x28
};

static _Alignas(8) char bytes[EXAMPLE_SERVER_BYTES];
static struct serving serving = { .contracts = { &example_server }, .bytes = bytes, .bytes_size = sizeof bytes };
static volatile void *registers;
static uint64_t register_bytes;

static uint32_t read_register(unsigned offset)
{
	return *(const volatile uint32_t *)((const volatile char *)registers + offset);
}

/* Is there such a port, as far as the mapping goes? */
static bool is_port(unsigned number)
{
	return number < EXAMPLE_PORTS_MAX && (number + 1) * PORT_BYTES <= register_bytes - PORT_0 &&
	       read_register(PORTS_IMPLEMENTED) >> number & 1;
}

enum status example_serve_about(struct serving *s, struct example_about_reply *reply)
{
	(void)s;
	reply->version = read_register(VERSION);
	reply->ports = (uint8_t)((read_register(CAPABILITIES) & 31) + 1);
	reply->slots = (uint8_t)((read_register(CAPABILITIES) >> 8 & 31) + 1);
	return ST_OK;
}

enum status example_serve_port(struct serving *s, const struct example_port_request *request,
			       struct example_port_reply *reply)
{
	unsigned at = PORT_0 + request->number * (unsigned)PORT_BYTES;

	(void)s;
	if (!is_port(request->number))
		return ST_NOT_FOUND;
	reply->link = (enum example_link)(read_register(at + PORT_STATUS) & DETECTION_MASK);
	return example_link_is_known(reply->link) ? ST_OK : ST_IO_ERROR;
}

int main(void)
{
	enum status st = device_map(device_sata(), RANGE, &registers, &register_bytes);

	if (st != ST_OK) {
		log_write("the registers cannot be mapped: %s", status_text(st));
		return 1;
	}
	serving.port = port();
	serve(&serving);
}
