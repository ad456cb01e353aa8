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

static uint64_t take_unsigned(va_list *args, bool is_long)
{
	return is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned);
}

static void put_signed(struct out *o, int64_t value, unsigned width, char pad)
{
	if (value < 0)
		put(o, '-');
	put_number(o, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, width, pad);
}

/* One conversion; format points behind the '%'. Returns the character behind the conversion. */
static const char *convert(struct out *o, const char *format, va_list *args)
{
	char pad = *format == '0' ? '0' : ' ';
	unsigned width = 0;
	bool is_long = false;

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
		put_signed(o, is_long ? va_arg(*args, long) : va_arg(*args, int), width, pad);
		break;
	case 'u':
		put_number(o, take_unsigned(args, is_long), 10, width, pad);
		break;
	case 'x':
		put_number(o, take_unsigned(args, is_long), 16, width, pad);
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
