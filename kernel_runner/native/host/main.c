/*
 * The resident host of native cells: it loads each cell's shared object and calls it, and when a
 * cell dies, a process that was forked before it goes on with everything as it was.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

struct shared *shared;

int main(void)
{
    int deaths[2];
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe2(deaths, O_CLOEXEC) != 0) {
        perror("kernel-runner's host");
        return 1;
    }
    /* A crash is told with its place; a file with gigabytes of heap would only cost time. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_CHILD_SUBREAPER, 1);

    sigset_t watched, before;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, &before);
    pid_t supervisor = getpid();
    pid_t child = fork();
    if (child < 0) {
        perror("kernel-runner's host");
        return 1;
    }
    if (child > 0) {
        shared->evaluating = child;
        supervise(deaths[1]);
    }
    close(deaths[1]);
    sigprocmask(SIG_SETMASK, &before, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    shared->evaluating = getpid();
    frames_open(supervisor, deaths[0]);
    trouble_prepare();
    frames_send('R', 0, &(struct field){"", 0}, 1);
    evaluate_cells();
}
