"""Sample programs in CoffeeScript: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
readline = require 'readline'
for await line from readline.createInterface input: process.stdin
  console.log line + line"""

SHAPES = """\
class Shape
  constructor: (@size) ->
  toString: -> "#{@constructor.name} of #{@area()}"

class Square extends Shape
  area: -> @size ** 2

String new Square 3"""

SAMPLES = {
    "hello": (Sample("who = 'world'\nconsole.log \"hello, #{who}\"", stdout="hello, world\n"),),
    "state": (
        Sample("import os from 'os'\nn = 6\ntwice = (x) -> 2 * x\nundefined"),
        Sample("twice(n) + typeof os.cpus", result="'12function'"),
    ),
    "value": (
        Sample("answer: 6 * 7", result=r"\{ answer: 42 \}"),
        Sample("(n * n for n in [1..3])", result=r"\[ 1, 4, 9 \]"),
        Sample("if yes then 'tea' else 'coffee'", result="'tea'"),
        Sample("undefined"),
    ),
    "class": (Sample(SHAPES, result="'Square of 9'"),),
    "text of many lines": (
        Sample('n = 2\ntext = """\n  a #{n}\n  b # c\n"""\ntext', result=r"'a 2\\nb # c'"),
        Sample("///\n  a+ # some\n  b\n///.test 'aab'", result="true"),
        Sample("`[1,\n2]`", result=r"\[ 1, 2 \]"),
    ),
    "top-level await": (
        Sample("await new Promise (done) -> setTimeout (-> done 42), 10", result="42"),
    ),
    "error": (
        Sample(
            "# One\nhalf = (n) ->\n  # and two\n  throw new RangeError 'no half'\n\nhalf 0",
            error="RangeError",
            traceback=r"In\[\d+\]:4(?s:.*)In\[\d+\]:6",
        ),
        Sample(
            'text = """\n  one #{1}\n  two\n"""\nmissing()',
            error="ReferenceError",
            traceback=r"In\[\d+\]:5",
        ),
    ),
    "syntax error": (
        Sample("console.log 1\nx = = 2", stdout="", error="SyntaxError", traceback=r"In\[\d+\]:2"),
        Sample("text = 'open", error="SyntaxError", traceback=r"In\[\d+\]:1"),
    ),
    "stdin": (Sample(STDIN, stdout="oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(
            "count = 1\nconsole.log 'running'\nloop count += 1",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("count > 0", result="true"),
    ),
    "unicode": (
        Sample("größe = 'žluťoučký 🐎 日本語'\nconsole.log größe", stdout="žluťoučký 🐎 日本語\n"),
        Sample("größe.length", result="16"),
    ),
    "rich output": (Sample("display.html '<b>hello</b>'", mime="text/html"),),
    "exit": (
        Sample("kept = 1\nprocess.exit 3", error="ExitCode", traceback="exit code 3"),
        Sample("typeof kept", result="'undefined'"),
    ),
    "crash": (
        Sample(
            "process.kill process.pid, 'SIGSEGV'\nawait new Promise ->",
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1 + 1", result="2"),
    ),
    "redefinition": (
        Sample("class Thing\nundefined"),
        Sample("class Thing\n  name: -> 'new'\nundefined"),
        Sample("new Thing().name()", result="'new'"),
    ),
    "deep recursion": (
        Sample("dive = (n) -> dive n + 1\ndive 0", error="RangeError"),
        Sample("1", result="1"),
    ),
    "comments only": (Sample("# nothing\n### but\ncomments ###"), Sample("")),
}
