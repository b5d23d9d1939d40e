"""Sample programs in Groovy: cells, and what they must show."""

from kernel_runner.language import Sample

OBJECTS = """\
import groovy.transform.ToString

@ToString
class Tea {
    String name
    BigDecimal price
}

teas = [new Tea(name: "sencha", price: 4.5), new Tea(name: "assam", price: 3.2)]
println teas.sort { it.price }*.name.join(" < ")
println teas.sum { it.price }"""
HALF = """\
def half(n) {
    if (n == 0) throw new IllegalStateException("no half")
    half(n - 1)
}

half(1)"""
BUNDLE = """\
class Bold {
    String toHtml() { "<b>bold</b>" }
    String toString() { "bold" }
}
new Bold()"""

SAMPLES = {
    "hello": (Sample('println "hello, world"', stdout="hello, world\n"),),
    "state": (
        Sample("def n = 6\nint many = 3\nString text\nprices = [tea: 7]\ndef twice(x) { 2 * x }"),
        Sample("def (a, b) = [1, 2]\nimport java.time.Duration"),
        Sample("class Pair { def left, right }\ntrait Loud { def say() { 'hey' } }"),
        Sample(
            "[n * prices.tea, twice(many), text, a + b, Duration.ofHours(2).toMinutes()]",
            result=r"\[42, 6, null, 3, 120\]",
        ),
        Sample("new Pair(left: 1, right: 2).right", result="2"),
    ),
    "value": (
        Sample('[1, "a", answer: 6 * 7]', error="CompilationError"),
        Sample('[1, "a", [answer: 6 * 7]]', result=r"\[1, 'a', \['answer':42\]\]"),
        Sample("silent = 1"),
        Sample("def quiet = 1"),
        Sample("null"),
        Sample('"ab" * 2 // twice', result="'abab'"),
    ),
    "comments only": (Sample("// nothing\n/*\nat all\n*/"), Sample("")),
    "objects": (Sample(OBJECTS, stdout="assam < sencha\n7.7\n"),),
    "error": (
        Sample(
            HALF,
            error="java.lang.IllegalStateException",
            traceback=r"no half\n    at In3?\d*\.half\(In\[\d+\]:2\)\n(?s:.*)In\[\d+\]:6",
        ),
        Sample(
            "x = 1\nmissing + 1",
            error="groovy.lang.MissingPropertyException",
            traceback=r"missing(?s:.*)In\[\d+\]:2",
        ),
        Sample(
            "assert 1 + 1 == 3",
            error="org.codehaus.groovy.runtime.powerassert.PowerAssertionError",
            traceback=r"assert 1 \+ 1 == 3",
        ),
    ),
    "syntax error": (
        Sample(
            "println 1\nx = = 2",
            stdout="",
            error="CompilationError",
            traceback=r"^In\[\d+\]:2: unexpected token: = @ line 2, column 5\.\n   x = = 2",
        ),
        Sample("import no.such.Thing\n1", error="CompilationError", traceback=r"In\[\d+\]:1"),
        Sample("1", result="1"),
    ),
    "unclosed string": (Sample('println "hello', stdout="", error="CompilationError"),),
    "stderr": (Sample('System.err.println "careful"', stderr="careful\n"),),
    "stdin": (
        Sample(
            "System.in.eachLine { println it + it }",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'print "Name? "\nprintln System.in.newReader().readLine().toUpperCase()',
            stdout=r"Name\? ADA\n",
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample(
            'n = 1\nprintln "running"\nwhile (true) { n++ }',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("n > 0", result="true"),
        Sample(
            'println "running"\nsleep 600_000',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "unicode": (
        Sample(
            'größe = "žluťoučký 🐎 日本語"\nprintln größe\ngröße.codePointCount(0, größe.size())',
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample(
            'throw new Exception("příliš 🐎")', error="java.lang.Exception", traceback="příliš 🐎"
        ),
    ),
    "rich output": (
        Sample(BUNDLE, result="bold", mime="text/html"),
        Sample('display("text/html", "<b>hello</b>")', mime="text/html"),
        Sample('id = display("<i>one</i>", "text/html")\nupdateDisplay(id, "text/html", "two")\n'),
    ),
    "exit": (
        Sample('kept = 1\nprint "bye"\nSystem.exit 3', stdout="bye", error="ExitCode"),
        Sample("kept", error="groovy.lang.MissingPropertyException"),
    ),
    "crash": (
        Sample(
            '["sh", "-c", \'kill -KILL $PPID\'].execute()\nsleep 600_000',
            error="Signal",
            traceback="SIGKILL",
        ),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample("def answer() { 1 }\nclass Reply { int value = 1 }"),
        Sample("def answer() { 42 }\nclass Reply { int value = 42 }"),
        Sample("answer() + new Reply().value", result="84"),
    ),
    "deep recursion": (
        Sample("def down(n) { 1 + down(n + 1) }\ndown(0)", error="java.lang.StackOverflowError"),
        Sample("1 + 1", result="2"),
    ),
}
