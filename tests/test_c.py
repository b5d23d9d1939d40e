"""C cells: a tour of the language, and cells that do their worst."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import pytest
from client import Exchange, fails, plain
from conftest import Start

# Cells in order, of one session: what each gives as its result, or prints where that begins
# with >; None: nothing at all; an error's name where that begins with !.
TOUR = (
    ("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <math.h>", None),
    ("int x = 3, *p = &x, values[] = {1, 2, 3};", None),
    ("*p + values[2]", "6"),
    ("x = 5;\nfor (int i = 0; i < 3; i++) printf(\"%d \", values[i]);\nx", "5"),
    ("sizeof values / sizeof *values", "3"),
    ("static int hidden = 4;\nextern int hidden;\nhidden", "4"),
    ("unsigned long long big = 1ULL << 63;\nbig", "9223372036854775808"),
    ("float third = 1.0f / 3;\nthird", "0.33333334"),
    ("1e300 * 1e300", "inf"),
    ("(char)65", "'A'"),
    ("'\\n'", "10"),
    ("_Bool yes = 2;\nyes", "true"),
    ('char text[] = "tab\\there";\ntext', r'"tab\there"'),
    ("char *copy = strdup(text);\ncopy[0] = 'T';\ncopy", r'"Tab\there"'),
    ("const double root = sqrt(2);\nroot", "1.4142135623730951"),
    ("root = 3;", "!BuildFailed"),
    ("const char *const name = copy;\nname", r'"Tab\there"'),
    # Types.
    ("struct point { int x; double y; };\nstruct point a = {1, 2.5};\na.y", "2.5"),
    ("typedef struct point point_t;\npoint_t b = a;\nb.x = 9;\nb", "{x = 9, y = 2.5}"),
    ("struct node { int n; struct node *next; } first = {1, &first};\nfirst.next == &first", "1"),
    ("union number { int i; float f; } u = {.f = 1};\nu.i", "1065353216"),
    ("enum level { LOW, HIGH = 7 };\nenum level l = HIGH;\nl", "HIGH"),
    ("(enum level)3", "3"),
    ("struct { unsigned low : 3; int high : 5; } bits = {5, -3};\nbits", "{low = 5, high = -3}"),
    ("bits.high", "-3"),
    ("struct outer { struct { int in; } nested; int list[2]; } o = {{1}, {2, 3}};\no",
     "{nested = {in = 1}, list = {2, 3}}"),
    ("typedef int (*operation)(int, int);\nint add(int a, int b) { return a + b; }\n"
     "operation op = add;\nop(2, 3)", "5"),
    ("op", "(int (*)(int, int)) 0x…"),
    ("int matrix[2][2] = {{1, 2}, {3, 4}};\nmatrix[1]", "{3, 4}"),
    ("int sparse[] = {[3] = 1, [1] = 2};\nsizeof sparse / sizeof *sparse", "4"),
    ("sparse", "{0, 2, 0, 1}"),
    ("(struct point){4, 5}", "{x = 4, y = 5.0}"),
    ("_Thread_local int own = 6;\nown", "6"),
    ("volatile int watched = 1;\nwatched + 1", "2"),
    ("#include <complex.h>\ndouble complex z = 1 + 2 * I;\nz", "1.0 + 2.0i"),
    ("(_Decimal64)1.1DD", "1.1"),
    ("(__int128)1 << 100", "1267650600228229401496703205376"),
    ("div(7, 2)", "{quot = 3, rem = 1}"),
    ("NULL", "(void *) 0x0"),
    ("(char *)0", "NULL"),
    ("(char *)1", "(char *) 0x1"),
    ('printf("%d\\n", x)', ">5\n"),
    ("atoi", "(int (*)(const char *)) 0x…"),
    # Statements, operators that look like declarations, control flow.
    ("x * hidden;", None),
    ("x * hidden", "20"),
    ("int y;\nif (x > 3) y = 1; else y = 2;\ny", "1"),
    ("int sum = 0;\nfor (int i = 1; i <= 100; i++) sum += i;\nsum", "5050"),
    ("switch (x) { case 5: puts(\"five\"); break; default: puts(\"other\"); }", ">five\n"),
    ("int tries = 0;\nagain:\nif (++tries < 3) goto again;\ntries", "3"),
    ("int n = 4;\nint square[n];\nfor (int i = 0; i < n; i++) square[i] = i * i;\nsquare[3]", "9"),
    ("({ int t = 2; t * 21; })", "42"),
    ("x > 3 ? \"more\" : \"less\"", '"more"'),
    # Macros.
    ("#define SQUARE(n) ((n) * (n))\nSQUARE(7)", "49"),
    ("#define SIZE 3\nint sized[SIZE];\nSIZE", "3"),
    ("#define SIZE 5\nsizeof sized / sizeof *sized", "3"),
    ("SIZE", "5"),
    ("#define MAKE(kind, name) kind name##_made = 8\nMAKE(int, it);\nit_made", "8"),
    ("it_made + 1", "9"),
    ("#define NAMED(name) val##name\nNAMED(ues)[0]", "1"),
    ("#ifdef SIZE\nint conditional = 1;\n#endif\nconditional", "1"),
    ("#undef SIZE\nSIZE", "!BuildFailed"),
    # Functions, and what becomes of their users.
    ("static int counter(void) { static int count; return ++count; }\ncounter()", "1"),
    ("counter()", "2"),
    ("int factorial(int n) { return n ? n * factorial(n - 1) : 1; }\nfactorial(10)", "3628800"),
    ("int later(int);\nint uses(void) { return later(1); }", None),
    ("int later(int n) { return n + 41; }\nuses()", "42"),
    ("int base = 10;\nint based(void) { return base; }\nint twice(void) { return 2 * based(); }\n"
     "twice()", "20"),
    ("double base = 2.5;\nbased()", "2"),
    ("int based(void) { return 100; }\ntwice()", "200"),
    ("struct point { char label[8]; } c = {\"new\"};\nc", '{label = "new"}'),
    ("a", "{x = 1, y = 2.5}"),
    ("typedef double real;\nreal r = 1;", None),
    ("typedef int real;\nreal whole = 1.5;\nwhole", "1"),
    ("r", "1.0"),
    ("int compare(const void *a, const void *b) { return *(int *)b - *(int *)a; }\n"
     "qsort(values, 3, sizeof *values, compare);\nvalues", "{3, 2, 1}"),
    ("void nothing(void) {}\nnothing()", None),
    ("int old(a, b) int a, b; { return a + b; }\nold(2, 3)", "5"),
    ("struct big { int list[50]; } make(void) { return (struct big){{1, 2}}; }\n"
     "make().list[1]", "2"),
    ("__typeof__(1.5) like = 2;\nlike", "2.0"),
    ("int even(int);\nint odd(int n) { return n ? even(n - 1) : 0; }\n"
     "int even(int n) { return n ? odd(n - 1) : 1; }\neven(10)", "1"),
    ('printf("in\\n");\nreturn;\nprintf("out\\n");', ">in\n"),
    ("extern int nowhere;\nnowhere", "!LinkError"),
    # Libraries.
    ("#include <pthread.h>\nvoid *work(void *it) { *(int *)it = 77; return 0; }\n"
     "pthread_t thread;\nint done;\npthread_create(&thread, 0, work, &done);\n"
     "pthread_join(thread, 0);\ndone", "77"),
    ("#include <omp.h>\nint total = 0;\n#pragma omp parallel for reduction(+ : total)\n"
     "for (int i = 0; i < 1000; i++) total += i;\ntotal", "499500"),
    ("omp_get_max_threads() > 0", "1"),
    ("#include <time.h>\nstruct tm when = {.tm_year = 99};\nmktime(&when) > 0", "1"),
    ("#include <errno.h>\nerrno = 2;\nstrerror(errno)", '"No such file or directory"'),
    ("%flags -DFROM_FLAGS=5", None),
    ("FROM_FLAGS", "5"),
    ("#include <stdio.h>\nint main(void) { puts(\"a program\"); }", ">a program\n"),
    ("x", "5"),
)  # fmt: skip


# What else compiles C, how it is called, and what it lacks.
OTHERS = {
    "clang": ("clang", r"_Decimal"),
    "zig": (f"{sys.executable} -m ziglang cc", r"_Decimal|omp"),
}


def test_a_tour_of_c(start: Start) -> None:
    client = start("c").client
    for code, expected in TOUR:
        check(client.cell(code), expected)


@pytest.mark.parametrize("name", OTHERS)
def test_the_tour_by_another_compiler(start: Start, name: str, tmp_path: Path) -> None:
    command, lacking = OTHERS[name]
    compiler = tmp_path / name
    compiler.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    compiler.chmod(0o755)
    client = start("c", f"--executable={compiler}").client
    client.cell("%flags -w")  # what they warn of differs
    for code, expected in TOUR:
        if not re.search(lacking, code):
            check(client.cell(code), expected)


def check(cell: Exchange, expected: str | None) -> None:
    """Compare a cell with what the tour says of it."""
    if expected is not None and expected.startswith("!"):
        assert cell.error.get("ename") == expected[1:], cell
        return
    assert cell.status == "ok" and cell.stderr == "", cell
    if expected is not None and expected.startswith(">"):
        assert cell.stdout == expected[1:], cell
    elif expected is None:
        assert cell.text is None and cell.stdout == "", cell
    else:
        pattern = re.escape(expected).replace("0x…", "0x[0-9a-f]+")
        assert re.fullmatch(pattern, cell.text or ""), cell


def test_messages_name_the_cell_and_quote_it(start: Start, tmp_path: Path) -> None:
    client = start("c").client
    client.cell("#include <stdio.h>\n#define TWICE(n) ((n) + missing)")
    text = fails(client, "int fine = 1;\n  int bad = TWICE(fine);")
    assert "In[2]:2:13: error" not in text and "In[1]:2" in text and "In[2]:2" in text
    assert "kernel_runner" not in text and "cell.h" not in text
    client.cell("%%file broken.h\nstatic int f(void) {\n  return nowhere;\n}")
    assert re.search(r"broken\.h:2:10: error", fails(client, '#include "broken.h"'))
    assert "missing.h: No such file" in fails(client, '#include "missing.h"')
    warned = client.cell('printf("%s\\n", 1.5 > 1 ? "a" : "b");\nint unused = 1;\nprintf("%d");')
    assert "In[6]:3:" in plain(warned.stderr) and "unused" not in plain(warned.stderr)


WORST = (
    ("for (int fd = 0; fd < 2000; fd++) close(fd);", None),
    ('if (fork() == 0) puts("child");', None),
    ('execlp("true", "true", NULL);', None),
    ('chdir("/");', None),
    ("while (1) deep++;", "Interrupted"),
    ("kill(getpid(), SIGKILL);", "Signal"),
    ("raise(SIGTERM);", "Signal"),
    ("abort();", "Signal"),
    ("_exit(3);", "ExitCode"),
    ("exit(4);", "ExitCode"),
    ("*(volatile int *)0;", "Signal"),
    ("((void (*)(void))0)();", "Signal"),
    ("fclose(stdout);\nfclose(stdin);", None),
    ("int divided = 7 / zero;", "Signal"),
    ("pthread_t endless;\npthread_create(&endless, 0, forever, 0);", None),
    ("free((void *)8);", "Signal"),
    ("setsid();\nsignal(SIGINT, SIG_IGN);", None),
    ("memset(&deep, 1, 1 << 30);", "Signal"),
)


@pytest.mark.parametrize("round_", range(2))
def test_cells_that_do_their_worst_leave_the_state(start: Start, round_: int) -> None:
    client = start("c").client
    client.cell(
        "#define _GNU_SOURCE\n#include <pthread.h>\n#include <signal.h>\n#include <stdio.h>\n"
        "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
        "long deep = 1;\nvolatile int zero = 0;\nint state = 1;\n"
        "void *forever(void *unused) { for (;;) sleep(1); }"
    )
    for number, (code, error) in enumerate(WORST[round_:] + WORST[:round_]):
        running = client.execute(code)
        if error == "Interrupted":
            client.interrupt()
        cell = client.finish(running)
        assert cell.error.get("ename") == error, cell
        assert client.cell("state++").text == str(number + 1), code
        printed = client.cell('write(1, "raw ", 4);\nprintf("%d\\n", state);')
        assert printed.status == "ok", printed
        assert "raw " in printed.stdout, (code, printed)


def test_what_a_cell_declared_that_died_is_not_there(start: Start) -> None:
    client = start("c").client
    client.cell("#include <stdlib.h>\nint f(void) { return 1; }")
    died = client.cell(
        "int g(void) { return 2; }\nint f(void) { return g(); }\nint v = 3;\nabort();"
    )
    assert died.error["ename"] == "Signal"
    assert client.cell("f()").text == "1"
    for name in ("g()", "v"):
        assert client.cell(name).error["ename"] == "BuildFailed"


def test_a_prototype_without_a_function_is_told(start: Start) -> None:
    client = start("c").client
    client.cell("int nowhere(void);\nint state = 3;")
    cell = client.cell("nowhere()")
    assert cell.status == "error" and "nowhere" in cell.stderr + str(cell.error), cell
    assert client.cell("state").text == "3"


def test_what_cannot_be_split_is_compiled_whole(start: Start) -> None:
    client = start("c").client
    client.cell("#define BEGIN {\n#define END }\n#define FOREVER for (;;)\nint n = 0;")
    assert client.cell("FOREVER BEGIN if (++n == 5) break; END").status == "ok"
    assert client.cell("n").text == "5"
    assert client.cell("int whole(int a) BEGIN return a * 2; END").status == "ok"
    assert client.cell("whole(21)").text == "42"


def test_variables_can_be_listed(start: Start) -> None:
    client = start("c").client
    assert client.cell("%vars").stdout == ""
    client.cell('int x = 1;\nstruct s { int a; } it = {2};\nchar *word = "w", list[2] = {65};')
    lines = [line.split(maxsplit=1) for line in client.cell("%vars").stdout.splitlines()]
    assert dict(lines).keys() == {"x", "it", "word", "list"}
    shown = client.cell("%vars").stdout
    assert re.search(r"it +struct s +\{a = 2\}", shown)
    assert re.search(r'list +char \[2\] +"A"', shown)


def test_snapshots_can_be_switched_off(start: Start) -> None:
    client = start("c").client
    client.cell("int x = 1;\n#include <stdlib.h>")
    assert "auto" in client.cell("%snapshot").stderr
    client.cell("%snapshot off")
    assert "variables are gone" in str(client.cell("abort();").error)
    assert client.cell("x").status == "error"
    client.cell("%snapshot on\nint x = 2;\n#include <stdlib.h>")
    assert client.cell("x = 3;\nabort();").status == "error"
    assert client.cell("x").text == "2"


def test_a_home_that_cannot_be_written(start: Start) -> None:
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "JUPYTER_DATA_DIR"), "/proc/nowhere")
    client = start("c", env=nowhere).client
    assert client.cell("int x = 41;").status == "ok"
    assert client.cell("x + 1").text == "42"


def test_a_restart_needs_no_compiler(start: Start) -> None:
    cells = ("int x = 20;", "int twice(int n) { return 2 * n; }", "twice(x) + 2")
    kernel = start("c")
    for _ in range(2):
        results = [kernel.client.cell(code) for code in cells]
        assert results[-1].text == "42"
        kernel.restart()
    hits = [kernel.client.cell(code).receipt["cache_hit"] for code in cells]
    assert hits == [True, True, True]


def test_what_was_compiled_long_ago_makes_room(start: Start, tmp_path: Path) -> None:
    builds = tmp_path / "kernel_runner" / "build"
    sizes = {"oldest": 600 << 20, "older": 600 << 20, "used": 200 << 20}
    for age, (name, size) in enumerate(reversed(sizes.items()), 1):
        (builds / name).mkdir(parents=True)
        with (builds / name / "program").open("wb") as program:
            program.truncate(size)
        os.utime(builds / name, (time.time() - 3600 * age,) * 2)
    kernel = start("c", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert kernel.client.cell("int x = 41;").status == "ok"
    kernel.restart()
    assert kernel.client.cell("int x = 41;").receipt["cache_hit"]
    assert [name for name in sizes if (builds / name).exists()] == ["older", "used"]


def test_two_clients_and_expressions(start: Start) -> None:
    kernel = start("c")
    other = kernel.connect()
    kernel.client.cell("int x = 6;")
    assert other.cell("x * 7").text == "42"
    values = other.cell("", user_expressions={"it": "x", "bad": "nope", "set": "x = 9"}).content
    assert values["user_expressions"]["it"]["data"]["text/plain"] == "6"
    assert values["user_expressions"]["bad"]["status"] == "error"


def test_a_large_cell_and_many_declarations(start: Start) -> None:
    client = start("c").client
    lines = [f"int v{index} = {index};" for index in range(3000)]
    assert client.cell("\n".join(lines)).status == "ok"
    assert client.cell("v0 + v2999").text == "2999"
    statements = "\n".join(f"v{index} += 1;" for index in range(3000))
    assert client.cell(f"{statements}\nv2999").text == "3000"


def test_kernels_that_compile_the_same_at_once(start: Start) -> None:
    clients = [start("c").client for _ in range(3)]
    unique = time.time_ns() % 1_000_000_000
    for number in range(10):
        code = f"int v{number} = {unique} + {number};\nv{number}"
        running = [client.execute(code) for client in clients]
        for client, exchange in zip(clients, running, strict=True):
            assert client.finish(exchange).text == str(unique + number)


def test_an_interrupt_of_the_compiler(start: Start) -> None:
    client = start("c").client
    client.cell("int x = 1;")
    slow = "\n".join(f"#define M{n} M{n - 1} + M{n - 1}" for n in range(1, 26))
    running = client.execute(f"#define M0 1\n{slow}\nM25")
    client.interrupt()
    assert client.finish(running).error.get("ename") == "Interrupted"
    assert client.cell("x").text == "1"
