"""Sample programs in Kotlin: cells, and what they must show."""

from kernel_runner.language import Sample

OBJECTS = """\
sealed interface Shape { val area: Double }
data class Circle(val radius: Double) : Shape { override val area get() = 3 * radius * radius }
data class Square(val side: Double) : Shape { override val area get() = side * side }

println(listOf(Circle(1.0), Square(2.0)).sumOf { it.area })"""
HALF = """\
fun half(n: Int): Int {
    if (n == 0) throw IllegalStateException("no half")
    return n / 2
}

half(0)"""

SAMPLES = {
    "hello": (Sample('println("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample('val n = 6\nvar prices = mapOf("tea" to 7)\nfun twice(x: Int) = 2 * x'),
        Sample("import kotlin.math.sqrt"),
        Sample('n * prices.getValue("tea") + twice(sqrt(16.0).toInt())', result="50"),
        Sample('prices += "milk" to 2'),
        Sample("prices", result=r"\{tea=7, milk=2\}"),
    ),
    "value": (
        Sample('Triple(1, "a", listOf(6 * 7))', result=r"\(1, a, \[42\]\)"),
        Sample("val silent = 1"),
        Sample("silent + 1\nval quiet = 2"),
        Sample("val late by lazy { 3 }\nlate", result="3"),
        Sample("Unit"),
        Sample("null", result="null"),
        Sample('"ab".repeat(2) // twice', result="abab"),
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
            traceback=r"In\[\d+\]:2:5: error: Unresolved reference.*\nx \+ missing\n    \^",
        ),
        Sample("1 / 0", error="java.lang.ArithmeticException", traceback=r"by zero\n    at In"),
        Sample(
            'class Odd(text: String) : Exception(text)\nthrow Odd("no")',
            error="Odd",
            traceback=r"^Odd: no\n    at In\[\d+\]:2$",
        ),
    ),
    "syntax error": (
        Sample(
            "println(1)\nval = 2", stdout="", error="CompilationError", traceback=r"In\[\d+\]:2"
        ),
        Sample(
            "println(1", stdout="", error="CompilationError", traceback=r"In\[\d+\]:1:\d+: error"
        ),
    ),
    "unclosed string": (Sample('println("hello', stdout="", error="CompilationError"),),
    "stderr": (Sample('System.err.println("careful")', stderr="careful\n"),),
    "stdin": (
        Sample(
            "generateSequence(::readLine).forEach { println(it + it) }",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'print("Name? ")\nprintln(readln().uppercase())',
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
        Sample("1 + 1", result="2"),
        Sample("var kept = 1"),
        Sample(
            'println("running")\nwhile (true) kept = maxOf(kept, 2)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept", result="2"),
        Sample(
            'println("running")\nThread.sleep(600000)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "threads": (
        Sample(
            "import kotlin.concurrent.thread\nvar one = 1\nthread { one += 1 }.join()\none",
            result="2",
        ),
    ),
    "unicode": (
        Sample(
            'val größe = "žluťoučký 🐎 日本語"\nprintln(größe)\ngröße.codePointCount(0, 16)',
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample('throw Exception("příliš 🐎")', error="java.lang.Exception", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(
            'class Bold { fun toHtml() = "<b>bold</b>"; override fun toString() = "bold" }\nBold()',
            result="bold",
            mime="text/html",
        ),
        Sample('display("text/html", "<b>hello</b>")', mime="text/html"),
    ),
    "exit": (
        Sample(
            'val gone = 1\nprint("bye")\nkotlin.system.exitProcess(3)',
            stdout="bye",
            error="ExitCode",
        ),
        Sample("gone", error="CompilationError"),
    ),
    "crash": (
        Sample(
            'ProcessBuilder("sh", "-c", "kill -KILL \\$PPID").start()\nThread.sleep(600000)',
            error="Signal",
            traceback="SIGKILL",
        ),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample("fun answer() = 1\nval word = 1"),
        Sample('fun answer() = "forty-two"\nval word = "two"'),
        Sample("answer() + word", result="forty-twotwo"),
    ),
    "recursion": (
        Sample(
            "fun factorial(n: Int): Int = if (n < 2) 1 else n * factorial(n - 1)\nfactorial(5)",
            result="120",
        ),
        Sample("factorial(3)", result="6"),
    ),
    "deep recursion": (
        Sample(
            "fun down(n: Int): Int = 1 + down(n + 1)\ndown(0)", error="java.lang.StackOverflowError"
        ),
        Sample("1 + 1", result="2"),
    ),
}
