/*
 * The parent of the process that evaluates cells, of its snapshots, and of whatever cells leave
 * behind: it reaps them all. It hands on interrupts, and wakes the snapshot when the process that
 * it was taken of has died.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* How long a cell that is inside a library may take to come back before it is given up. */
static const struct timespec patience = {.tv_sec = 0, .tv_nsec = 500 * 1000 * 1000};

static _Noreturn void end_like(int status)
{
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void reap(int deaths)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == shared->evaluating) {
            if (!shared->running || !shared->snapshot)
                end_like(status);
            if (write(deaths, &status, sizeof status) != sizeof status)
                end_like(status);
        } else if (pid == shared->snapshot) {
            end_like(status); /* both are gone */
        }
    }
    if (pid < 0 && errno == ECHILD)
        _exit(0);
}

static void interrupt(void)
{
    if (!shared->running)
        return;
    bool again = shared->interrupts++ > 0;
    kill(shared->evaluating, again ? SIGKILL : SIGINT);
}

_Noreturn void supervise(int deaths)
{
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGCHLD);
    for (bool waits = false;;) {
        int signal = waits ? sigtimedwait(&awaited, NULL, &patience) : sigwaitinfo(&awaited, NULL);
        if (signal == SIGCHLD) {
            reap(deaths);
        } else if (signal == SIGINT) {
            interrupt();
            waits = true;
        } else if (signal < 0 && errno == EAGAIN) {
            /* A cell that has a handler of its own is not leaving. */
            if (shared->running && shared->leaving)
                kill(shared->evaluating, SIGKILL);
            waits = false;
        }
    }
}
