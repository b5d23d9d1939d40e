"""Sample programs in Scala: cells, and what they must show."""

from kernel_runner.language import Sample

OBJECTS = """\
sealed trait Shape { def area: Double }
case class Circle(radius: Double) extends Shape { def area = 3 * radius * radius }
case class Square(side: Double) extends Shape { def area = side * side }

println(Seq(Circle(1), Square(2)).map(_.area).sum)"""
HALF = """\
def half(n: Int): Int = {
  if (n == 0) throw new IllegalStateException("no half")
  n / 2
}

half(0)"""

SAMPLES = {
    "hello": (Sample('println("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample('val n = 6\nvar prices = Map("tea" -> 7)\ndef twice(x: Int) = 2 * x'),
        Sample("import scala.math.sqrt"),
        Sample('n * prices("tea") + twice(sqrt(16).toInt)', result=r"res\d+: Int = 50"),
    ),
    "value": (
        Sample('(1, "a", List(6 * 7))', result=r"res\d+: \(.*\) = \(1,a,List\(42\)\)"),
        Sample("val silent = 1"),
        Sample("math.random()\nval quiet = 2"),
        Sample("lazy val late = 3\nlate", result=r"res\d+: Int = 3"),
        Sample("()"),
        Sample('"ab" * 2 // twice', result=r"res\d+: String = abab"),
        Sample("LazyList.from(1)", result=r"res\d+: .* = LazyList\(<not computed>\)"),
    ),
    "comments only": (Sample("// nothing\n/*\nat all\n*/"), Sample("")),
    "objects": (Sample(OBJECTS, stdout="7.0\n"),),
    "error": (
        Sample(
            HALF,
            error="java.lang.IllegalStateException",
            traceback=r"no half\n    at half\(In\[\d+\]:2\)\n    at In\[\d+\]:6",
        ),
        Sample(
            "val x = 1\nx + missing",
            error="CompilationError",
            traceback=r"(?s)\^.*In\[\d+\]:2: error: not found: value missing",
        ),
        Sample("1 / 0", error="java.lang.ArithmeticException", traceback=r"by zero\n    at In"),
    ),
    "warning": (
        Sample(
            '@deprecated("it is old", "1") def old() = 1\nval n = old()',
            stderr=r"(?s:.*)In\[\d+\]:2: warning: (?s:.*)it is old(?s:.*)",
        ),
    ),
    "syntax error": (
        Sample(
            "println(1)\nval = 2", stdout="", error="CompilationError", traceback=r"In\[\d+\]:2"
        ),
        Sample("println(1", stdout="", error="CompilationError", traceback=r"In\[\d+\]:1: error"),
    ),
    "unclosed string": (Sample('println("hello', stdout="", error="CompilationError"),),
    "stderr": (Sample('System.err.println("careful")', stderr="careful\n"),),
    "stdin": (
        Sample(
            "io.Source.stdin.getLines().foreach(line => println(line + line))",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'print("Name? ")\nprintln(io.StdIn.readLine().toUpperCase)',
            stdout=r"Name\? ADA\n",
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample(
            'var n = 1\nprintln("running")\nwhile (true) n += 1',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("1 + 1", result=r"res\d+: Int = 2"),
        Sample("var kept = 1"),
        Sample(
            'println("running")\nwhile (true) kept = kept.max(2)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept", result=r"res\d+: Int = 2"),
        Sample(
            'println("running")\nThread.sleep(600000)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "threads": (
        Sample(
            "import scala.concurrent._, ExecutionContext.Implicits.global\n"
            "val one = 1\n"
            "Await.result(Future { one + 1 }, duration.Duration.Inf)",
            result=r"res\d+: Int = 2",
        ),
    ),
    "unicode": (
        Sample(
            'val größe = "žluťoučký 🐎 日本語"\nprintln(größe)\ngröße.codePointCount(0, 16)',
            stdout="žluťoučký 🐎 日本語\n",
            result=r"res\d+: Int = 15",
        ),
        Sample(
            'throw new Exception("příliš 🐎")', error="java.lang.Exception", traceback="příliš 🐎"
        ),
    ),
    "rich output": (
        Sample(
            'class Bold { def toHtml = "<b>bold</b>"; override def toString = "bold" }\nnew Bold',
            result=r"res\d+: Bold = bold",
            mime="text/html",
        ),
        Sample('display("text/html", "<b>hello</b>")', mime="text/html"),
    ),
    "exit": (
        Sample('val gone = 1\nprint("bye")\nsys.exit(3)', stdout="bye", error="ExitCode"),
        Sample("gone", error="CompilationError"),
    ),
    "crash": (
        Sample(
            'new ProcessBuilder("sh", "-c", "kill -KILL $PPID").start()\nThread.sleep(600000)',
            error="Signal",
            traceback="SIGKILL",
        ),
        Sample("1", result=r"res\d+: Int = 1"),
    ),
    "redefinition": (
        Sample("def answer = 1"),
        Sample('def answer = "forty-two"'),
        Sample("answer", result=r"res\d+: String = forty-two"),
    ),
    "deep recursion": (
        Sample(
            "def down(n: Int): Int = 1 + down(n + 1)\ndown(0)", error="java.lang.StackOverflowError"
        ),
        Sample("1 + 1", result=r"res\d+: Int = 2"),
    ),
}
