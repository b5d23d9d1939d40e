/* How a cell ended, as a JSON object for the kernel. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

static char *variables;
static size_t variables_length;
static FILE *variables_stream;

static void quote(FILE *stream, const char *string)
{
    fputc('"', stream);
    for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(stream, "\\%c", *c);
        else if (*c < ' ')
            fprintf(stream, "\\u%04x", *c);
        else
            fputc(*c, stream);
    }
    fputc('"', stream);
}

void kernel_runner_variable(const char *name, const char *type)
{
    if (!variables_stream)
        variables_stream = open_memstream(&variables, &variables_length);
    if (!variables_stream)
        return;
    if (ftell(variables_stream) > 0)
        fputc(',', variables_stream);
    quote(variables_stream, name);
    fputc(':', variables_stream);
    quote(variables_stream, type);
}

static void put_variables(FILE *stream)
{
    if (!variables_stream)
        return;
    fclose(variables_stream);
    fprintf(stream, ",\"variables\":{%s}", variables);
    free(variables);
    variables_stream = NULL;
}

static void put_places(FILE *stream)
{
    fputs(",\"places\":[", stream);
    for (int i = 0; i < shared->places; i++) {
        fputs(i ? ",[" : "[", stream);
        quote(stream, cells_path(shared->place[i].cell));
        fprintf(stream, ",%lu]", (unsigned long)shared->place[i].offset);
    }
    fputc(']', stream);
}

char *report_ended(bool rolled_back, int status)
{
    char *report = NULL;
    size_t length;
    FILE *stream = open_memstream(&report, &length);
    if (!stream)
        return strdup("{}");
    fprintf(stream, "{\"pid\":%d,\"rolled_back\":%s,\"kept\":%d,\"interrupted\":%s",
            (int)getpid(), rolled_back ? "true" : "false", (int)shared->kept,
            shared->interrupts > 0 ? "true" : "false");
    if (rolled_back && WIFSIGNALED(status))
        fprintf(stream, ",\"signal\":%d", WTERMSIG(status));
    else if (rolled_back)
        fprintf(stream, ",\"exit_code\":%d", WEXITSTATUS(status));
    fprintf(stream, ",\"threads\":%d", (int)shared->threads);
    put_places(stream);
    put_variables(stream);
    fputc('}', stream);
    fclose(stream);
    return report;
}
