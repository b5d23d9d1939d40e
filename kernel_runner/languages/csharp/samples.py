"""Sample programs in C#: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
using System;
class Hello { static void Main() { Console.WriteLine("hello, world"); } }"""
OBJECTS = """\
using System;
using System.Collections.Generic;
using System.Linq;

interface IShape { double Area { get; } }

class Circle : IShape {
    public double Radius { get; set; }
    public double Area => 3 * Radius * Radius;
}

static class Program {
    static int Main(string[] args) {
        var shapes = new List<IShape> { new Circle { Radius = 1 }, new Circle { Radius = 2 } };
        Console.WriteLine($"{shapes.Sum(shape => shape.Area):F1}");
        return 0;
    }
}"""
BROKEN = """\
int x = 1;
Console.WriteLine(x + missing);"""
RAISED = """\
var numbers = new[] { 1, 2 };
int place = numbers.Length;
Console.WriteLine(numbers[place]);"""
STDIN = """\
Console.Write("words? ");
string word;
while ((word = Console.ReadLine()) != null) Console.WriteLine(word + word);"""
ENDLESS = """\
Console.WriteLine("running");
int n = 0;
while (true) n ^= 1;"""
UNICODE = """\
var größe = "žluťoučký 🐎 日本語";
Console.WriteLine(größe);"""
EXIT = """\
Console.Error.WriteLine("on stderr");
Environment.Exit(3);"""
CRASH = """\
Console.WriteLine("before");
System.Diagnostics.Process.GetCurrentProcess().Kill();
Thread.Sleep(Timeout.Infinite);"""
FUNCTIONS = """\
Func<int, int> twice = x => 2 * x;
Console.WriteLine(string.Join(" ", Enumerable.Range(1, 3).Select(twice)));
Console.WriteLine(System.Numerics.BigInteger.Pow(2, 70));"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "functions": (Sample(FUNCTIONS, stdout="2 4 6\n1180591620717411303424\n"),),
    "objects": (Sample(OBJECTS, stdout="15.0\n"),),
    "error": (
        Sample(
            BROKEN,
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2:23: error CS0103: The name `missing' does not exist",
        ),
        Sample(
            RAISED,
            stdout="",
            stderr=r"(?s:.*)System\.IndexOutOfRangeException(?s:.*)In\[\d+\]:3(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample("int unused = 1;", stderr=r"In\[\d+\]:1:5: warning CS0219: .*unused(?s:.*)"),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", stderr="(?s:.*)", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGKILL"),),
}
