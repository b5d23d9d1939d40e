"""Sample programs in Lua: cells, and what they must show."""

from kernel_runner.language import Sample

TABLE = """\
local Table = {}
function Table.__tostring(t) return "table of " .. #t end
function Table.__tohtml(t) return "<table><tr><td>" .. t[1] .. "</td></tr></table>" end
setmetatable({ 1, 2 }, Table)"""

SAMPLES = {
    "hello": (Sample('print("hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("n = 6\nprices = { tea = 7 }\nfunction twice(x) return 2 * x end"),
        Sample("local unit = 3\nn * prices.tea, twice(unit)", result="42\t6"),
    ),
    "value": (
        Sample('{ 1, "a", answer = 6 * 7 }', result=r'\{1, "a", answer = 42\}'),
        Sample("silent = 1"),
        Sample(
            'for i = 1, 2 do\n  silent = i\nend\n\nstring.rep("ab", silent) -- twice',
            result='"abab"',
        ),
        Sample("_", result='"abab"'),
        Sample("= 1 + 1", result="2"),
        Sample("a =\n2\n- 1\na", result="1"),
        Sample("nil", result="nil"),
    ),
    "comments only": (Sample("-- nothing\n--[[\nat all\n]]"), Sample("")),
    "error": (
        Sample(
            'function half(n)\n  if n == 0 then error("no half") end\nend\n\nhalf(0)',
            error="error",
            traceback=r"In\[\d+\]:2: no half\n(?s:.*)'half'\n.*In\[\d+\]:5: in main chunk$",
        ),
        Sample("local t\nt.x = 1", error="error", traceback=r"In\[\d+\]:2: .*nil value"),
        Sample(
            'error(setmetatable({ code = 1 }, { __name = "Refused" }))',
            error="Refused",
            traceback="code = 1",
        ),
    ),
    "syntax error": (
        Sample("print(1)\nx = = 2", stdout="", error="SyntaxError", traceback=r"In\[\d+\]:2"),
    ),
    "unclosed string": (Sample('print("hello', stdout="", error="SyntaxError"),),
    "NUL": (Sample("x = 1 \0 y", error="SyntaxError"),),
    "stderr": (Sample('io.stderr:write("careful\\n")', stderr="careful\n"),),
    "stdin": (
        Sample(
            "for line in io.lines() do print(line .. line) end",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'io.write("Name? ")\nprint(io.read():upper())', stdout="Name\\? ADA\n", answers=("Ada",)
        ),
    ),
    "ask": (Sample('jupyter.input("Name? ")', result='"Ada"', answers=("Ada",)),),
    "interrupt": (
        Sample(
            'n = 1\nprint("running")\nwhile true do n = n + 1 end',
            stdout="running\n",
            error="Interrupted",
            traceback=r"In\[\d+\]:3: in main chunk",
            interrupt=True,
        ),
        Sample("n > 0", result="true"),
    ),
    "interrupt of a coroutine": (
        Sample(
            'print("running")\ncoroutine.wrap(function() while true do end end)()',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("1 + 1", result="2"),
    ),
    "interrupt of a program": (
        Sample(
            'os.execute("echo asleep; exec sleep 60")',
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample(
            'io.popen("echo asleep >/dev/tty; exec sleep 60"):read("a")',
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "interrupt that is caught": (
        Sample(
            'kept = 1\nwhile true do pcall(function() print("running") while true do end end) end',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept", result="1"),
        Sample(
            'xpcall(function() print("running") while true do end end, function() return 2 end)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample('pcall(error, "mine")', result='false\t"mine"'),
        Sample('xpcall(error, function(e) return e .. "!" end, "mine")', result='false\t"mine!"'),
        Sample(
            'print("running")\nwhile true do end',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "unicode": (
        Sample(
            'text = "žluťoučký 🐎 日本語"\nprint(text)\nutf8.len(text), text',
            stdout="žluťoučký 🐎 日本語\n",
            result='15\t"žluťoučký 🐎 日本語"',
        ),
        Sample('error("příliš 🐎")', error="error", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(TABLE, result="table of 2", mime="text/html"),
        Sample('display("text/html", "<b>hello</b>")', mime="text/html"),
        Sample('jupyter.markdown("*hello*")', result="<text/markdown>", mime="text/markdown"),
        Sample('jupyter.table({ { a = 1 } }, { "a", "b" })', result="a\tb\n1\t", mime="text/html"),
        Sample('display("image/svg+xml", "<svg/>", "one")', mime="image/svg+xml"),
        Sample('jupyter.update("one", jupyter.html("<b>two</b>"))\njupyter.clear()'),
    ),
    "programs": (
        Sample('io.write("one ")\nos.execute("echo two")\nprint("three")', "one two\nthree\n"),
        Sample("io.popen(\"ls /proc/self/fd | tr '\\\\n' ' '\"):read(\"a\")", result='"0 1 2 3 "'),
    ),
    "exit": (
        Sample('kept = 1\nio.write("bye")\nos.exit(3)', stdout="bye", error="ExitCode"),
        Sample("kept", result="nil"),
    ),
    "crash": (
        Sample('os.execute("kill -SEGV $PPID")', error="Signal", traceback="SIGSEGV"),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample("function answer() return 1 end"),
        Sample("function answer() return 42 end"),
        Sample("answer()", result="42"),
    ),
    "deep recursion": (
        Sample("function down(n) return 1 + down(n + 1) end\ndown(0)", error="error"),
        Sample("1 + 1", result="2"),
    ),
}
