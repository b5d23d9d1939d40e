"""Sample programs in Ruby: cells, and what they must show."""

from kernel_runner.language import Sample

TABLE = """\
class Table
  def initialize(*rows) = @rows = rows
  def inspect = "table of #{@rows.size}"
  def to_html = "<table>#{@rows.map { |row| "<tr><td>#{row}</td></tr>" }.join}</table>"
end
Table.new(1, 2)"""

SAMPLES = {
    "hello": (Sample('puts "hello, world"', stdout="hello, world\n"),),
    "state": (
        Sample("require 'set'\nn = 6\nPRICES = { tea: 3 }\nclass Cup; def size = 7; end; nil"),
        Sample("[n * Cup.new.size, PRICES[:tea], _]", result=r"\[42, 3, nil\]"),
    ),
    "value": (
        Sample("{ answer: 6 * 7, list: [1, 'a'] }", result=r'\{:?answer(=>|: )42, .*\[1, "a"\]\}'),
        Sample("silent = 1"),
        Sample("nil"),
        Sample("def twice(n) = 2 * n", result=":twice"),
    ),
    "comments only": (Sample("# nothing\n\n=begin\nat all\n=end"), Sample("")),
    "error": (
        Sample(
            "def half(n)\n  raise ArgumentError, 'no half' if n.zero?\nend\n\nhalf(0)",
            error="ArgumentError",
            traceback=r"In\[\d+\]:2:in .*half'.* no half (?s:.*)In\[\d+\]:5:in .*<main>",
        ),
    ),
    "syntax error": (
        Sample("puts 1\nx = = 2", stdout="", error="SyntaxError", traceback=r"In\[\d+\]:2"),
    ),
    "unclosed string": (Sample('puts "hello', stdout="", error="SyntaxError"),),
    "warning": (Sample("warn 'careful'", stderr="careful\n"),),
    "order": (
        Sample(
            "500.times { |i| puts i; $stderr.puts i if i == 499 }; system 'echo child'; nil",
            stdout="(?s)0\n.*\n499\nchild\n",
            stderr="499\n",
        ),
        Sample(
            "20_000.times { |i| puts i }\nfork { puts 'fork'; exit! }\nProcess.wait\nexit! 3",
            stdout="(?s)0\n.*\n19999\nfork\n",
            error="ExitCode",
        ),
    ),
    "stdin": (
        Sample(
            "while (line = gets)\n  puts line.chomp * 2\nend",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample("print 'Name? '; puts gets.upcase", stdout="Name\\? ADA\n", answers=("Ada",)),
    ),
    "ask": (Sample("IRuby.input('Name? ')", result='"Ada"', answers=("Ada",)),),
    "interrupt": (
        Sample(
            "n = 1\nputs 'running'\nloop { n += 1 }",
            stdout="running\n",
            error="Interrupt",
            traceback=r"In\[\d+\]:3",
            interrupt=True,
        ),
        Sample("n.positive?", result="true"),
    ),
    "interrupt of sleep": (
        Sample("puts 'asleep'\nsleep", stdout="asleep\n", error="Interrupt", interrupt=True),
    ),
    "interrupt of what rescues": (
        Sample(
            "def deep = deep\ndepth = 1\nputs 'deep'\n"
            "loop do\n  deep\nrescue SystemStackError\n  depth += 1\nend",
            stdout="deep\n",
            error="Interrupt",
            interrupt=True,
        ),
        Sample("depth.positive?", result="true"),
        Sample(
            "begin\n  puts 'asleep'\n  sleep\nrescue Interrupt\n  puts 'awake'\n"
            "  sleep 0.3\nend\nnil",
            stdout="asleep\n(awake\n)?",
            interrupt=True,
        ),
    ),
    "closed streams": (
        Sample("[STDOUT, STDERR, STDIN].each(&:close); nil"),
        Sample("(0..4).each { |fd| IO.for_fd(fd, autoclose: false).close rescue nil }; nil"),
        Sample(
            "puts 'K 1 2'; warn 'X 1 1 1 1'; 1", stdout="K 1 2\n", stderr="X 1 1 1 1\n", result="1"
        ),
    ),
    "unicode": (
        Sample(
            "größe = 'žluťoučký 🐎 日本語'\nputs größe\ngröße.length",
            stdout="žluťoučký 🐎 日本語\n",
            result="15",
        ),
        Sample("raise 'příliš 🐎'", error="RuntimeError", traceback="příliš 🐎"),
    ),
    "rich output": (
        Sample(TABLE, result="table of 2", mime="text/html"),
        Sample("IRuby.display(IRuby.markdown('*hello*'))", mime="text/markdown"),
        Sample("display 'text/html' => '<b>hello</b>', 'text/plain' => 'hello'", mime="text/html"),
        Sample("clear_output"),
        Sample("IRuby.table([{ a: 1, b: 2 }])", result=".*", mime="text/html"),
    ),
    "exit": (
        Sample("kept = 1\nat_exit { puts 'bye' }\nexit 3", stdout="bye\n", error="ExitCode"),
        Sample("defined?(kept)"),
    ),
    "crash": (
        Sample("Process.kill(:KILL, $$); sleep", error="Signal", traceback="SIGKILL"),
        Sample("1", result="1"),
    ),
    "redefinition": (
        Sample("def answer = 1\nclass Thing; def name = 1; end\nAnswer = Struct.new(:n); nil"),
        Sample("def answer = 42\nclass Thing; def name = answer; end; nil"),
        Sample("Thing.new.name", result="42"),
    ),
    "deep recursion": (
        Sample("def down(n) = down(n + 1)\ndown(0)", error="SystemStackError"),
        Sample("1 + 1", result="2"),
    ),
}
