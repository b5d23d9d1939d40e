"""Sample programs in C: cells, and what they must show. One with a main is a whole program."""

import re

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

RECORDS = """\
struct point { double x, y; } p = {1, 2.5};
enum colour { RED, GREEN = 5 } c = GREEN;
int m[2][3] = {{1, 2, 3}, {4, 5, 6}};
const char *word = "word";"""
INTERRUPTED = """\
long n = 0;
int early = 7;
puts("running");
for (;;) n++;"""
STACK = """\
int deep(int n) { return 1 + deep(n + 1) * 2; }
deep(0)"""
NOWHERE = """\
int *nowhere = 0;
int look(int *at) {
    return *at;
}"""
CRASHES = """\
kept = 2;
printf("before ");
look(nowhere);"""
PICTURE = """\
#include <stdio.h>
kr_display("text/html", "<b>bold</b>");
kr_display_as("mine", "text/plain", "first");
kr_update("mine", "text/plain", "second");"""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample('#include <stdio.h>\nputs("hello, world");', stdout="hello, world\n"),
    ),
    "state": (
        Sample("int x = 41;"),
        Sample("x++;\nint twice(int n) { return 2 * n; }"),
        Sample("twice(x)", result="84"),
    ),
    "value": (
        Sample(RECORDS),
        Sample("p", result=re.escape("{x = 1.0, y = 2.5}")),
        Sample("c", result="GREEN"),
        Sample("m", result=re.escape("{{1, 2, 3}, {4, 5, 6}}")),
        Sample("word", result='"word"'),
        Sample("p.x / 3", result="0.3333333333333333"),
        Sample("&p", result=r"\(struct point \*\) 0x[0-9a-f]+"),
        Sample("x = 3;"),
    ),
    "error": (
        Sample(
            BROKEN,
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2:12(?s:.*)missing(?s:.*)undeclared",
        ),
        Sample(
            "int fine = 1;\nint b = missing + 1;",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2:9:(?s:.*)missing(?s:.*)int b = missing \+ 1;",
        ),
        Sample("fine", error="BuildFailed", traceback="undeclared"),
    ),
    "syntax error": (
        Sample("int y = ;", error="BuildFailed", traceback=r"In\[\d+\]:1:9: error"),
        Sample("if (1) {", error="BuildFailed"),
        Sample("}", error="BuildFailed"),
    ),
    "crash": (
        Sample(CRASH, stdout="before", error="Signal", traceback="SIGSEGV"),
        Sample("#include <stdio.h>\nint kept = 1;\n" + NOWHERE),
        Sample(
            CRASHES,
            stdout="before ",
            error="Signal",
            traceback=r"In\[\d+\]:5, in look\n    return \*at;\n"
            r"In\[\d+\]:3, in the cell(?s:.*)SIGSEGV .*all variables are as they were",
        ),
        Sample("kept", result="1"),
    ),
    "stdin": (
        Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),
        Sample(
            '#include <stdio.h>\nint age;\nprintf("age? ");\nscanf("%d", &age);',
            stdout=r"age\? ",
            answers=("36",),
        ),
        Sample("age", result="36"),
    ),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
        Sample("#include <stdio.h>\n#include <unistd.h>"),
        Sample(
            INTERRUPTED,
            stdout="running\n",
            error="Interrupted",
            traceback=r"In\[\d+\]:4; what it had done by then is kept",
            interrupt=True,
        ),
        Sample("n > 0 && early == 7", result="1"),
        Sample(
            'early = 8;\nputs("asleep");\nsleep(100);',
            stdout="asleep\n",
            error="Interrupted",
            traceback="kept",
            interrupt=True,
        ),
        Sample("early", result="8"),
    ),
    "unicode": (
        Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),
        Sample('char größe[] = "žluťoučký 🐎";\ngröße', result='"žluťoučký 🐎"'),
        Sample("größe = 日本語;", error="BuildFailed", traceback="日本語(?s:.*)undeclared"),
    ),
    "rich output": (Sample(PICTURE, mime="text/html"), Sample("1", result="1")),
    "exit": (
        Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),
        Sample("#include <stdlib.h>\nint before = 5;"),
        Sample("before = 6;\nexit(3);", error="ExitCode", traceback="exit code 3.*as they were"),
        Sample("before", result="5"),
        Sample("exit(0);", stderr=r"\[The cell has ended its process .*\]\n"),
    ),
    "redefinition": (
        Sample("int f(int n) { return n + 1; }\nint g(int n) { return 10 * f(n); }\nint v = 1;"),
        Sample("g(1)", result="20"),
        Sample("int f(int n) { return n + 5; }\ndouble v = 2.5;"),
        Sample("g(1)", result="60"),
        Sample("v", result="2.5"),
        Sample("struct s { int a; } old = {1};"),
        Sample('struct s { char b[4]; } new = {"new"};\nnew', result=re.escape('{b = "new"}')),
        Sample("old", result=re.escape("{a = 1}")),
    ),
    "deep recursion": (
        Sample(STACK, stderr="(?s:.*)", error="Signal", traceback=r"In\[\d+\]:1, in deep"),
        Sample("1 + 1", result="2"),
    ),
    "comments only": (
        Sample("// nothing\n/* at all */"),
        Sample("1 // one", result="1"),
    ),
    "switches": (
        Sample(SWITCHES, stdout="42 two three 3\n"),
        Sample("//%cflags: -DWHAT=9\nWHAT", result="9"),
    ),
}
