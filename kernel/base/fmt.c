/* SPDX-License-Identifier: BSD-2-Clause */
/* See fmt.h. Pure: no state, no allocation. */
#include "kernel/base/fmt.h"
#include "kernel/base/mem.h"
#include <stdbool.h>
#include <stdint.h>

struct out {
	char *to;
	size_t size, used;
};

static void put(struct out *o, char c)
{
	if (o->used + 1 < o->size)
		o->to[o->used++] = c;
}

static void put_number(struct out *o, uint64_t value, unsigned base, unsigned width, char pad)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	for (unsigned i = n; i < width; i++)
		put(o, pad);
	while (n > 0)
		put(o, digits[--n]);
}

static void put_text(struct out *o, const char *text, unsigned width)
{
	size_t n = 0;

	if (text == NULL)
		text = "(none)";
	for (; text[n] != 0; n++)
		put(o, text[n]);
	for (; n < width; n++)
		put(o, ' ');
}

/* The next argument; a signed one that is not long is extended. */
static uint64_t take_number(va_list *args, bool is_long, bool is_signed)
{
	if (is_long)
		return va_arg(*args, unsigned long);
	return is_signed ? (uint64_t)va_arg(*args, int) : va_arg(*args, unsigned);
}

/* One conversion; format points behind the '%'. Returns the character behind the conversion. */
static const char *convert(struct out *o, const char *format, va_list *args)
{
	char pad = *format == '0' ? '0' : ' ';
	unsigned width = 0;
	bool is_long = false;
	uint64_t value;

	for (; *format >= '0' && *format <= '9'; format++)
		width = width * 10 + (unsigned)(*format - '0');
	for (; *format == 'l' || *format == 'z'; format++)
		is_long = true;
	switch (*format) {
	case 's':
		put_text(o, va_arg(*args, const char *), width);
		break;
	case 'c':
		put(o, (char)va_arg(*args, int));
		break;
	case 'd':
	case 'u':
	case 'x':
		value = take_number(args, is_long, *format == 'd');
		if (*format == 'd' && (int64_t)value < 0) {
			put(o, '-');
			value = 0 - value;
		}
		put_number(o, value, *format == 'x' ? 16 : 10, width, pad);
		break;
	case 0:
		return format;
	default:
		put(o, *format);
	}
	return format + 1;
}

size_t fmt_vprint(char *to, size_t size, const char *format, va_list args)
{
	struct out o = { .to = to, .size = size };
	va_list copy;

	va_copy(copy, args);
	while (*format != 0) {
		if (*format == '%')
			format = convert(&o, format + 1, &copy);
		else
			put(&o, *format++);
	}
	va_end(copy);
	to[o.used] = 0;
	return o.used;
}

size_t fmt_print(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = fmt_vprint(to, size, format, args);
	va_end(args);
	return n;
}

int fmt_name_equal(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (a[i] != b[i])
			return 0;
		if (a[i] == 0)
			return 1;
	}
	return 1;
}

void fmt_name_copy(char *to, const char *from, size_t size)
{
	memset(to, 0, size);
	for (size_t i = 0; i + 1 < size && from[i] != 0; i++)
		to[i] = from[i];
}
