"""Sample programs in Python: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('print("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("import math\ndef area(r):\n    return math.floor(r * r * math.pi)"),
        Sample("area(3)", result="28"),
    ),
    "value": (
        Sample('x = 6\n[x * 7, "a"]', result=r"\[42, 'a'\]"),
        Sample("_[0]", result="42"),
        Sample("x;"),
    ),
    "error": (
        Sample(
            "def half(n):\n    return 1 // n\n\nhalf(0)",
            error="ZeroDivisionError",
            traceback=r"line 4(?s:.*)line 2",
        ),
    ),
    "syntax error": (
        Sample("print(1)\nx = = 2", stdout="", error="SyntaxError", traceback="line 2"),
    ),
    "stdin": (
        Sample(
            "import sys\nfor line in sys.stdin:\n    print(line.strip() * 2)",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
    ),
    "interrupt": (
        Sample(
            'n = 1\nprint("running", flush=True)\nwhile True:\n    n += 1',
            stdout="running\n",
            error="KeyboardInterrupt",
            interrupt=True,
        ),
        Sample("n > 0", result="True"),
    ),
    "unicode": (
        Sample("größe = 'žluťoučký 🐎 日本語'\nprint(größe)", stdout="žluťoučký 🐎 日本語\n"),
        Sample("größe.upper()", result="'ŽLUŤOUČKÝ 🐎 日本語'"),
    ),
    "rich output": (
        Sample(
            "class Bold:\n    def _repr_html_(self):\n        return '<b>hello</b>'\nBold()",
            mime="text/html",
        ),
    ),
    "exit": (
        Sample("kept = 1\nraise SystemExit(3)", error="ExitCode", traceback="exit code 3"),
        Sample("kept", error="NameError"),
    ),
    "redefinition": (
        Sample("def answer(): return 1"),
        Sample("def answer(): return 42"),
        Sample("answer()", result="42"),
    ),
    "deep recursion": (
        Sample("def down(): return down()\nkept = 1\ndown()", error="RecursionError"),
        Sample("kept", result="1"),
    ),
    "crash": (
        Sample("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", error="Signal"),
        Sample("'kept' in globals()", result="False"),
    ),
    "comments only": (Sample("# nothing"), Sample("")),
}
