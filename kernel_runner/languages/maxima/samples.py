"""Sample programs in Maxima: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('print("hello, world")$', stdout="hello, world \n"),),
    "state": (
        Sample("price: [tea = 3, milk = 2]$\ntwice(n) := 2 * n$"),
        Sample("twice(subst(price, tea))", result=r"\(%o\d+\) 6"),  # no terminator
        Sample("% + 1;", result=r"\(%o\d+\) 7"),
    ),
    "value": (
        Sample("kill(all)$"),
        Sample("1 + 1;", result=r"\(%o1\) 2", mime="text/latex"),
        Sample("%o1 + %i1;", result=r"\(%o2\) 4"),
        Sample("x^2 / 3;", result=r" +2\n +x\n\(%o3\) --\n +3", mime="text/latex"),
        Sample('"a; b$"; /* c; d$ /* e */ */ "f"$', result=r"\(%o4\) a; b\$"),
        Sample("x; y; z$", result=r"\(%o\d+\) y", mime="text/latex"),
        Sample("display2d: false$ x^2 / 3;", result=r"\(%o\d+\) x\^2/3"),
        Sample("display2d: true$"),
        Sample(":lisp (+ 1 2)", stdout="\n?3\n"),
        Sample(
            "? ratsimp",
            stdout=r"(?s).*Function: ratsimp.*",
            answers=("0",),
        ),
    ),
    "calculus": (
        Sample("diff(sin(x)^2, x);", result=r"\(%o\d+\) 2 cos\(x\) sin\(x\)"),
        Sample("integrate(1 / (1 + t^2), t, 0, inf);", result=r" +%pi\n\(%o\d+\) ---\n +2"),
        Sample("solve(z^2 - 2 = 0, z);", result=r"\(%o\d+\) \[z = - sqrt\(2\), z = sqrt\(2\)\]"),
        Sample("matrix([1, 2], [3, 4]) . [5, 6];", result=r"(?s).*17.*39.*", mime="text/latex"),
        Sample('load("orthopoly")$\nbfloat(%pi), fpprec: 30;', result=r"\(%o\d+\) 3\.1415926\d+b0"),
    ),
    "multi-line": (
        Sample(
            "fact(n) :=\n  if n <= 1 then 1\n  else n * fact(n - 1)$\n\n"
            'for i: 1 thru 3 do\n  print(i, "->", fact(i))$\nfact(20);',
            stdout="1 -> 1 \n2 -> 2 \n3 -> 6 \n",
            result=r"\(%o\d+\) 2432902008176640000",
        ),
    ),
    "error": (
        Sample(
            'print("before")$\n\n1 / 0;',
            stdout="before \n",
            error="Error",
            traceback=r"expt: undefined: 0 to a negative exponent\.\nIn\[\d+\]:3",
        ),
        Sample('f(n) := block([m: n],\n  m: m - 1,\n  error("no such", m))$'),
        Sample(
            "[1,\n f(5),\n 2];",
            error="Error",
            traceback=r"no such 4\nIn\[\d+\]:3: f\(n=5\)\nIn\[\d+\]:2$",
        ),
        Sample("\n?car(5);", error="LispError", traceback=r"5 is not of type LIST\nIn\[\d+\]:2"),
        Sample("errcatch(1 / 0);", stdout=r"(?s).*undefined.*", result=r"\(%o\d+\) \[\]"),
        Sample(
            "block([x: 1], local(g), g(y) := y, errcatch(error(x)), throw(x));",
            stdout="1\n",
            error="Error",
            traceback="throw: not within 'catch'",
        ),
        Sample('load("nowhere");', error="Error", traceback="not found"),
    ),
    "syntax error": (
        Sample(
            'print("before")$\n\n(1 +\n 2];\nprint("behind")$',
            stdout="before \n",
            error="SyntaxError",
            traceback=r"Missing \)\nIn\[\d+\]:4",
        ),
        Sample("x: 1 + ;", error="SyntaxError", traceback=r"Premature termination.*\nIn\[\d+\]:1"),
        Sample('"open', error="LispError", traceback="end of file"),
        Sample("/* open", error="LispError", traceback="end of file in comment"),
        Sample('infix("<+>")$ a <+> b := 10 * a + b$ 4 <+> 2;', result=r"\(%o\d+\) 42"),
        Sample('eval_string("1 +");', error="SyntaxError"),
    ),
    "stdin": (
        Sample(
            'name: read("name?")$\nprint("hello", name)$',
            answers=("Ada",),
            stdout="name\\? \nhello Ada \n",
        ),
        Sample('x: readonly("x?");', result=r"\(%o\d+\) 2", stdout=r"x\? \n", answers=("1 + 1;",)),
        Sample(
            "kill(x)$\nassume(b > 0)$\nintegrate(x^a, x, 0, b);",
            stdout=r"(?s)Is a positive, negative or zero\?\s+",
            result=r"(?s).*a \+ 1",
            answers=("positive",),
        ),
        Sample(
            "asksign(q);", stdout="(?s).*", error="Error", traceback="no answer", answers=("\x04",)
        ),
        Sample("asksign(q);", stdout="(?s).*", result=r"\(%o\d+\) neg", answers=("negative;",)),
    ),
    "interrupt": (
        Sample("kept: 3$"),
        Sample(
            'block([kept: 0],\n  print("running"),\n  while true do kept: kept + 1)$',
            stdout="running \n",
            error="Interrupted",
            traceback=r"In\[\d+\]:1",
            interrupt=True,
        ),
        Sample(
            'print("running")$ errcatch(while true do 1)$',
            stdout="running \n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample(
            'print("asleep")$ system("sleep 60")$',
            stdout="asleep \n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept;", result=r"\(%o\d+\) 3"),
    ),
    "unicode": (
        Sample('print("žluťoučký 🐎 日本語")$', stdout="žluťoučký 🐎 日本語 \n"),
        Sample('λ: "žluť 🐎"$ λ;', result=r"\(%o\d+\) žluť 🐎"),
        Sample('error("žluť 🐎");', error="Error", traceback="žluť 🐎"),
    ),
    "rich output": (
        Sample('jupyter_html("<b>x</b>");', mime="text/html", result=".*"),
        Sample('jupyter_markdown("*x*", true)$ 1;', mime="text/markdown", result=".* 1"),
        Sample('jupyter_inline("<svg/>", "image/svg+xml");', mime="image/svg+xml", result=".*"),
        Sample('jupyter_file("nowhere.png");', error="Error", traceback="there is no file"),
    ),
    "plots": (
        Sample("plot2d(sin(x), [x, 0, 6]);", mime="image/svg+xml"),
        Sample("plot3d(x * y, [x, 0, 1], [y, 0, 1], [grid, 5, 5])$", mime="image/svg+xml"),
        Sample("plot2d(x, [x, 0, 1], [gnuplot_term, png])$", mime="image/png"),
        Sample("draw2d(explicit(x^2, x, 0, 1))$", mime="image/svg+xml"),
        Sample(
            'gnuplot_command: "no-gnuplot"$\nplot2d(x, [x, 0, 1])$',
            stderr=".*no-gnuplot.*\n",
            error="Error",
            traceback="gnuplot has drawn nothing",
        ),
        Sample('gnuplot_command: "gnuplot"$'),
    ),
    "redefinition": (
        Sample("answer() := 1$"),
        Sample("answer() := 42$ answer();", result=r"\(%o\d+\) 42"),
    ),
    "deep recursion": (
        Sample("deep(n) := 1 + deep(n + 1)$\ndeep(1);", error="LispError", traceback="overflow"),
        Sample("deep(1);", error="LispError", traceback="overflow"),
        Sample("1 + 1;", result=r"\(%o\d+\) 2"),
    ),
    "comments only": (Sample("/* nothing\n/* nor */ here */"), Sample("")),
    "exit": (
        Sample("gone: 1$"),
        Sample("quit();", stderr="(?s).*"),
        Sample("gone;", result=r"\(%o1\) gone"),
        Sample(":lisp (si::bye 3)", error="ExitCode", traceback="exit code 3"),
    ),
    "crash": (
        Sample('system("kill -KILL $PPID; sleep 9")$', error="Signal", traceback="SIGKILL"),
        Sample("1 + 1;", result=r"\(%o1\) 2"),
    ),
}
