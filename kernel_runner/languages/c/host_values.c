/*
 * Values as text. Those of simple types are printed by functions of their own; others by a
 * description of their type, which the kernel has made from the debugging information:
 *
 *     i SIZE   u SIZE   f SIZE   d SIZE   z SIZE     integers, floats, decimals, complex numbers
 *     b   c   s                                      _Bool, char, char *
 *     p TYPE   o TYPE                                a pointer; something without a value
 *     a COUNT SIZE ELEMENT                           an array
 *     r COUNT (NAME OFFSET FIRST BITS MEMBER)...     a struct or union
 *     e SIZE COUNT (NAME NUMBER)...                  an enum
 *
 * Words are parted by single spaces. NAME, TYPE, ELEMENT and MEMBER are LENGTH:TEXT; the latter two
 * are descriptions again. A bit-field has BITS bits from bit FIRST of the struct on; others 0.
 */
#define _GNU_SOURCE
#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host.h"

enum { MOST_ELEMENTS = 200, LONGEST_STRING = 1 << 16 };

static void show(const char *text, size_t length)
{
    struct kernel_runner_mime bundle = {"text/plain", text, length};
    kernel_runner_display("result", "", "", &bundle, 1);
}

/* How many bytes can be read there, up to the first NUL: a pointer may lead anywhere. */
static size_t readable(const char *string, size_t most, bool *ends)
{
    size_t length = 0;
    *ends = false;
    while (length < most) {
        char piece[256];
        /* Aligned pieces do not reach into a page that is not there. */
        size_t wanted = sizeof piece - (uintptr_t)(string + length) % sizeof piece;
        wanted = most - length < wanted ? most - length : wanted;
        struct iovec here = {piece, wanted}, there = {(void *)(string + length), wanted};
        ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
        if (got <= 0)
            return length;
        const char *nul = memchr(piece, '\0', got);
        if (nul) {
            *ends = true;
            return length + (nul - piece);
        }
        length += got;
    }
    return length;
}

static void put_character(FILE *out, unsigned char c, char quote)
{
    static const char named[] = "a\ab\bf\fn\nr\rt\tv\v";
    if (c == (unsigned char)quote || c == '\\') {
        fprintf(out, "\\%c", c);
        return;
    }
    for (const char *name = named; *name; name += 2) {
        if (c == (unsigned char)name[1]) {
            fprintf(out, "\\%c", name[0]);
            return;
        }
    }
    /* UTF-8 is left as it is. */
    fprintf(out, c < ' ' || c == 127 ? "\\%03o" : "%c", c);
}

static void put_bytes(FILE *out, const char *string, size_t length)
{
    fputc('"', out);
    for (size_t i = 0; i < length; i++)
        put_character(out, string[i], '"');
    fputc('"', out);
}

static void put_string(FILE *out, const char *string)
{
    bool ends;
    size_t length = readable(string, LONGEST_STRING, &ends);
    if (!string)
        fputs("NULL", out);
    else if (length == 0 && !ends)
        fprintf(out, "(char *) %p", (const void *)string);
    else
        put_bytes(out, string, length);
    if (string && length == LONGEST_STRING)
        fputs("...", out);
}

static void put_char(FILE *out, char c)
{
    if ((unsigned char)c > 127) {
        fprintf(out, "'\\%03o'", (unsigned char)c);
        return;
    }
    fputc('\'', out);
    if (c == '\0')
        fputs("\\0", out);
    else
        put_character(out, c, '\'');
    fputc('\'', out);
}

/* The shortest text that reads back as the same number. */
#define PUT_FLOAT(function, type, format, digits, most, read)                                     \
    static void function(FILE *out, type number)                                                  \
    {                                                                                             \
        char text[64];                                                                            \
        for (int precision = digits; precision <= most; precision++) {                            \
            snprintf(text, sizeof text, format, precision, number);                               \
            if (read(text, NULL) == number)                                                       \
                break;                                                                            \
        }                                                                                         \
        fputs(text, out);                                                                         \
        if (isfinite(number) && !strpbrk(text, ".e"))                                             \
            fputs(".0", out);                                                                     \
    }
PUT_FLOAT(put_float, float, "%.*g", 6, 9, strtof)
PUT_FLOAT(put_double, double, "%.*g", 15, 17, strtod)
PUT_FLOAT(put_long_double, long double, "%.*Lg", 18, 21, strtold)

#define SHOW(name, type, put)                                                                     \
    void kernel_runner_show_##name(const void *value, const char *variable)                       \
    {                                                                                             \
        (void)variable;                                                                           \
        char *text = NULL;                                                                        \
        size_t length = 0;                                                                        \
        FILE *out = open_memstream(&text, &length);                                               \
        type shown = *(type const *)value;                                                        \
        put;                                                                                      \
        fclose(out);                                                                              \
        show(text, length);                                                                       \
        free(text);                                                                               \
    }
SHOW(bool, bool, fputs(shown ? "true" : "false", out))
SHOW(char, char, put_char(out, shown))
SHOW(signed_char, signed char, fprintf(out, "%d", shown))
SHOW(unsigned_char, unsigned char, fprintf(out, "%u", shown))
SHOW(short, short, fprintf(out, "%d", shown))
SHOW(unsigned_short, unsigned short, fprintf(out, "%u", shown))
SHOW(int, int, fprintf(out, "%d", shown))
SHOW(unsigned, unsigned, fprintf(out, "%u", shown))
SHOW(long, long, fprintf(out, "%ld", shown))
SHOW(unsigned_long, unsigned long, fprintf(out, "%lu", shown))
SHOW(long_long, long long, fprintf(out, "%lld", shown))
SHOW(unsigned_long_long, unsigned long long, fprintf(out, "%llu", shown))
SHOW(float, float, put_float(out, shown))
SHOW(double, double, put_double(out, shown))
SHOW(long_double, long double, put_long_double(out, shown))
SHOW(string, const char *, put_string(out, shown))
SHOW(const_string, const char *, put_string(out, shown))

void kernel_runner_show_nothing(const void *value, const char *variable)
{
    (void)value, (void)variable;
}

/* Reading a description: each word is passed as it is read. */

static long next_number(const char **at)
{
    char *end;
    long number = strtol(*at, &end, 10);
    *at = end + (*end == ' ');
    return number;
}

static const char *next_text(const char **at, size_t *length)
{
    char *end;
    *length = strtoul(*at, &end, 10);
    const char *text = end + (*end == ':');
    *at = text + *length + (text[*length] == ' ');
    return text;
}

static void put_value(FILE *out, const char *description, const char *value);

static long long integer_at(const void *value, long size, bool has_sign)
{
    switch (size) {
    case 1:
        return has_sign ? *(const int8_t *)value : *(const uint8_t *)value;
    case 2:
        return has_sign ? *(const int16_t *)value : *(const uint16_t *)value;
    case 4:
        return has_sign ? *(const int32_t *)value : (long long)*(const uint32_t *)value;
    default:
        return *(const int64_t *)value;
    }
}

static void put_wide(FILE *out, const void *value, bool has_sign)
{
    unsigned __int128 number = *(const unsigned __int128 *)value;
    char digits[48], *digit = digits + sizeof digits;
    bool negative = has_sign && (__int128)number < 0;
    if (negative)
        number = -number;
    *--digit = '\0';
    do {
        *--digit = '0' + (int)(number % 10);
        number /= 10;
    } while (number);
    fprintf(out, "%s%s", negative ? "-" : "", digit);
}

static void put_integer(FILE *out, const void *value, long size, bool has_sign)
{
    if (size == 16)
        put_wide(out, value, has_sign);
    else
        fprintf(out, has_sign ? "%lld" : "%llu", integer_at(value, size, has_sign));
}

static void put_real(FILE *out, const void *value, long size)
{
    if (size == 4)
        put_float(out, *(const float *)value);
    else if (size == 8)
        put_double(out, *(const double *)value);
    else
        put_long_double(out, *(const long double *)value);
}

static void put_complex(FILE *out, const char *value, long size)
{
    put_real(out, value, size / 2);
    fputs(" + ", out);
    put_real(out, value + size / 2, size / 2);
    fputc('i', out);
}

static void put_decimal(FILE *out, const void *value, long size)
{
#ifdef __DEC64_MAX__
    if (size == 4)
        fprintf(out, "%.7g", (double)*(const _Decimal32 *)value);
    else if (size == 8)
        fprintf(out, "%.15g", (double)*(const _Decimal64 *)value);
    else
        fprintf(out, "%.18Lg", (long double)*(const _Decimal128 *)value);
#else
    (void)value;
    fprintf(out, "(a decimal of %ld bytes)", size);
#endif
}

static void put_array(FILE *out, const char *at, const char *value)
{
    size_t length;
    long count = next_number(&at), size = next_number(&at);
    const char *element = next_text(&at, &length);
    if (*element == 'c') {
        put_bytes(out, value, strnlen(value, count));
        return;
    }
    fputc('{', out);
    for (long i = 0; i < count && i < MOST_ELEMENTS; i++) {
        fputs(i ? ", " : "", out);
        put_value(out, element, value + i * size);
    }
    if (count > MOST_ELEMENTS)
        fprintf(out, ", ... %ld more", count - MOST_ELEMENTS);
    fputc('}', out);
}

static void put_bits(FILE *out, const char *member, const char *value, long first, long bits)
{
    unsigned long long word = 0;
    memcpy(&word, value + first / 8, (first % 8 + bits + 7) / 8);
    word = word >> (first % 8) & (bits < 64 ? (1ULL << bits) - 1 : ~0ULL);
    bool has_sign = *member == 'i';
    if (has_sign && word >> (bits - 1))
        word |= ~0ULL << (bits - 1);
    put_value(out, member, (const char *)&word);
}

static void put_record(FILE *out, const char *at, const char *value)
{
    long count = next_number(&at);
    fputc('{', out);
    for (long i = 0; i < count; i++) {
        size_t length;
        const char *name = next_text(&at, &length);
        fprintf(out, "%s%.*s%s", i ? ", " : "", (int)length, name, length ? " = " : "");
        long offset = next_number(&at), first = next_number(&at), bits = next_number(&at);
        const char *member = next_text(&at, &length);
        if (bits)
            put_bits(out, member, value, first, bits);
        else
            put_value(out, member, value + offset);
    }
    fputc('}', out);
}

static void put_enum(FILE *out, const char *at, const char *value)
{
    long size = next_number(&at), count = next_number(&at);
    long long number = integer_at(value, size, true);
    for (long i = 0; i < count; i++) {
        size_t length;
        const char *name = next_text(&at, &length);
        if (next_number(&at) == number) {
            fprintf(out, "%.*s", (int)length, name);
            return;
        }
    }
    fprintf(out, "%lld", number);
}

static void put_value(FILE *out, const char *description, const char *value)
{
    const char *at = description + (*description ? 1 + (description[1] == ' ') : 0);
    size_t length;
    const char *type;
    switch (*description) {
    case 'i':
    case 'u':
        put_integer(out, value, next_number(&at), *description == 'i');
        break;
    case 'f':
        put_real(out, value, next_number(&at));
        break;
    case 'd':
        put_decimal(out, value, next_number(&at));
        break;
    case 'z':
        put_complex(out, value, next_number(&at));
        break;
    case 'b':
        fputs(*(const bool *)value ? "true" : "false", out);
        break;
    case 'c':
        put_char(out, *value);
        break;
    case 's':
        put_string(out, *(char *const *)value);
        break;
    case 'p':
        type = next_text(&at, &length);
        fprintf(out, "(%.*s) 0x%lx", (int)length, type, *(const unsigned long *)value);
        break;
    case 'a':
        put_array(out, at, value);
        break;
    case 'r':
        put_record(out, at, value);
        break;
    case 'e':
        put_enum(out, at, value);
        break;
    case 'o':
        type = next_text(&at, &length);
        fprintf(out, "(%.*s) at %p", (int)length, type, (const void *)value);
        break;
    default:
        fprintf(out, "(a value at %p)", (const void *)value);
    }
}

/* The description of the type of a variable, among all of the cell: NAME TYPE ... */
static const char *find_description(const char *variable)
{
    const char *at = kernel_runner_description();
    size_t name_length, length;
    while (*at) {
        const char *name = next_text(&at, &name_length);
        const char *found = next_text(&at, &length);
        if (name_length == strlen(variable) && memcmp(name, variable, name_length) == 0)
            return found;
    }
    return "";
}

void kernel_runner_show_described(const void *value, const char *variable)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return;
    put_value(out, find_description(variable), value);
    fclose(out);
    show(text, length);
    free(text);
}
