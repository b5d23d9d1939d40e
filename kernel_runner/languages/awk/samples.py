"""Sample programs in AWK: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = 'BEGIN { print "hello, world" }'
COUNTS = """\
BEGIN {
    split("one two two three three three", words, " ")
    for (place in words) counts[words[place]]++
    PROCINFO["sorted_in"] = "@val_num_desc"
    for (word in counts) printf "%s=%d ", word, counts[word]
    print ""
}"""
FUNCTIONS = """\
function area(radius) {
    return 3 * radius ^ 2
}
BEGIN { printf "%.1f\\n", area(2) }"""
BROKEN = """\
BEGIN {
    print 1 ] 2
}"""
RUN_TIME = """\
BEGIN {
    n = 0
    print 1 / n
}"""
STDIN = """\
BEGIN { printf "words? " }
{ print $1 $1 }"""
ENDLESS = """\
BEGIN {
    print "running"
    fflush()
    while (1) n = !n
}"""
UNICODE = """\
BEGIN { print "žluťoučký 🐎 日本語" }"""
EXIT = """\
BEGIN {
    print "on stderr" > "/dev/stderr"
    exit 3
}"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "counts": (Sample(COUNTS, stdout="three=3 two=2 one=1 \n"),),
    "functions": (Sample(FUNCTIONS, stdout="12.0\n"),),
    "error": (
        Sample(
            RUN_TIME,
            stdout="",
            stderr=r"gawk: In\[\d+\]:3: fatal: division by zero attempted\n",
            error="ExitCode",
            traceback="exit code 2",
        ),
        Sample(
            BROKEN,
            stdout="",
            stderr=r"(?s)gawk: In\[\d+\]:2: .*syntax error.*",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample('BEGIN { print "\\q" }', stdout="q\n", stderr=r"gawk: In\[\d+\]:1: warning: .*\n"),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two x", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
}
