"""Sample programs in bc: cells, and what they must show."""

from kernel_runner.language import Sample

FUNCTIONS = """\
define f(n) {
    if (n < 2) return 1
    return n * f(n - 1)
}
f(30)
scale = 20
sqrt(2)"""
RUN_TIME = """\
print "before\\n"
1 / 0
print "after\\n\""""
BROKEN = """\
print "never\\n"
x = ] 2"""
STDIN = """\
x = read()
y = read()
x * y"""
ENDLESS = """\
print "running\\n"
while (1) n = n + 1"""

SAMPLES = {
    "hello": (Sample('print "hello, world\\n"', stdout="hello, world\n"),),
    "functions": (Sample(FUNCTIONS, stdout=r"26525285981219105863630848\d+\n1\.4142135623\d+\n"),),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2: syntax error"),
        Sample("if (1) {\n    2", stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2: "),
        Sample(
            RUN_TIME,
            stdout="before\nafter\n",
            stderr=r"Runtime error \(func=\(main\), adr=\d+\): Divide by zero\n",
        ),
    ),
    "stdin": (Sample(STDIN, stdout="42\n", answers=("6", "7")),),
    "interrupt": (
        Sample(
            ENDLESS,
            stdout=r"running\n(\ninterrupted execution\.\n)?",  # if bc comes to say so
            error="Interrupted",
            interrupt=True,
        ),
        Sample("6 * 7", stdout="42\n"),
    ),
    "unicode": (
        Sample('print "žluťoučký 🐎 日本語\\n"', stdout="žluťoučký 🐎 日本語\n"),
        Sample('print "In[1] 2: error\\n"', stdout=r"In\[1\] 2: error\n"),
    ),
    "exit": (Sample('print "bye\\n"\nhalt\nprint "never"', stdout="bye\n"),),
    "comments only": (Sample("# nothing\n/* at\nall */"), Sample("")),
}
