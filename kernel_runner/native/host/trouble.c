/*
 * Crashes and interrupts. Where a cell crashes is written down before it dies. An interrupt leaves
 * the cell where its own code runs; where that waits inside a library, the library's return is
 * turned aside, so that no lock of a library stays taken and no work of its is cut in half.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "internal.h"

#if defined __x86_64__
#define PROGRAM_COUNTER(context) ((uintptr_t)(context)->uc_mcontext.gregs[REG_RIP])
#define STACK_POINTER(context) ((uintptr_t)(context)->uc_mcontext.gregs[REG_RSP])
#elif defined __aarch64__
#define PROGRAM_COUNTER(context) ((uintptr_t)(context)->uc_mcontext.pc)
#define STACK_POINTER(context) ((uintptr_t)(context)->uc_mcontext.sp)
#endif

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

static char handlers_stack[1 << 17];
static volatile sig_atomic_t inside; /* a cell's function runs, or is about to */
static uintptr_t caller;             /* the function that calls it */

/* A walk up the stack, from where a signal came. */
struct walk {
    uintptr_t begins; /* the program counter of the first frame that matters; 0: all do */
    bool begun, ended, in_library;
    uintptr_t *turn; /* where the outermost library function has its return address */
    uintptr_t returns_to;
};

static _Unwind_Reason_Code record_place(struct _Unwind_Context *context, void *unused)
{
    (void)unused;
    int before = 0;
    uintptr_t counter = _Unwind_GetIPInfo(context, &before);
    uintptr_t offset;
    int cell = cells_find(before ? counter : counter - 1, &offset);
    if (cell >= 0) {
        shared->place[shared->places] = (struct place){cell, offset};
        shared->places++;
    }
    return shared->places < MOST_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void trouble_record(void)
{
    shared->places = 0;
    _Unwind_Backtrace(record_place, NULL);
}

void kernel_runner_trace(void)
{
    if (evaluates())
        trouble_record();
}

static void record_crash(const ucontext_t *context)
{
    trouble_record();
    if (shared->places > 0)
        return;
    /* A call of nothing: the caller is all that is on the stack. */
    uintptr_t return_address = *(uintptr_t *)STACK_POINTER(context), offset;
    int cell = cells_find(return_address - 1, &offset);
    if (PROGRAM_COUNTER(context) < 4096 && cell >= 0) {
        shared->place[0] = (struct place){cell, offset};
        shared->places = 1;
    }
}

static void write_buffered(const FILE *stream, int descriptor)
{
#ifdef __GLIBC__
    /* fflush would wait for a lock that the crashed code may hold. */
    if (stream->_IO_write_ptr > stream->_IO_write_base)
        (void)!write(descriptor, stream->_IO_write_base,
                     stream->_IO_write_ptr - stream->_IO_write_base);
#else
    (void)stream, (void)descriptor;
#endif
}

static void crashed(int number, siginfo_t *info, void *context)
{
    (void)info;
    signal(number, SIG_DFL);
    if (evaluates() && inside) {
        write_buffered(stdout, STDOUT_FILENO);
        record_crash(context);
    }
    raise(number); /* it comes when this handler has returned */
}

static _Unwind_Reason_Code look_at(struct _Unwind_Context *context, void *state)
{
    struct walk *walk = state;
    uintptr_t counter = _Unwind_GetIP(context), offset;
    if (!walk->begun && counter != walk->begins)
        return _URC_NO_REASON;
    if (_Unwind_GetRegionStart(context) == caller) {
        walk->ended = true;
        return _URC_END_OF_STACK;
    }
    bool own = cells_find(counter - (walk->begun ? 1 : 0), &offset) >= 0;
    if (own && walk->in_library) {
        walk->turn = (uintptr_t *)_Unwind_GetCFA(context) - 1;
        walk->returns_to = counter;
    }
    walk->in_library = !own;
    walk->begun = true;
    return _URC_NO_REASON;
}

#if defined __x86_64__
/* Where a library function returns to instead of the cell. */
__asm__(".text\n"
        ".type turned_aside, @function\n"
        "turned_aside:\n"
        "    subq $8, %rsp\n"
        "    call leave_cell@PLT\n");
extern void turned_aside(void) __attribute__((visibility("hidden")));

static void turn_aside(const struct walk *walk)
{
    if (walk->turn && *walk->turn == walk->returns_to)
        *walk->turn = (uintptr_t)turned_aside;
}
#else
static void turn_aside(const struct walk *walk)
{
    (void)walk; /* the return address is in a register: the supervisor's patience decides */
}
#endif

static void interrupted(int number, siginfo_t *info, void *context)
{
    (void)info;
    int error = errno;
    if (!evaluates() || !inside)
        return;
    if (syscall(SYS_gettid) != getpid()) {
        syscall(SYS_tgkill, getpid(), getpid(), number);
        return;
    }
    struct walk walk = {.begins = PROGRAM_COUNTER((ucontext_t *)context)};
    _Unwind_Backtrace(look_at, &walk);
    if (walk.begun && walk.ended && !walk.in_library && !walk.turn) {
        trouble_record();
        leave_cell();
    }
    turn_aside(&walk);
    shared->leaving = true;
    errno = error;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigdelset(&action.sa_mask, fatal[i]);
    sigaction(number, &action, NULL);
}

void trouble_prepare(void)
{
    stack_t stack = {.ss_sp = handlers_stack, .ss_size = sizeof handlers_stack};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        handle(fatal[i], crashed);
    handle(SIGINT, interrupted);
    trouble_record(); /* what the unwinder sets up at its first use, it can't in a handler */
}

void trouble_enter(void (*function)(const char *))
{
    caller = (uintptr_t)function;
    inside = true;
    if (shared->interrupts > 0) /* before there was anything to leave */
        leave_cell();
}

void trouble_leave(void)
{
    inside = false;
}
