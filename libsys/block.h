/* SPDX-License-Identifier: BSD-2-Clause */
/* A block device's client side: libsys/contracts/block.h as functions. All may block. */
#pragma once
#include "libsys/contracts/block.h"
#include "libsys/system.h"

enum status block_info(handle_t block, uint64_t *bytes, uint64_t *pages_max);
/* pages: page-aligned, own or borrowed; `within` is the byte offset in them where the data goes or comes from. */
enum status block_read(handle_t block, uint64_t offset, uint64_t bytes, void *pages, uint64_t within);
enum status block_write(handle_t block, uint64_t offset, uint64_t bytes, const void *pages, uint64_t within);
enum status block_flush(handle_t block);
