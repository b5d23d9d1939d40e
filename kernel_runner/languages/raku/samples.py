"""Sample programs in Raku: cells, and what they must show."""

from kernel_runner.language import Sample

GRAMMAR = """\
grammar Sum {
    token TOP { <number>+ % [\\s* '+' \\s*] { make [+] $<number>».made } }
    token number { \\d+ { make +$/ } }
}
Sum.parse('20 + 12 + 10').made"""


def interrupted(code: str) -> Sample:
    """A cell that says that it runs, and then goes on for too long."""
    return Sample(code, stdout="running\n", error="Interrupted", interrupt=True)


SAMPLES = {
    "hello": (Sample("say 'hello, world'", stdout="hello, world\n"),),
    "state": (
        Sample("my $n = 20;", result="20"),
        Sample("sub double($x) { 2 * $x }; Nil"),
        Sample("class Point { has $.x }; my $p = Point.new(x => 2); Nil"),
        Sample("double($n) + $p.x", result="42"),
    ),
    "value": (
        Sample("6 * 7", result="42"),
        Sample("(1..5).map: * ** 2", result=r"\(1 4 9 16 25\)"),
        Sample("{ a => 1 }", result=r"\{a => 1\}"),
        Sample("0.1 + 0.2 == 0.3", result="True"),
        Sample(GRAMMAR, result="42"),
        Sample("say 'text'; 5", stdout="text\n"),  # as in Raku's REPL
        Sample("Nil"),
    ),
    "comments only": (Sample("# nothing\n\n# at all"),),
    "error": (
        Sample(
            "my $y = 1;\n\ndie 'no good';\n$y = 2;",
            error="X::AdHoc",
            traceback=r"no good\n  in block <unit> at In\[\d+\] line 3",
        ),
        Sample("$y", result="1"),
        Sample(
            "sub fails() {\n    die 'within'\n}\nfails",
            error="X::AdHoc",
            traceback=r"in sub fails at In\[\d+\] line 2\n  in block <unit> at In\[\d+\] line 4",
        ),
        Sample("1 / 0", error="X::Numeric::DivideByZero"),
        Sample("nowhere(1)", error="X::Undeclared::Symbols", traceback="nowhere used at line 1"),
    ),
    "syntax error": (
        Sample("my $z = 7;\n2 +;", error="X::Comp::AdHoc", traceback=r"at In\[\d+\]:2"),
        Sample("if True {", error="X::Syntax::Missing", traceback=r"In\[\d+\]:1"),
    ),
    "stderr": (
        Sample("note 'a problem'", stderr="a problem\n"),
        Sample("warn 'careful'; 7", stderr=r"careful\n(?s:.*)In\[\d+\] line 1\n", result="7"),
    ),
    "stdin": (
        Sample(
            "my $name = prompt 'name? '; say \"hello $name\"",
            stdout=r"name\? hello Ada\n",
            answers=("Ada",),
        ),
        Sample("$*IN.lines.map(*.uc).join('-')", result="ONE-TWO", answers=("one", "two", "\x04")),
        Sample("slurp", result="three\n", answers=("three", "\x04")),
        Sample("get", result="four", answers=("four",)),
    ),
    "interrupt": (
        interrupted("my $n = 0; sub n-and($more) { $n + $more }; say 'running'; loop { $n++ }"),
        Sample("n-and(2) - $n", result="2"),
        Sample("$n > 0", result="True"),
        interrupted("say 'running'; loop { }"),
        interrupted("sub again { try again() }; say 'running'; again"),
        interrupted("say 'running'; (1..Inf).grep(* < 0).head"),
        interrupted("say 'running'; loop { try { die }; CATCH { default { } } }"),
        interrupted("say 'running'; sleep 100"),
        interrupted("say 'running'; run 'sleep', '100'"),
        interrupted("say 'running'; await start { sleep 100 }"),
        interrupted("react { whenever Promise.in(100) { }; say 'running' }"),
        interrupted("say 'running'; { LEAVE $n = (^42).elems; loop { } }"),
        Sample("n-and(0)", result="42"),
    ),
    "redefinition": (
        Sample("sub answer { 1 }; Nil"),
        Sample("sub answer { 42 }; Nil"),
        Sample("answer", result="42"),
    ),
    "unicode": (
        Sample("say 'žluťoučký 🐎 日本語'", stdout="žluťoučký 🐎 日本語\n"),
        Sample("my $馬 = '🐎'; $馬.chars", result="1"),
        Sample("die 'ž🐎'", error="X::AdHoc", traceback="ž🐎"),
    ),
    "rich output": (
        Sample("display 'text/html', '<b>bold</b>'", mime="text/html"),
        Sample("display 'image/svg+xml', '<svg/>'; clear-output", mime="image/svg+xml"),
    ),
    "exit": (
        Sample("my $gone = 1; Nil"),
        Sample("exit 3", error="ExitCode", traceback="exit code 3"),
        Sample("$gone", error="X::Undeclared"),
    ),
    "crash": (
        Sample("run 'sh', '-c', 'kill -SEGV $PPID; sleep 9'", error="Signal", traceback="SIGSEGV"),
        Sample("6 * 7", result="42"),
    ),
}
