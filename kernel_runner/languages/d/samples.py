"""Sample programs in D: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
import std.stdio;

void main() {
    writeln("hello, world");
}"""
CLASSES = """\
import std;

struct Circle {
    double radius;
    double area() const { return 3 * radius ^^ 2; }
}

void main() {
    auto circles = iota(1, 4).map!(n => Circle(n));
    writeln(circles.map!(c => c.area).sum);
}"""
BROKEN = """\
void main() {
    missing(1);
}"""
STDIN = """\
write("words? ");
foreach (word; stdin.byLine) writeln(word, word);"""
ENDLESS = """\
writeln("running");
stdout.flush();
for (;;) {}"""
UNICODE = """\
auto größe = "žluťoučký 🐎 日本語";
writeln(größe);"""
EXIT = """\
import std.stdio;
int main() {
    stderr.writeln("on stderr");
    return 3;
}"""
CRASH = """\
writeln("before");
stdout.flush();
int* nowhere;
*nowhere = 1;"""
THROWN = """\
int[] numbers = [1, 2];
auto place = numbers.length;
writeln(numbers[place]);"""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample('writeln("hello, world");', stdout="hello, world\n"),
    ),
    "ranges": (
        Sample(CLASSES, stdout="42\n"),
        Sample("import std.range;\nwriteln(iota(4).map!(n => n * n));", stdout=r"\[0, 1, 4, 9\]\n"),
    ),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2:5: Error:.*missing"),
        Sample("int n = 1;\nn = m;", error="BuildFailed", traceback=r"In\[\d+\]:2:5: Error:"),
        Sample(
            THROWN,
            stderr=r"core\.exception\.ArrayIndexError@In\[\d+\]\(3\): index(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample(
            "deprecated void old() {}\nold();",
            stderr=r"In\[\d+\]:2:4: Deprecation: .*old.*\n(?s:.*)",
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGSEGV"),),
}
