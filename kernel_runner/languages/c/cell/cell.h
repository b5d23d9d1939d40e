/*
 * What each C cell begins with: how its last expression is shown, and
 *
 *     kr_display("text/html", "<b>bold</b>");            show a representation of something
 *     kr_display_bytes("image/png", data, length);       the same of raw data
 *     kr_display_as("mine", "text/html", "first");       under a name ...
 *     kr_update("mine", "text/html", "second");          ... by which it is replaced
 *     kr_clear(0);                                       clear what the cell has shown
 */
#ifndef KERNEL_RUNNER_CELL_H
#define KERNEL_RUNNER_CELL_H
#pragma GCC system_header

#include "host.h"

/* Where there are enumerations, the debugging information tells an unsigned from one of them. */
#ifdef KERNEL_RUNNER_ENUMS
#define KERNEL_RUNNER_UNSIGNED(X)
#else
#define KERNEL_RUNNER_UNSIGNED(X) X(unsigned, unsigned)
#endif

#define KERNEL_RUNNER_SHOWN_TYPES(X)                                                              \
    X(_Bool, bool) X(char, char) X(signed char, signed_char) X(unsigned char, unsigned_char)      \
    X(short, short) X(unsigned short, unsigned_short) X(int, int) KERNEL_RUNNER_UNSIGNED(X)       \
    X(long, long) X(unsigned long, unsigned_long) X(long long, long_long)                         \
    X(unsigned long long, unsigned_long_long) X(float, float) X(double, double)                   \
    X(long double, long_double) X(char *, string) X(const char *, const_string)

#define KERNEL_RUNNER_DECLARE(type, name) void kernel_runner_show_##name(const void *, const char *);
KERNEL_RUNNER_SHOWN_TYPES(KERNEL_RUNNER_DECLARE)
void kernel_runner_show_described(const void *, const char *);
void kernel_runner_show_nothing(const void *, const char *);

struct kernel_runner_nothing;

#define KERNEL_RUNNER_BY_VALUE(type, name) type: kernel_runner_show_##name,
#define KERNEL_RUNNER_BY_PLACE(type, name)                                                        \
    type *: kernel_runner_show_##name, type const *: kernel_runner_show_##name,

/* An expression that is no place: its value is kept in a variable, whose type is looked up by its
 * name in the debugging information where it is none of the simple ones. */
#define kernel_runner_show_value(expression, variable)                                            \
    do {                                                                                          \
        __auto_type variable = __builtin_choose_expr(                                             \
            __builtin_types_compatible_p(__typeof__(expression), void),                           \
            ((expression), (struct kernel_runner_nothing *)0), (expression));                     \
        _Generic(variable, KERNEL_RUNNER_SHOWN_TYPES(KERNEL_RUNNER_BY_VALUE)                      \
                 struct kernel_runner_nothing *: kernel_runner_show_nothing,                      \
                 default: kernel_runner_show_described)(&variable, #variable);                    \
    } while (0)

/* A bit-field has no type of its own until it is promoted. */
#define kernel_runner_show_promoted(expression, variable)                                         \
    kernel_runner_show_value((+(expression)), variable)

/* An expression that is a place: arrays are whole there. What a function has returned lives until
 * the statement ends, so its address is taken in the one that shows it. */
#define kernel_runner_show_place(expression, variable)                                            \
    do {                                                                                          \
        __typeof__(expression) *variable##_place;                                                 \
        _Generic(variable##_place, KERNEL_RUNNER_SHOWN_TYPES(KERNEL_RUNNER_BY_PLACE)              \
                 default: kernel_runner_show_described)(                                          \
            (const void *)(variable##_place = &(expression)), #variable "_place");                \
    } while (0)

/* atexit() asks for it, and would have it from the startup files. */
__attribute__((visibility("hidden"), weak)) void *__dso_handle;

#define KERNEL_RUNNER_INLINE static inline __attribute__((unused))

KERNEL_RUNNER_INLINE void kr_display_bytes(const char *mime, const void *data, size_t length)
{
    struct kernel_runner_mime bundle = {mime, data, length};
    kernel_runner_display("display", "", "", &bundle, 1);
}

KERNEL_RUNNER_INLINE void kr_display(const char *mime, const char *text)
{
    kr_display_bytes(mime, text, __builtin_strlen(text));
}

KERNEL_RUNNER_INLINE void kr_display_as(const char *id, const char *mime, const char *text)
{
    struct kernel_runner_mime bundle = {mime, text, __builtin_strlen(text)};
    kernel_runner_display("display", id, "", &bundle, 1);
}

KERNEL_RUNNER_INLINE void kr_update(const char *id, const char *mime, const char *text)
{
    struct kernel_runner_mime bundle = {mime, text, __builtin_strlen(text)};
    kernel_runner_display("update", id, "", &bundle, 1);
}

KERNEL_RUNNER_INLINE void kr_clear(int wait)
{
    kernel_runner_clear(wait);
}

#endif
