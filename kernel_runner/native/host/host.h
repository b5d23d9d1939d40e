/*
 * What a cell, or the runtime library of its language, may ask of the host that it is loaded into.
 *
 * A cell is a shared object with a function `void kernel_runner_cell(void)`. Text is UTF-8.
 */
#ifndef KERNEL_RUNNER_HOST_H
#define KERNEL_RUNNER_HOST_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One representation of a value; data is raw: PNG bytes are not base64. */
struct kernel_runner_mime {
    const char *mime;
    const void *data;
    size_t length;
};

/* Show a bundle of count representations. kind is "result", "display" or "update"; display_id and
 * metadata (a JSON object) may be empty. */
void kernel_runner_display(const char *kind, const char *display_id, const char *metadata,
                           const struct kernel_runner_mime *bundle, size_t count);

/* Clear what the cell has shown; with wait, when the next output comes. */
void kernel_runner_clear(int wait);

/* The first `number` of the cell's declarations stand now, whatever happens to the rest of it. */
void kernel_runner_kept(int number);

/* What type a variable turned out to have. */
void kernel_runner_variable(const char *name, const char *type);

/* The cell has failed, with the language's own name for the error. The cell either returns then,
 * and what it has done is kept, or ends the process, and all is as it was before the cell. */
void kernel_runner_fail(const char *name, const char *message);

/* Write down where the cell's code is that calls this, for the error that is about to be told. */
void kernel_runner_trace(void);

/* Have `flush` called when a cell ends, for streams that the C library does not know. */
void kernel_runner_at_end(void (*flush)(void));

/* The description of types that came with the cell; empty where it needs none. */
const char *kernel_runner_description(void);

#ifdef __cplusplus
}
#endif

#endif
