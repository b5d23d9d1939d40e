/* The process that evaluates cells; before each it forks a frozen snapshot of itself. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

enum { MOST_FLUSHES = 16 };

static const char mark[] = "\033_kernel-runner\033\\";

static sigjmp_buf way_out;
static long current; /* the id of the request */
static const char *description = "";
static void (*flushes[MOST_FLUSHES])(void);

bool evaluates(void)
{
    return getpid() == shared->evaluating;
}

void leave_cell(void)
{
    siglongjmp(way_out, 1);
}

static struct field text(const char *string)
{
    return (struct field){string, strlen(string)};
}

static void flush_all(void)
{
    for (int i = 0; i < MOST_FLUSHES && flushes[i]; i++)
        flushes[i]();
    fflush(stdout);
    fflush(stderr);
}

static void set_mark(void)
{
    flush_all();
    (void)!write(STDOUT_FILENO, mark, sizeof mark - 1);
}

void kernel_runner_display(const char *kind, const char *display_id, const char *metadata,
                           const struct kernel_runner_mime *bundle, size_t count)
{
    struct field fields[MOST_FIELDS] = {text(kind), text(display_id), text(metadata)};
    int used = 3;
    for (size_t i = 0; i < count && used + 2 <= MOST_FIELDS; i++) {
        fields[used++] = text(bundle[i].mime);
        fields[used++] = (struct field){bundle[i].data, bundle[i].length};
    }
    set_mark();
    frames_send('D', current, fields, used);
}

void kernel_runner_clear(int wait)
{
    struct field field = text(wait ? "1" : "0");
    set_mark();
    frames_send('U', current, &field, 1);
}

void kernel_runner_kept(int number)
{
    if (evaluates())
        shared->kept = number;
}

void kernel_runner_fail(const char *name, const char *message)
{
    snprintf(shared->name, sizeof shared->name, "%s", name);
    snprintf(shared->message, sizeof shared->message, "%s", message);
    shared->failed = true;
}

void kernel_runner_at_end(void (*flush)(void))
{
    for (int i = 0; i < MOST_FLUSHES; i++) {
        if (!flushes[i] || flushes[i] == flush) {
            flushes[i] = flush;
            return;
        }
    }
}

const char *kernel_runner_description(void)
{
    return description;
}

static void answer(bool rolled_back, int status)
{
    char *options = report_ended(rolled_back, status);
    if (rolled_back || shared->failed) {
        struct field fields[] = {text(shared->failed ? shared->name : ""),
                                 text(shared->failed ? shared->message : ""), text(""),
                                 text(options)};
        frames_send('X', current, fields, 4);
    } else {
        struct field field = text(options);
        frames_send('K', current, &field, 1);
    }
    free(options);
}

/* libgomp's threads do not come along with a fork, and it would wait for them forever. */
static void pause_openmp(void)
{
    int (*pause_all)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "omp_pause_resource_all");
    if (pause_all)
        pause_all(2);
}

static void take_over(int status)
{
    shared->evaluating = getpid();
    shared->snapshot = 0;
    shared->running = false;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    frames_mend();
    answer(true, status);
}

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (tasks && readdir(tasks))
        count++;
    if (tasks)
        closedir(tasks);
    return count - 2; /* without . and .. */
}

/* True in the snapshot, once the cell has died and been answered for. */
static bool take_snapshot(void)
{
    sigset_t all, before, interrupt;
    pause_openmp();
    shared->threads = count_threads();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        int status = frames_wait_for_death();
        if (status == -1)
            _exit(0);
        sigemptyset(&interrupt);
        sigaddset(&interrupt, SIGINT);
        sigtimedwait(&interrupt, NULL, &(struct timespec){0, 0}); /* it was for the cell */
        take_over(status);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return true;
    }
    shared->snapshot = pid > 0 ? pid : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return false;
}

static void drop_snapshot(void)
{
    pid_t pid = shared->snapshot;
    if (!pid)
        return;
    shared->snapshot = 0;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void reopen(int descriptor, const char *path)
{
    if (!*path)
        return;
    int opened = open(path, O_WRONLY | O_NOCTTY);
    if (opened >= 0 && opened != descriptor) {
        dup2(opened, descriptor);
        close(opened);
    }
}

/* Its frame ends the walk up the stack of an interrupted cell. */
static __attribute__((noinline)) void run(const char *path)
{
    if (sigsetjmp(way_out, 1)) {
        kernel_runner_fail("Interrupted", "");
        return;
    }
    trouble_enter(run);
    cell_function *cell = cells_load(path);
    if (!cell) {
        kernel_runner_fail("LinkError", dlerror());
        return;
    }
    cell();
}

static void begin(void)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    struct field field = text(pid);
    frames_send('B', current, &field, 1);
}

/* Cuts the first line off. */
static char *next_line(char **rest)
{
    char *line = *rest;
    *rest += strcspn(line, "\n");
    if (**rest)
        *(*rest)++ = '\0';
    return line;
}

static void load(struct request *request, char *order)
{
    const char *path = next_line(&order);
    bool wants_snapshot = *next_line(&order) == '1';
    description = order;
    cells_expect(path);
    shared->interrupts = 0;
    shared->leaving = false;
    shared->kept = 0;
    shared->failed = false;
    shared->places = 0;
    shared->running = true;
    begin();
    if (wants_snapshot && take_snapshot())
        return;
    reopen(STDOUT_FILENO, request->fields[2]);
    reopen(STDERR_FILENO, request->fields[3]);
    run(path);
    trouble_leave();
    if (!evaluates()) { /* a child that the cell forked, and that came out of it as well */
        flush_all();
        _exit(0);
    }
    flush_all();
    shared->running = false;
    drop_snapshot();
    frames_mend();
    answer(false, 0);
}

/* The code of a request is an order and its arguments, a line each:
 *     load, path of the cell's shared object, 1 to take a snapshot or 0, description of types
 *     chdir, path
 *     setenv, name, value
 */
static void evaluate(struct request *request)
{
    char *rest = request->fields[0];
    const char *order = next_line(&rest);
    current = request->id;
    if (strcmp(order, "load") == 0) {
        load(request, rest);
        return;
    }
    shared->failed = false;
    shared->places = 0;
    begin();
    if (strcmp(order, "chdir") == 0 && chdir(rest) != 0)
        kernel_runner_fail("OSError", strerror(errno));
    if (strcmp(order, "setenv") == 0) {
        const char *name = next_line(&rest);
        setenv(name, rest, 1);
    }
    answer(false, 0);
}

void evaluate_cells(void)
{
    struct request request;
    while (frames_read(&request)) {
        if (request.type == 'E' && request.count >= 4)
            evaluate(&request);
        free(request.buffer);
        if (request.type == 'Q')
            break;
    }
    exit(0);
}
