"""Sample programs in Nim: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = 'echo "hello, world"'
OBJECTS = """\
import std/[sequtils, strformat]

type Circle = object
  radius: float

func area(it: Circle): float = 3 * it.radius * it.radius

let circles = @[Circle(radius: 1), Circle(radius: 2)]
echo &"{circles.mapIt(it.area).foldl(a + b):.1f}\""""
BROKEN = """\
let x = 1
echo missing"""
STDIN = """\
stdout.write "words? "
for word in stdin.lines:
  echo word, word"""
ENDLESS = """\
echo "running"
stdout.flushFile
var n = 0
while true: n = n xor 1"""
UNICODE = """\
let größe = "žluťoučký 🐎 日本語"
echo größe"""
EXIT = """\
stderr.writeLine "on stderr"
quit 3"""
CRASH = """\
echo "before"
stdout.flushFile
var nowhere: ptr int
nowhere[] = 1"""
RAISED = """\
let numbers = @[1, 2]
let place = numbers.len
echo numbers[place]"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "objects": (Sample(OBJECTS, stdout="15.0\n"),),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2:6 Error:.*missing"),
        Sample(
            RAISED,
            stderr=r"(?s:.*)In\d+\.nim\(3\)(?s:.*)Error: unhandled exception: index 2 (?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample(
            "proc old() {.deprecated.} = discard\nold()",
            stderr=r"In\[\d+\]:2:1 Warning: old is deprecated.*\n",
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", stderr="(?s:.*)", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (
        Sample(
            CRASH,
            stdout="before\n",
            stderr=r"(?s:.*)In\d+\.nim\(4\)(?s:.*)SIGSEGV: Illegal storage access(?s:.*)",
            error="Signal",
            traceback="SIGSEGV",
        ),
    ),
}
