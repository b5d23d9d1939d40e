"""Sample programs in Elixir: cells, and what they must show."""

from kernel_runner.language import Sample

POINT = """\
defmodule Point do
  defstruct [:x, :y]

  defimpl Jupyter.Display do
    def to_bundle(point), do: %{"text/html" => "<b>#{point.x}, #{point.y}</b>"}
  end
end

struct(Point, x: 1, y: 2)"""

SAMPLES = {
    "hello": (Sample('IO.puts("hello, world")', stdout="hello, world\n", result=":ok"),),
    "state": (
        Sample("n = 6\ndefmodule Cup do\n  def size, do: 7\nend"),
        Sample("import Bitwise\nalias Enum, as: E"),
        Sample("{n * Cup.size(), E.sum([1, 2]), 5 &&& 4}", result=r"\{42, 3, 4\}"),
        Sample("send(self(), {:kept, n})", result=r"\{:kept, 6\}"),
        Sample("receive do\n  {:kept, what} -> what\nend", result="6"),
    ),
    "value": (
        Sample('%{answer: 6 * 7, list: [1, "a"]}', result=r'%\{answer: 42, list: \[1, "a"\]\}'),
        Sample("nil", result="nil"),
        Sample("IEx.dont_display_result()"),
        Sample("41", result="41"),
        Sample("v() + 1", result="42"),
        Sample("x = 1; y = 2; [x, y]", result=r"\[1, 2\]"),
    ),
    "comments only": (Sample("# nothing\n\n# at all"), Sample("")),
    "error": (
        Sample(
            "defmodule Half do\n"
            '  def half(0), do: raise(ArgumentError, "no half")\n'
            "end\n\nHalf.half(0)",
            error="ArgumentError",
            traceback=r"\(ArgumentError\) no half\n    In\[\d+\]:2: Half.half/1\n"
            r"    In\[\d+\]:5: \(file\)$",
        ),
        Sample("1\n\n1 / 0", error="ArithmeticError", traceback=r"In\[\d+\]:3: \(file\)$"),
        Sample("throw(:ball)", error="throw", traceback=r"\(throw\) :ball"),
        Sample("exit(:away)", error="exit", traceback=r"\(exit\) :away"),
        Sample("Half.half(:a)", error="FunctionClauseError", traceback="arguments were given"),
    ),
    "error within an expression": (
        Sample("half = fn x ->\n  y = x + 1\n  y / 0\nend", result=".*"),
        Sample(
            "1\nEnum.each([1], fn x ->\n  half.(x)\nend)",
            error="ArithmeticError",
            traceback=r"(?s)In\[\d+\]:3: \(file\)\n.*Enum.*\n    In\[\d+\]:2: \(file\)$",
        ),
        Sample(
            "half.(1)",
            error="ArithmeticError",
            traceback=r"(?s)\]:3: \(file\)\n.*\]:1: \(file\)$",
        ),
        Sample(
            'for n <- [1] do\n  m = n\n  raise "no #{m}"\nend',
            error="RuntimeError",
            traceback=r"(?s)\(RuntimeError\) no 1\n    In\[\d+\]:3: .*In\[\d+\]:1: \(file\)$",
        ),
        Sample(
            "Enum.map([1], fn n ->\n  {:ok, m} =\n    n\n  m\nend)",
            error="MatchError",
            traceback=r"(?s)value: 1\n    In\[\d+\]:2: .*In\[\d+\]:1: \(file\)$",
        ),
        Sample("if true do\n  :ok\n  exit(:away)\nend", error="exit", traceback=r"\]:3: \(file\)$"),
    ),
    "syntax error": (
        Sample(
            "IO.puts(1)\nx = = 2",
            stdout="",
            error="SyntaxError",
            traceback=r"In\[\d+\]:2:\d+: syntax error",
        ),
        Sample('IO.puts("hello', stdout="", error="TokenMissingError"),
        Sample("1\nunknown(1)", error="CompileError", traceback=r"In\[\d+\]:2: undefined function"),
    ),
    "warning": (
        Sample('IO.puts(:stderr, "careful")', stderr="careful\n", result=":ok"),
        Sample(
            "defmodule Warned do\n  def f(unused), do: 1\nend",
            stderr=r'(?s).*warning.*"unused" is unused.*In\[\d+\]:2.*',
        ),
    ),
    "order": (
        Sample(
            'Enum.each(1..20_000, &IO.puts/1)\nIO.puts(:stderr, "err")\nIO.write("out")',
            stdout="(?s)1\n.*\n20000\nout",
            stderr="err\n",
            result=":ok",
        ),
    ),
    "stdin": (
        Sample(
            "IO.stream()\n|> Enum.each(fn line ->\n"
            "  line |> String.trim() |> String.duplicate(2) |> IO.puts()\nend)",
            stdout="oneone\ntwotwo\n",
            result=":ok",
            answers=("one", "two", "\x04"),
        ),
        Sample(
            'name = IO.gets("Name? ")\nIO.write(String.upcase(name))',
            stdout="ADA\n",
            result=":ok",
            answers=("Ada",),
        ),
        Sample('IO.gets("")', result=":eof", answers=("\x04",)),
        Sample(":io.get_password()", result="'secret'", answers=("secret",)),
        Sample(":io.fread('', '~d')", result=r"\{:ok, \[7000\]\}", answers=("7000",)),
        Sample("IO.read(4)", result=r'"žlu\\n"', answers=("žlu",)),
    ),
    "interrupt": (
        Sample(
            'n = 1\nIO.puts("running")\nf = fn f -> f.(f) end\nf.(f)',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("n", result="1"),
    ),
    "interrupt of a program": (
        Sample(
            'big = Enum.to_list(1..2_000_000)\nIO.puts("asleep")\nSystem.cmd("sleep", ["100"])',
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("length(big)", result="2000000"),
        Sample('System.cmd("pgrep", ["-x", "-f", "sleep 100"]) |> elem(0)', result='""'),
    ),
    "interrupt and links": (
        Sample(
            "{:ok, counter} = Agent.start_link(fn -> 7 end)\n:ets.new(:kept, [:named_table])"
            "\nsend(self(), :hello)",
            result=":hello",
        ),
        Sample(
            'task = Task.async(fn -> Process.sleep(:infinity) end)\nIO.puts("waits")\n'
            "Task.await(task, :infinity)",
            stdout="waits\n",
            error="Interrupted",
            traceback=r"Task.await/2",
            interrupt=True,
        ),
        Sample(
            "{Agent.get(counter, & &1), :ets.info(:kept, :size), 1}",
            result=r"\{7, 0, 1\}",
        ),
        Sample("Agent.stop(counter)", result=":ok"),
    ),
    "unicode": (
        Sample(
            'größe = "žluťoučký 🐎 日本語"\nIO.puts(größe)\nString.length(größe)',
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample('raise "příliš 🐎"', error="RuntimeError", traceback="příliš 🐎"),
        Sample('"日本語"', result='"日本語"'),
    ),
    "rich output": (
        Sample(POINT, result=r"%Point\{x: 1, y: 2\}", mime="text/html"),
        Sample('Jupyter.display("text/html", "<b>hello</b>")', result=":ok", mime="text/html"),
        Sample('Jupyter.markdown("*hello*")', result="#Jupyter.Rich.*", mime="text/markdown"),
        Sample("Jupyter.table([%{a: 1, b: 2}])", result=".*", mime="text/html"),
        Sample(
            'IO.write("a")\nJupyter.display(Jupyter.svg("<svg/>"), id: "s")\n'
            'Jupyter.update(Jupyter.svg("<svg></svg>"), id: "s")\nIO.write("b")\nJupyter.clear()',
            stdout="ab",
            result=":ok",
            mime="image/svg+xml",
        ),
    ),
    "background": (
        Sample(
            "parent = self()\n"
            "spawn(fn ->\n  receive do\n    :go -> send(parent, :gone)\n  end\nend)\n|> send(:go)",
            result=":go",
        ),
        Sample("receive do\n  :gone -> :yes\nend", result=":yes"),
        Sample("Task.async(fn -> 42 end) |> Task.await()", result="42"),
    ),
    "links": (
        Sample(
            "kept = 2\nspawn_link(fn -> exit(:bad) end)\nProcess.sleep(:infinity)", error="EXIT"
        ),
        Sample("kept", result="2"),
    ),
    "exit": (
        Sample(
            'kept = 1\nfor i <- 1..2000, do: IO.puts(i)\nIO.puts("bye")\nSystem.halt(3)',
            stdout="(?s)1\n.*2000\nbye\n",
            error="ExitCode",
        ),
        Sample("kept", error="CompileError"),
        Sample("System.stop(4)", error="ExitCode", traceback="exit code 4"),
        Sample("binding()", result=r"\[\]"),
    ),
    "redefinition": (
        Sample("defmodule Thing do\n  defstruct [:a]\n  def name, do: 1\nend"),
        Sample("defmodule Thing do\n  defstruct [:b]\n  def name, do: 42\nend"),
        Sample("{Thing.name(), struct(Thing)}", result=r"\{42, %Thing\{b: nil\}\}"),
    ),
    "deep recursion": (
        Sample(
            "kept = 3\ndefmodule Deep do\n"
            "  def down(n), do: if(n < 0, do: 0, else: 1 + down(n + 1))\nend\n\nDeep.down(0)",
            error="SystemLimitError",
        ),
        Sample("kept + 1", result="4"),
    ),
    "crash": (
        Sample(
            'System.cmd("kill", ["-SEGV", System.pid()])\nProcess.sleep(:infinity)',
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1 + 1", result="2"),
    ),
    "frames": (
        Sample('IO.puts("K 1 2\\nX 1 1 1 1")', stdout="K 1 2\nX 1 1 1 1\n", result=":ok"),
        Sample('IO.write("\\e_kernel-runner")', stdout="\x1b_kernel-runner", result=":ok"),
        Sample("1 + \0", error="SyntaxError"),
        Sample("for n <- 3..4, do: Port.close(Port.open({:fd, n, n}, []))", result=".*"),
        Sample(
            "Enum.each(0..2, fn n -> Port.close(Port.open({:fd, n, n}, [:out])) end)", result=":ok"
        ),
        Sample('IO.puts("there")', stdout="there\n", result=":ok"),
    ),
}
