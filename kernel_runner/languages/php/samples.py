"""Sample programs in PHP: cells, and what they must show."""

from kernel_runner.language import Sample

POINT = """\
final class Point
{
    public function __construct(public int $x, protected int $y) {}
    public function toHtml(): string { return "<b>$this->x</b>"; }
}
new Point(1, 2)"""

ONCE = """\
const TWO = 1;
function answer() { return 1; }
function twice() { return answer() * TWO; }
class Thing { const NAME = 'old'; function name() { return self::NAME . twice(); } }
class Other extends Thing {}"""

SAMPLES = {
    "hello": (
        Sample('echo "hello, world\\n";', stdout="hello, world\n"),
        Sample('<?php\necho "hello, world\\n";\n?>', stdout="hello, world\n"),
    ),
    "state": (
        Sample(
            "use ArrayObject as Many;\n$n = 6;\nconst SEVEN = 7;\nclass Cup { public $size = 1; }"
        ),
        Sample(
            "function product() { global $n; return $n * SEVEN; }\n"
            "[product(), (new Cup)->size, count(new Many([1, 2]))]",
            result=r"\[42, 1, 2\]",
        ),
        Sample("$_[0] + 1;", result="43"),
    ),
    "value": (
        Sample(
            "['answer' => 6 * 7, 'list' => [1, 2.5, true, null]]", result=r'\["answer" => 42, .*\]'
        ),
        Sample("$silent = 1;"),
        Sample("null"),
        Sample('printf("%d\\n", 3);', stdout="3\n"),
        Sample("match (true) { default => 'a' } . 'b'", result='"ab"'),
        Sample("if (true) { echo 1; }", stdout="1"),
        Sample("echo 1 ?>\n<b><?= 2 ?></b>", stdout="1<b>2</b>"),
        Sample("isset($this)", result="false"),
    ),
    "comments only": (Sample("# nothing\n/* at\n all */ // here"), Sample("<?php"), Sample("")),
    "error": (
        Sample(
            "function half($n) {\n  if (!$n) throw new DomainException('no half');\n}\n\nhalf(0);",
            error="DomainException",
            traceback=r"no half\n +at In\[\d+\]:2\n +in half\(\) called at In\[\d+\]:5",
        ),
        Sample("\nintdiv(1, 0)", error="DivisionByZeroError", traceback=r"In\[\d+\]:2"),
    ),
    "syntax error": (
        Sample("echo 1;\n$x = = 2;", stdout="", error="ParseError", traceback=r"In\[\d+\]:2"),
    ),
    "unclosed string": (Sample("echo 'hello", stdout="", error="ParseError"),),
    "fatal error": (
        Sample("$kept = 1;"),
        Sample("\n$this = 1;", error="FatalError", traceback=r"re-assign \$this\n +at In\[\d+\]:2"),
        Sample("$kept", result="1"),
    ),
    "warning": (
        Sample("echo $missing;", stderr=r"(?s).*Undefined variable \$missing in In\[\d+\].*"),
    ),
    "stdin": (
        Sample(
            'while (($line = fgets(STDIN)) !== false) { echo trim($line), trim($line), "\\n"; }',
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            "echo 'Name? '; echo strtoupper(fgets(STDIN));",
            stdout="Name\\? ADA\n",
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample(
            '$n = 1;\necho "running\\n";\nwhile (true) { $n++; }',
            stdout="running\n",
            error="Interrupted",
            traceback=r"In\[\d+\]:3",
            interrupt=True,
        ),
        Sample("$n > 0", result="true"),
    ),
    "interrupt that is caught": (
        Sample(
            '$kept = 1;\nwhile (true) {\n  try { echo "running\\n"; while (true) {} }\n'
            "  catch (Throwable $e) {}\n  while (true) {}\n}",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("$kept", result="1"),
    ),
    "interrupt of sleep": (
        Sample(
            'echo "asleep\\n";\nsleep(600);', stdout="asleep\n", error="Interrupted", interrupt=True
        ),
    ),
    "unicode": (
        Sample(
            "$größe = 'žluťoučký 🐎 日本語';\necho \"$größe\\n\";\n[$größe]",
            stdout="žluťoučký 🐎 日本語\n",
            result=r'\["žluťoučký 🐎 日本語"\]',
        ),
        Sample("throw new Exception('příliš 🐎');", error="Exception", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(POINT, result=r"Point \{\+x: 1, #y: 2\}", mime="text/html"),
        Sample("display('text/markdown', '*hello*', id: 'here');", mime="text/markdown"),
        Sample("update_display('here', ['image/svg+xml' => '<svg/>']);"),
        Sample("clear_output();"),
    ),
    "exit": (
        Sample(
            '$kept = 1;\nregister_shutdown_function(function () { echo "bye\\n"; });\nexit(3);',
            stdout="bye\n",
            error="ExitCode",
        ),
        Sample("isset($kept)", result="false"),
    ),
    "crash": (
        Sample("posix_kill(getmypid(), SIGSEGV);", error="Signal", traceback="SIGSEGV"),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample(ONCE),
        Sample("(new Other)->name()", result='"old1"'),
        Sample("function answer() { return 21; }\nconst TWO = 2;"),
        Sample("[twice(), array_map('answer', [])]", result=r"\[42, \[\]\]"),
        Sample("(new Other)->name()", result='"old42"'),
        Sample(
            "class Thing { function name() { return 'new'; } }\n(new Other)->name()", result='"new"'
        ),
        Sample("new Other instanceof Thing", result="true"),
        Sample("function display() { return 'mine'; }\ndisplay()", result='"mine"'),
    ),
    "deep recursion": (
        Sample("function down($n) { return 1 + down($n + 1); }\ndown(0);", error="RecursionError"),
        Sample("1 + 1", result="2"),
    ),
}
