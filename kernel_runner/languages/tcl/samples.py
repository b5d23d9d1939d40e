"""Sample programs in Tcl: cells, and what they must show."""

from kernel_runner.language import Sample

ERROR = """\
proc half {n} {
    if {$n == 0} { error "no half" }
}

half 0"""

SAMPLES = {
    "hello": (Sample('puts "hello, world"', stdout="hello, world\n"),),
    "state": (
        Sample("proc twice {n} {\n    expr {$n * 2}\n}\nset price(tea) 3\ncd /", result=None),
        Sample("twice $price(tea)", result="6"),
        Sample("pwd", result="/"),
    ),
    "value": (
        Sample("set answer 42", result="42"),
        Sample("lmap n {1 2 3} {expr {$n ** 2}}", result="1 4 9"),
        Sample("puts -nonewline {}"),
        Sample("# nothing but\n# comments"),
    ),
    "error": (
        Sample(
            ERROR,
            error="error",
            traceback=r'no half\nIn\[\d+\]:5(?s:.*)procedure "half" line 2(?s:.*)"half 0"',
        ),
        Sample("expr {1 / 0}", error="ARITH DIVZERO", traceback=r"In\[\d+\]:1"),
        Sample('puts stderr "careful"', stderr="careful\n"),
    ),
    "syntax error": (
        Sample("puts 1\nputs {2", stdout="", error="SyntaxError", traceback=r"In\[\d+\]:2"),
        Sample("set x 1\n\nset x [", error="SyntaxError"),
    ),
    "stdin": (
        Sample(
            "while {[gets stdin line] >= 0} { puts $line$line }",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
    ),
    "order": (
        Sample(
            'puts -nonewline "name: "\nputs "Hi [gets stdin]"',
            stdout="name: Hi Ada\n",
            answers=("Ada",),
        ),
        Sample(
            'puts -nonewline a\nexec sh -c {printf b > /dev/tty}\nputs -nonewline "c"',
            stdout="abc",
        ),
        Sample(
            "fconfigure stdout -buffering",
            result="full",
        ),
        Sample(
            "puts -nonewline asleep\nafter 60000",
            stdout="asleep",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "interrupt": (
        Sample(
            "set n 1\nputs running\nwhile 1 { incr n }",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("expr {$n > 0}", result="1"),
        Sample(
            "puts running\nwhile 1 { catch { incr n } }",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("puts asleep\nafter 60000", stdout="asleep\n", error="Interrupted", interrupt=True),
    ),
    "unicode": (
        Sample(
            "set größe {žluťoučký 🐎 日本語}\nputs ${größe}",
            stdout="žluťoučký 🐎 日本語\n",
        ),
        Sample("error {日本}", error="error", traceback="日本"),
    ),
    "rich output": (
        Sample("display text/html <b>hello</b>", mime="text/html"),
        Sample("display image/svg+xml <svg/> one\nclear_output", mime="image/svg+xml"),
    ),
    "exit": (
        Sample("set kept 1\nputs bye\nexit 3", error="ExitCode", traceback="exit code 3"),
        Sample("info exists kept", result="0"),
    ),
    "redefinition": (
        Sample("proc answer {} { return 1 }"),
        Sample("proc answer {} { return 42 }"),
        Sample("answer", result="42"),
    ),
    "deep recursion": (
        Sample("proc deep {} { deep }\ndeep", error="TCL LIMIT", traceback="too many nested"),
    ),
    "crash": (Sample("exec kill -SEGV [pid]\nafter 5000", error="Signal", traceback="SIGSEGV"),),
    "comments only": (Sample("# nothing"), Sample("")),
}
