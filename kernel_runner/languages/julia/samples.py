"""Sample programs in Julia: cells, and what they must show."""

from kernel_runner.language import Sample

TABLE = """\
struct Table
    rows::Vector{Int}
end
Base.show(io::IO, ::MIME"text/html", t::Table) = print(io, "<table>", t.rows, "</table>")
Base.show(io::IO, ::MIME"text/plain", t::Table) = print(io, "table of ", length(t.rows))
Table([1, 2])"""

SAMPLES = {
    "hello": (Sample('println("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("n = 6\nconst PRICES = Dict(:tea => 7)\nstruct Cup\n    size\nend"),
        Sample("f(x) = 2x;"),
        Sample("(n * PRICES[:tea], f(Cup(3).size))", result=r"\(42, 6\)"),
    ),
    "value": (
        Sample("x = 6 * 7", result="42"),
        Sample("x;"),
        Sample("ans", result="42"),
        Sample("nothing"),
        Sample("[1 2; 3 4]", result=r"2.2 (Array|Matrix)\{Int64.*\}:\n 1  2\n 3  4"),
        Sample("total = 0\nfor i in 1:3\n    total += i\nend\ntotal", result="6"),
    ),
    "comments only": (Sample("# nothing\n#= at\nall =#"), Sample("")),
    "error": (
        Sample(
            'function half(n)\n    n == 0 && error("no half")\nend\n\nhalf(0)',
            error="ErrorException",
            traceback=r"no half(?s:.*)half(\(::Int64\)|.*)(?s:.*)In\[\d+\]:2(?s:.*)In\[\d+\]:5$",
        ),
        Sample("[1][2]", error="BoundsError", traceback=r"In\[\d+\]:1$"),
    ),
    "syntax error": (
        Sample("println(1)\n\nx = = 2", stdout="", error="SyntaxError", traceback=r"In\[\d+\]:3"),
    ),
    "unclosed string": (Sample('println("hello', stdout="", error="SyntaxError"),),
    "NUL": (Sample("x = 1 \0 y", error="SyntaxError"),),
    "warning": (Sample('@warn "careful"', stderr="(?s).*Warning: careful\n.*"),),
    "stdin": (
        Sample(
            "for line in eachline()\n    println(line, line)\nend",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'print("Name? "); println(uppercase(readline()))',
            stdout="Name\\? ADA\n",
            answers=("Ada",),
        ),
    ),
    "ask": (Sample('Jupyter.readprompt("Name? ")', result='"Ada"', answers=("Ada",)),),
    "interrupt": (
        Sample(
            'n = 1\nprintln("running")\nwhile true\n    n += 1\nend',
            stdout="running\n",
            error="InterruptException",
            interrupt=True,
        ),
        Sample("n > 0", result="true"),
    ),
    "interrupt of sleep": (
        Sample(
            'println("asleep")\nsleep(600)',
            stdout="asleep\n",
            error="InterruptException",
            interrupt=True,
        ),
        Sample("1 + 1", result="2"),
    ),
    "unicode": (
        Sample(
            'größe = "žluťoučký 🐎 日本語"\nprintln(größe)\nlength(größe)',
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample('error("příliš 🐎")', error="ErrorException", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(TABLE, result="table of 2", mime="text/html"),
        Sample('display("text/html", "<b>hello</b>")', mime="text/html"),
        Sample('using Markdown\nmd"*hello*"', result="  hello", mime="text/markdown"),
        Sample('Jupyter.display("image/svg+xml", "<svg/>"; id = 1)', mime="image/svg+xml"),
        Sample('Jupyter.update(1, HTML("<b>two</b>"))\nIJulia.clear_output()'),
    ),
    "tasks": (
        Sample("channel = Channel(1)\n@async (sleep(0.01); put!(channel, 42));"),
        Sample("take!(channel)", result="42"),
    ),
    "programs": (
        Sample('print("one ")\nrun(`echo two`);\nprintln("three")', "one two\nthree\n"),
        Sample("read(`sh -c 'ls /proc/self/fd | wc -l'`, String)", result=r'"4\\n"'),
        Sample(";echo shell", "shell\n"),
    ),
    "exit": (
        Sample('kept = 1\natexit(() -> println("bye"))\nexit(3)', "bye\n", error="ExitCode"),
        Sample("@isdefined kept", result="false"),
    ),
    "crash": (
        Sample("ccall(:raise, Cint, (Cint,), 9)", error="Signal", traceback="SIGKILL"),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample("answer() = 1\ndouble() = 2answer();"),
        Sample("answer() = 21;"),
        Sample("double()", result="42"),
    ),
    "deep recursion": (
        Sample("down(n) = 1 + down(n + 1)\ndown(0)", error="StackOverflowError"),
        Sample("1 + 1", result="2"),
    ),
}
