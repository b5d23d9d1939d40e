"""Sample programs in Erlang: cells, and what they must show."""

from kernel_runner.language import Sample

MODULE = """\
-module(shapes).
-export([area/1]).

area({circle, R}) -> 3 * R * R;
area({box, A, B}) -> A * B."""
PROCESSES = """\
Echo = spawn(fun() -> receive {From, What} -> From ! {echo, What} end end),
Echo ! {self(), hello},
receive {echo, Got} -> Got after 5000 -> nothing end."""

SAMPLES = {
    "hello": (Sample('io:format("hello, world~n").', stdout="hello, world\n", result="ok"),),
    "state": (
        Sample("N = 20.", result="20"),
        Sample("double(X) -> 2 * X."),
        Sample("double(N) + 2", result="42"),  # the last dot may be left out
    ),
    "value": (
        Sample("[X * X || X <- lists:seq(1, 5)].", result=r"\[1,4,9,16,25\]"),
        Sample("A = 1.\nB = A + 1.\n{A, B}.", result=r"\{1,2\}"),
        Sample('#{name => <<"Ada"/utf8>>}.', result=r'#\{name => <<"Ada">>\}'),
        Sample("if N > 3 -> large; true -> small end.", result="large"),
        Sample(MODULE, result=r"\{module,shapes\}"),
        Sample("shapes:area({box, 6, 7}).", result="42"),
        Sample(PROCESSES, result="hello"),
    ),
    "comments only": (Sample("% nothing\n\n% at all"),),
    "error": (
        Sample(
            "Y = 1.\n\n1 / 0.\nZ = 2.",
            error="badarith",
            traceback=r"(?s)arithmetic expression.*called as 1 / 0.*In\[\d+\]:3",
        ),
        Sample("Y.", result="1"),
        Sample("{a, W} = 3.", error="badmatch", traceback="no match of right hand side value 3"),
        Sample("nowhere(1).", error="undef", traceback="nowhere/1"),
        Sample("throw(enough).", error="throw", traceback="enough"),
        Sample("fails() -> error(within).\nfails().", error="within", traceback=r"In\[\d+\]"),
        Sample("exit(leaving).", error="exit", traceback="leaving"),
    ),
    "syntax error": (
        Sample("Y = 7.\n2 + .", error="SyntaxError", traceback=r"In\[\d+\]:2:5"),
        Sample('X = "open', error="SyntaxError", traceback=r"In\[\d+\]:1"),
        Sample("unbound(X) -> X + Missing.", error="SyntaxError", traceback="Missing"),
    ),
    "stderr": (
        Sample('io:format(standard_error, "a problem~n", []).', stderr="a problem\n", result="ok"),
        Sample("unused(X) -> 1.", stderr=r"In\[\d+\]:1:8: Warning: variable 'X' is unused\n"),
    ),
    "stdin": (
        Sample(
            'Name = string:trim(io:get_line("name? ")),\nio:format("hello ~ts~n", [Name]).',
            stdout=r"name\? hello Ada\n",
            result="ok",
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample("Kept = 3.", result="3"),
        Sample(
            'io:format("running~n").\nF = fun Loop() -> Loop() end.\nF().',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("Kept.", result="3"),
    ),
    "redefinition": (
        Sample("answer() -> 1."),
        Sample("answer() -> 42."),
        Sample("answer().", result="42"),
        Sample("V = 1.", result="1"),
        Sample("V = V + 1.", result="2"),  # a cell can run again
        Sample("f(V).", result="ok"),
        Sample("V.", error="unbound"),
    ),
    "deep recursion": (
        Sample("deep(0) -> 0;\ndeep(N) -> 1 + deep(N + 1).\ndeep(1).", error="system_limit"),
        Sample("1 + 1.", result="2"),
    ),
    "unicode": (
        Sample(
            'io:format("~ts~n", ["žluťoučký 🐎 日本語"]).',
            stdout="žluťoučký 🐎 日本語\n",
            result="ok",
        ),
        Sample('string:length("ž🐎").', result="2"),
        Sample('error("ž🐎").', error="error", traceback="ž🐎"),
    ),
    "rich output": (Sample('display("text/html", "<b>bold</b>").', result="ok", mime="text/html"),),
    "exit": (
        Sample("Gone = 1.", result="1"),
        Sample("halt(3).", error="ExitCode", traceback="exit code 3"),
        Sample("Gone.", error="unbound"),
    ),
    "crash": (
        Sample(
            'os:cmd("kill -SEGV " ++ os:getpid()), timer:sleep(9000).',
            error="Signal",
            traceback="SIG",
        ),
        Sample("6 * 7.", result="42"),
    ),
}
