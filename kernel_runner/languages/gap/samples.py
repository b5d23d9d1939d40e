"""Sample programs in GAP: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('Print("hello, world\\n");', stdout="hello, world\n"),),
    "state": (
        Sample("n := 20;;"),
        Sample("double := function(x)\n  return 2 * x;\nend;;"),
        Sample("double(n) + 2;", result="42"),
    ),
    "value": (
        Sample("6 * 7", result="42"),  # the last semicolon may be left out
        Sample("x := 5;", result="5"),  # as GAP has it
        Sample("x^100;;"),
        Sample("last mod 1000;", result="625"),
        Sample("G := Group((1,2), (1,2,3)); Size(G);", result="6"),
        Sample("List([1 .. 5], i -> i^2); # squares", result=r"\[ 1, 4, 9, 16, 25 \]"),
        Sample('Print("no value\\n");', stdout="no value\n"),
        Sample('if x > 3 then\n  Print(x, "\\n");\nfi;', stdout="5\n"),
    ),
    "comments only": (Sample("# nothing\n\n# at all"),),
    "error": (
        Sample(
            "y := 1;;\n\n# a comment\nmissing + 1;\ny := 2;",
            error="Error",
            traceback=r"Variable: 'missing' must have a value\s+In\[\d+\]:4",
        ),
        Sample("y;", result="1"),
        Sample("1 / 0;", error="Error", traceback="divisor. must not be zero"),
        Sample("Size(fail);", error="Error", traceback="no 1st choice method found for `Size'"),
        Sample('Error("of ", 3, " kinds");', error="Error", traceback="of 3 kinds"),
    ),
    "syntax error": (
        Sample("y := 7;;\nz := ;\n", error="SyntaxError", traceback=r"in In\[\d+\]:2\nz := ;"),
        Sample("if true then", error="SyntaxError", traceback=r"In\[\d+\]:\d"),
    ),
    "stderr": (
        Sample('PrintTo("*errout*", "a problem\\n");', stderr="a problem\n"),
        Sample(
            "f := function() return unbound_thing; end;;",
            stderr=r"Syntax warning: Unbound global variable in In\[\d+\]:1\n(?s:.*)",
        ),
    ),
    "stdin": (
        Sample(
            'in_ := InputTextUser();;\nPrint("name? ");\nname := Chomp(ReadLine(in_));;\n'
            'Print("hello ", name, "\\n");',
            stdout=r"name\? hello Ada\n",
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample("kept := 3;;"),
        Sample(
            'Print("running\\n");\nwhile true do od;',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept;", result="3"),
    ),
    "redefinition": (
        Sample("f := x -> x + 1;;\nf(1);", result="2"),
        Sample('f := "text";', result='"text"'),
    ),
    "deep recursion": (
        Sample(
            "deep := function(n) return 1 + deep(n + 1); end;;\ndeep(1);",
            stderr="(?s:.*)",
            error="Error",
            traceback="recursion depth trap",
        ),
        Sample("1 + 1;", result="2"),
    ),
    "unicode": (
        Sample('Print("žluťoučký 🐎 日本語\\n");', stdout="žluťoučký 🐎 日本語\n"),
        Sample('"ž🐎";', result='"ž🐎"'),
        Sample('Error("ž🐎");', error="Error", traceback="ž🐎"),
    ),
    "rich output": (Sample('display("text/html", "<b>bold</b>");', mime="text/html"),),
    "exit": (
        Sample("gone := 1;;"),
        Sample("QUIT;", stderr="(?s:.*)"),
        Sample("IsBound(gone);", result="false"),
        Sample("QUIT_GAP(3);", error="ExitCode", traceback="exit code 3"),
    ),
    "crash": (
        Sample('Exec("kill -SEGV $PPID; sleep 9");', error="Signal", traceback="SIGSEGV"),
        Sample("6 * 7;", result="42"),
    ),
}
