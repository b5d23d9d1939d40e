"""Sample programs in Octave: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
for i = 1:2
  line = input ("", "s");
  printf ("%s%s\\n", line, line);
end"""

SAMPLES = {
    "hello": (Sample('printf("hello, world\\n")', stdout="hello, world\n"),),
    "state": (
        Sample("n = 6;\nfunction y = twice (x)\n  y = 2 * x;\nend"),
        Sample("twice (n)", result="ans = 12"),
    ),
    "value": (
        Sample("1 + 1", result="ans = 2"),
        Sample("silent = 1;"),
        Sample("m = [1 2; 3 4]", stdout=r"m =\n\n   1   2\n   3   4\n\n"),
        Sample("m", result=r"m =\n\n   1   2\n   3   4"),
        Sample("a = 1\nb = 2\nprintf('x\\n');\nc = 3", stdout="a = 1\nb = 2\nx\nc = 3\n"),
        Sample("for i = 1:2\n  i\nend", stdout="i = 1\ni = 2\n"),
        Sample("x = 1 + ...\n  2", stdout="x = 3\n"),
        Sample("7;\nundefined_name", error="Octave:undefined-function", traceback="line 2"),
        Sample("ans", result="ans = 7"),
        Sample(
            "exist = 3; display = 4; source = 5; kernel_runner = 6;\n[1 2]",
            result="ans =\n\n   1   2",
        ),
        Sample("clear exist display source kernel_runner"),
    ),
    # Octave takes a file as it was where it has not become older by a second.
    "always the new cell": (
        Sample("cd (fileparts (kernel_runner.state ('file')))\nx = 1;"),
        Sample("x = 2;"),
        Sample("x", result="x = 2"),
        Sample("x + 3", result="ans = 5"),
        Sample("x + 4", result="ans = 6"),
        Sample("clear all\nx = 5", stdout="x = 5\n"),
        Sample("x + 6", result="ans = 11"),
    ),
    "comments only": (Sample("% nothing\n\n  # at all"), Sample("")),
    "error": (
        Sample(
            "function half (n)\n  if n == 0\n    error ('Half:none', 'no half');\n  end\nend\n\n"
            "half (0)",
            error="Half:none",
            traceback=r"no half\n(?s:.*)half in In\[\d+\] at line 3(?s:.*)In\[\d+\] at line 7",
        ),
        Sample("x = 1;\nundefined_name + 1", error="Octave:undefined-function", traceback="line 2"),
    ),
    "warning": (
        Sample(
            "\nwarning ('careful')",
            stderr=r"warning: careful\nwarning: called from\n *\S*In\[\d+\] at line 2 column 1\n\n",
        ),
    ),
    "syntax error": (
        Sample(
            "disp (1)\nx = = 2", stdout="", error="Octave:parse-error", traceback=r"line 2 .*In\["
        ),
        Sample("x = '\0';", error="Octave:parse-error", traceback="NUL"),
        Sample("x = 'open", error="Octave:parse-error", traceback="syntax error"),
    ),
    "bad input": (
        Sample('f (1\n"open', error="Octave:parse-error"),
        Sample("end", error="Octave:parse-error"),
        Sample("x = '" + 1_000_000 * "a" + "';\nnumel (x)", result="ans = 1000000"),
        Sample('disp ("K 1 2\\n{}")', stdout="K 1 2\n{}\n"),
        Sample("for id = 3:9, try, fclose (id); end, end\nfclose ('all');"),
        Sample("system ('exec 0<&- 1>&- 2>&- 3>&- 4>&-');"),
        Sample("1 + 1", result="ans = 2"),
    ),
    "stdin": (
        Sample(STDIN, stdout="(?s).*oneone\n.*twotwo\n.*", answers=("one", "two")),
        Sample("n = input ('n? ');\nn + 1", stdout="n[?] \\s*", result="ans = 42", answers=("41",)),
        Sample("input ('', 's')", error="error", answers=("\x04",)),
        Sample("line = input ('', 's');\nline", result="line = one", answers=("one",)),
        Sample("x = fread (stdin, 1);\nx", result="x = 49", answers=("1 + error ('no')",)),
        Sample("1 + 1", result="ans = 2"),
    ),
    "interrupt": (
        Sample(
            "n = 0;\nprintf('running\\n');\nwhile true\n  n += 1;\nend",
            stdout="running\n+",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("n", result=r"n = \d+"),
        Sample(
            "printf('asleep\\n');\npause (60)",
            stdout="asleep\n+",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("line = input ('', 's');\nline", result="line = one", answers=("one",)),
        Sample(
            "n = 1;\nprintf('running\\n');\nwhile true, try, n += 1; end, end",
            stdout="running\n+",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("n > 1", result="ans = 1"),
        Sample(
            "printf ('asleep\\n');\nsystem ('sleep 60');\npause (60)",
            stdout="asleep\n+",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("n > 1", result="ans = 1"),
    ),
    "commands": (
        Sample("system ('echo out; exit 3')", stdout="out\n", result="ans = 3"),
        Sample("s = system ('kill -TERM $$; sleep 1')", stdout="s = 15\n"),
        Sample("[s, text] = system ('echo out')", stdout="s = 0\ntext = out\n\n"),
    ),
    "unicode": (
        Sample(
            "word = 'žluťoučký 🐎 日本語';\nprintf('%s\\n', word);",
            stdout="žluťoučký 🐎 日本語\n",
        ),
        Sample("error ('日本語')", error="error", traceback="日本語"),
    ),
    "rich output": (
        Sample("plot (1:3)", mime="image/png"),
        Sample("%plot -f svg -r 100 -s 800,400\nplot (1:3)", mime="image/svg+xml"),
        Sample("%plot --format png\nplot (1:3)", mime="image/png"),
        Sample("jupyter_display ('text/html', '<b>hello</b>')", mime="text/html"),
    ),
    "exit": (
        Sample("kept = 1;\nexit (3)", error="ExitCode", traceback="exit code 3"),
        Sample("exist ('kept')", result="ans = 0"),
    ),
    "redefinition": (
        Sample("function y = answer ()\n  y = 1;\nend"),
        Sample("function y = answer ()\n  y = 42;\nend\nfclose ('all');\nclear all"),
        Sample("function y = answer ()\n  y = 43;\nend\nanswer ()", result="ans = 43"),
    ),
    "deep recursion": (
        Sample(
            "function deep (n)\n  deep (n + 1);\nend\ndeep (1)",
            error="error",
            traceback="max_recursion_depth",
        ),
        Sample("1", result="ans = 1"),
    ),
    "crash": (
        Sample(
            "kill (getpid (), 11);\npause (1)",
            stderr="(?s).*",
            error="Signal",
            traceback="SIG",
        ),
        Sample("1", result="ans = 1"),
    ),
}
