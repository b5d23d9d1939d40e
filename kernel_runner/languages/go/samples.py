"""Sample programs in Go: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
var word string
fmt.Print("words? ")
for {
    if _, err := fmt.Scan(&word); err != nil {
        break
    }
    fmt.Println(word + word)
}"""
ENDLESS = """\
fmt.Println("running")
for n := 0; ; n++ {
    _ = n
}"""
PANIC = """\
func third(numbers []int) int {
    return numbers[len(numbers)]
}
fmt.Println("before")
third([]int{1, 2})"""
CRASH = """\
fmt.Println("before")
syscall.Kill(os.Getpid(), syscall.SIGKILL)
select {}"""
DEEP = """\
func down(n int) int { return down(n+1) + n }
down(0)"""
RICH = """\
display.HTML("<b>one</b>")
fmt.Println("between")"""
PROGRAM = """\
package main

import "fmt"

func main() {
    fmt.Println("a program")
}"""

SAMPLES = {
    "hello": (Sample('fmt.Println("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("type Point struct{ X, Y int }\nvar origin = Point{1, 2}", stdout=""),
        Sample("func (p Point) Sum() int { return p.X + p.Y }", stdout=""),
        Sample("origin.Sum()", result="3"),
    ),
    "value": (
        Sample("6 * 7", result="42"),
        Sample('[]string{"a", "b"}', result=r"\[a b\]"),
        Sample('strings.ToUpper("text")', result='"TEXT"'),
        Sample('strconv.Atoi("42")', result="42"),
        Sample("func quiet() {}\nquiet()", stdout=""),
    ),
    "error": (
        Sample(
            PANIC,
            stdout="before\n",
            error="panic",
            traceback=r"index out of range \[2\] with length 2(?s:.*)main\.third(?s:.*)In\[\d+\]:2",
        ),
    ),
    "syntax error": (
        Sample("x := := 1", error="BuildFailed", traceback=r"In\[\d+\]:1:\d+: syntax error"),
        Sample("\nmissing + 1", error="BuildFailed", traceback=r"In\[\d+\]:2:1: undefined"),
    ),
    "redefinition": (
        Sample("func answer() int { return 1 }\nanswer()", result="1"),
        Sample('func answer() string { return "two" }\nanswer()', result='"two"'),
    ),
    "comments only": (Sample("// nothing\n/* here */", stdout=""),),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample('fmt.Println("on")', stdout="on\n"),
    ),
    "unicode": (
        Sample(
            'größe := "žluťoučký 🐎 日本語"\nfmt.Println(größe)', stdout="žluťoučký 🐎 日本語\n"
        ),
    ),
    "rich output": (
        Sample(RICH, stdout="between\n", mime="text/html"),
        Sample(
            'type Bold string\nfunc (b Bold) ToHTML() string { return "<b>" + string(b) + "</b>" }',
            stdout="",
        ),
        Sample('Bold("x")', mime="text/html"),
    ),
    "exit": (
        Sample(
            'fmt.Fprintln(os.Stderr, "on stderr")\nos.Exit(3)',
            stderr="on stderr\n",
            error="ExitCode",
            traceback="exit code 3",
        ),
    ),
    "deep recursion": (
        Sample(DEEP, error="fatal error", traceback=r"stack overflow(?s:.*)In\[\d+\]:1"),
    ),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGKILL"),),
    "program": (Sample(PROGRAM, stdout="a program\n"),),
}
