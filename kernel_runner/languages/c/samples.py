"""Sample programs in C: cells, and what they must show. Each cell is a whole program."""

from kernel_runner.language import Sample

HELLO = """\
#include <stdio.h>
int main(void) {
    puts("hello, world");
    return 0;
}"""
CRASH = """\
#include <stdio.h>
int main(void) {
    printf("before");
    fflush(stdout);
    volatile int *nowhere = 0;
    return *nowhere;
}"""
BROKEN = """\
int main(void) {
    return missing;
}"""
STDIN = """\
#include <stdio.h>
int main(void) {
    char word[80];
    printf("words? ");
    while (scanf("%79s", word) == 1) printf("%s%s\\n", word, word);
    return 0;
}"""
ENDLESS = """\
#include <stdio.h>
int main(void) {
    puts("running");
    fflush(stdout);
    for (volatile long n = 0;; n++);
}"""
UNICODE = """\
#include <stdio.h>
int main(void) {
    const char *größe = "žluťoučký 🐎 日本語";
    puts(größe);
    return 0;
}"""
EXIT = """\
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    fputs("on stderr\\n", stderr);
    exit(3);
}"""
SWITCHES = """\
//%cflags:-DANSWER=42 -std=c11
//%ldflags:-lm
//%args:one "two three"
#include <math.h>
#include <stdio.h>
int main(int argc, char **argv) {
    printf("%d %s %.0f\\n", ANSWER, argv[argc - 1], sqrt(argc * 3));
    return 0;
}"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "error": (
        Sample(
            BROKEN,
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2:12(?s:.*)missing(?s:.*)undeclared",
        ),
    ),
    "crash": (Sample(CRASH, stdout="before", error="Signal", traceback="SIGSEGV"),),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "switches": (Sample(SWITCHES, stdout="42 two three 3\n"),),
}
