"""Sample programs in PARI/GP: cells, and what they must show."""

from kernel_runner.language import Sample

FUNCTION = """\
sumto(n) = {
  my(s = 0);
  for (i = 1, n, s += i);
  s
};
sumto(10)"""

SAMPLES = {
    "hello": (Sample('print("hello, world")', stdout="hello, world\n"),),
    "values": (
        Sample("2^100", stdout="1267650600228229401496703205376\n"),
        Sample("x = 5;\nx^2", stdout="25\n"),
        Sample("factor(2^32 + 1)", stdout=r"\s*\[\s*641 1\]\s+\[6700417 1\]\s*"),
        Sample(FUNCTION, stdout="55\n"),
        Sample("\\\\ a comment\nround(100 * zeta(2))", stdout="164\n"),
    ),
    "error": (
        Sample(
            'print("before");\n1/0\nprint("after")',
            stdout="before\n",
            stderr=r"(?s:.*)at top-level: 1/0(?s:.*)impossible inverse(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
        Sample("1 +", stderr=r"(?s:.*)syntax error(?s:.*)", error="ExitCode"),
        Sample(
            "missing(3)", stderr=r"(?s:.*)not a function in function call(?s:.*)", error="ExitCode"
        ),
    ),
    "interrupt": (
        # An interrupt that finds print() not yet returned has gp write its text again.
        Sample(
            'print("running"); while (1, )',
            stdout=r"running\n(?:running\n)?",
            stderr="(?s:.*)",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("6 * 7", stdout="42\n"),
    ),
    "unicode": (Sample('print("žluťoučký 🐎 日本語")', stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample("quit(3)", error="ExitCode", traceback="exit code 3"),),
}
