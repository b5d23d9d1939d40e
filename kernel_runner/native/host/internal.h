/* What the parts of the host share. */
#ifndef KERNEL_RUNNER_INTERNAL_H
#define KERNEL_RUNNER_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host.h"

enum { MOST_FIELDS = 64, MOST_FRAMES = 32, LONGEST_TEXT = 1 << 16 };

/* frames.c: the protocol of kernel_runner/session/frames.py. */

struct field {
    const void *data;
    size_t length;
};

struct request {
    char type;
    long id;
    int count;
    char *fields[MOST_FIELDS]; /* each ends with a NUL that is not part of it */
    size_t lengths[MOST_FIELDS];
    char *buffer;
};

void frames_open(pid_t supervisor, int deaths); /* numbers that the supervisor keeps open */
bool frames_read(struct request *request); /* false at the end of the file */
void frames_send(char type, long id, const struct field *fields, int count);
int frames_wait_for_death(void); /* of the process before us: how it ended; -1: nobody is left */
void frames_mend(void); /* what a cell may have done to our descriptors */

/* shared.c: what all processes of the host see. */

/* Where a cell's code was when something happened: an offset into a shared object. */
struct place {
    int cell;
    uintptr_t offset;
};

struct shared {
    volatile pid_t evaluating; /* the process that evaluates cells */
    volatile pid_t snapshot;   /* the one that will, should it die; 0: none */
    volatile bool running;     /* a cell runs: an interrupt is welcome */
    volatile bool leaving;     /* it has been interrupted, and leaves when it comes back to us */
    volatile int interrupts;   /* how often it has been interrupted */
    volatile int kept;         /* how many declarations stand */
    volatile int threads;      /* how many there were when the snapshot was taken */
    volatile bool failed;      /* name and message say how */
    char name[256];
    char message[LONGEST_TEXT];
    volatile int places; /* innermost first; those of a crash, or of an error */
    struct place place[MOST_FRAMES];
};

extern struct shared *shared;

/* supervisor.c: the parent of all, which reaps, forwards interrupts and wakes the snapshot. */
_Noreturn void supervise(int deaths);

/* evaluate.c: the process that evaluates cells, and its snapshots. */
_Noreturn void evaluate_cells(void);
bool evaluates(void); /* whether this is that process, and not a child that a cell has made */
_Noreturn void leave_cell(void);

/* cells.c: the shared objects that are loaded. */
typedef void cell_function(void);
void cells_expect(const char *path);
cell_function *cells_load(const char *path); /* NULL: dlerror() says why */
int cells_find(uintptr_t address, uintptr_t *offset); /* the number of the cell it is in, or -1 */
const char *cells_path(int cell);

/* trouble.c: crashes and interrupts. */
void trouble_prepare(void);
void trouble_record(void); /* where the code is that has called us */
void trouble_enter(void (*function)(const char *)); /* it is about to call a cell */
void trouble_leave(void);

/* report.c: JSON about how a cell ended. */
char *report_ended(bool rolled_back, int status);

#endif
