"""Sample programs in JavaScript: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
const lines = require("readline").createInterface({ input: process.stdin });
for await (const line of lines) console.log(line + line);"""

SAMPLES = {
    "hello": (Sample('console.log("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("const os = require('os');\nlet n = 6;\nfunction twice(x) { return 2 * x; }"),
        Sample("twice(n) + typeof os.cpus", result="'12function'"),
    ),
    "value": (
        Sample(
            "({ answer: 6 * 7, list: [1, 'a'] })", result=r"\{ answer: 42, list: \[ 1, 'a' \] \}"
        ),
        Sample("const silent = 1"),
    ),
    "top-level await": (
        Sample(
            "const late = await new Promise((done) => setTimeout(done, 10, 42));\nlate", result="42"
        ),
    ),
    "error": (
        Sample(
            "function half(n) {\n  if (!n) throw new RangeError('no half');\n}\n\nhalf(0);",
            error="RangeError",
            traceback=r"In\[\d+\]:2(?s:.*)In\[\d+\]:5",
        ),
    ),
    "syntax error": (
        Sample(
            "console.log(1);\nlet = = 2;",
            stdout="",
            error="SyntaxError",
            traceback=r"In\[\d+\]:2",
        ),
    ),
    "stdin": (Sample(STDIN, stdout="oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(
            "var count = 1;\nconsole.log('running');\nwhile (true) count += 1;",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("count > 0", result="true"),
    ),
    "unicode": (
        Sample(
            "const größe = 'žluťoučký 🐎 日本語';\nconsole.log(größe);",
            stdout="žluťoučký 🐎 日本語\n",
        ),
        Sample("größe.length", result="16"),
    ),
    "rich output": (
        Sample(
            "({ [Symbol.for('Jupyter.display')]() { return { 'text/html': '<b>hello</b>' }; } })",
            mime="text/html",
        ),
    ),
    "exit": (
        Sample("var kept = 1;\nprocess.exit(3);", error="ExitCode", traceback="exit code 3"),
        Sample("typeof kept", result="'undefined'"),
    ),
    "redefinition": (
        Sample("const answer = 1;\nclass Thing {}"),
        Sample("const answer = 42;\nclass Thing { name() { return answer; } }"),
        Sample("new Thing().name()", result="42"),
    ),
    "deep recursion": (
        Sample("const down = () => down();\nconst left = 1;\ndown();", error="RangeError"),
        Sample("left", result="1"),
    ),
    "crash": (
        Sample(
            "process.kill(process.pid, 'SIGSEGV'); for (;;);", error="Signal", traceback="SIGSEGV"
        ),
        Sample("typeof left", result="'undefined'"),
    ),
    "comments only": (Sample("// nothing"), Sample("/* nothing */"), Sample("")),
}
