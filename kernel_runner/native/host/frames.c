/* Frames on descriptors that a cell is not likely to close, and that are mended when it does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { HIGH = 900, MIDDLING = 10, LONGEST_HEADER = 2048 };

/* Descriptors that the supervisor keeps, and ours for the same files. */
static struct kept {
    int theirs, ours, flags;
    ino_t file;
} requests = {3, -1, O_RDONLY, 0}, answers = {4, -1, O_WRONLY, 0}, deaths = {-1, -1, O_RDONLY, 0},
  standard[] = {{0, 0, O_RDWR, 0}, {1, 1, O_RDWR, 0}, {2, 2, O_WRONLY, 0}};

static pid_t keeper;

static ino_t file_of(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

/* The same file under a high number, or where there are not so many, a middling one. */
static int moved_up(int descriptor)
{
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, HIGH);
    if (high < 0)
        high = fcntl(descriptor, F_DUPFD_CLOEXEC, MIDDLING);
    close(descriptor);
    return high;
}

static void move_up(struct kept *kept)
{
    kept->file = file_of(kept->theirs);
    kept->ours = moved_up(kept->theirs);
}

void frames_open(pid_t supervisor, int wakes)
{
    keeper = supervisor;
    deaths.theirs = wakes;
    move_up(&requests);
    move_up(&answers);
    move_up(&deaths);
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        standard[i].file = file_of(standard[i].ours);
}

static int open_again(const struct kept *kept)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)keeper, kept->theirs);
    return open(path, kept->flags | O_NOCTTY | O_CLOEXEC);
}

static void mend(struct kept *kept)
{
    if (file_of(kept->ours) == kept->file)
        return;
    int again = open_again(kept);
    if (again < 0)
        return;
    /* What sits at the old number now is the cell's own. */
    kept->ours = moved_up(again);
}

int frames_wait_for_death(void)
{
    int status;
    return read(deaths.ours, &status, sizeof status) == sizeof status ? status : -1;
}

void frames_mend(void)
{
    mend(&requests);
    mend(&answers);
    mend(&deaths);
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) {
        /* Output is reopened with each cell: only what is missing matters, or another would take
         * its number. Input must be what it was. */
        struct kept *kept = &standard[i];
        ino_t file = file_of(kept->ours);
        if (file != 0 && (i > 0 || file == kept->file))
            continue;
        int again = open_again(kept);
        if (again >= 0 && again != kept->ours) {
            dup2(again, kept->ours);
            close(again);
        } else if (again >= 0) {
            fcntl(again, F_SETFD, 0);
        }
    }
}

static bool read_all(void *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = read(requests.ours, (char *)data + done, length - done);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        if (got > 0)
            done += got;
    }
    return true;
}

static void write_all(const void *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t put = write(answers.ours, (const char *)data + done, length - done);
        if (put < 0 && errno != EINTR)
            return;
        if (put > 0)
            done += put;
    }
}

bool frames_read(struct request *request)
{
    char header[LONGEST_HEADER];
    size_t length = 0;
    do {
        if (length == sizeof header - 1 || !read_all(header + length, 1))
            return false;
    } while (header[length++] != '\n');
    header[length] = '\0';

    request->type = header[0];
    char *rest = header + 1;
    request->id = strtol(rest, &rest, 10);
    request->count = 0;
    size_t total = 0;
    while (*rest == ' ' && request->count < MOST_FIELDS) {
        request->lengths[request->count] = strtoul(rest, &rest, 10);
        total += request->lengths[request->count++] + 1;
    }
    request->buffer = malloc(total + 1);
    if (!request->buffer)
        return false;
    char *place = request->buffer;
    for (int i = 0; i < request->count; i++) {
        request->fields[i] = place;
        if (!read_all(place, request->lengths[i]))
            return false;
        place += request->lengths[i];
        *place++ = '\0';
    }
    return true;
}

void frames_send(char type, long id, const struct field *fields, int count)
{
    mend(&answers);
    char header[LONGEST_HEADER];
    int length = snprintf(header, sizeof header, "%c %ld", type, id);
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        length += snprintf(header + length, sizeof header - length, " %zu", fields[i].length);
        total += fields[i].length;
    }
    header[length++] = '\n';
    /* In one piece: a thread that the cell left running may show something too. */
    char *frame = malloc(length + total);
    if (!frame)
        return;
    memcpy(frame, header, length);
    size_t at = length;
    for (int i = 0; i < count; i++) {
        memcpy(frame + at, fields[i].data, fields[i].length);
        at += fields[i].length;
    }
    write_all(frame, at);
    free(frame);
}
