"""Ruby: what is printed arrives once, whole, and in order, however it is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from client import Client, Kernel
from conftest import Start

MIXED = """\
def say(name, i)
  case i % 6
  when 0 then puts "#{name} #{i}"
  when 1 then print name, " ", i, "\\n"
  when 2 then $stdout << "#{name} #{i}\\n"
  when 3 then printf("%s %d\\n", name, i)
  when 4 then $stdout.write(name, " ", i, "\\n")
  else $stdout.syswrite("#{name} #{i}\\n")
  end
end
%w[a b].map { |name| Thread.new { 20_000.times { |i| say(name, i) } } }.each(&:join)
nil"""


@pytest.fixture
def client(shared: Callable[[str], Kernel]) -> Client:
    """A client of a Ruby kernel."""
    return shared("ruby").client


def test_many_lines_are_there_once(client: Client) -> None:
    wanted = "".join(f"{i}\n" for i in range(300_000))
    for _ in range(5):
        cell = client.cell("300_000.times { |i| puts i }")
        assert cell.stdout == wanted, (len(cell.stdout), len(wanted))


def test_two_threads_that_print_in_every_way(client: Client) -> None:
    cell = client.cell(MIXED)
    assert cell.status == "ok", cell
    # print writes its parts one by one, so that others may come between them.
    wanted = "".join(f"{name} {i}\n" for name in "ab" for i in range(20_000))
    assert Counter(cell.stdout) == Counter(wanted)
    for way in (0, 2, 3, 4, 5):
        for name in "ab":
            assert f"{name} {6 * 3000 + way}\n" in cell.stdout


def test_a_character_at_a_time(client: Client) -> None:
    cell = client.cell("200_000.times { |i| putc 97 + i % 26 }; puts")
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert cell.stdout == (letters * (200_000 // 26 + 1))[:200_000] + "\n"


def test_an_interrupt_between_prints_loses_and_repeats_nothing(client: Client) -> None:
    for _ in range(5):
        running = client.execute("n = 0\nloop { n += 1; puts n }")
        client.until(running, "9999\n")
        assert client.interrupt().status == "ok"
        cell = client.finish(running)
        assert cell.error["ename"] == "Interrupt"
        shown = [int(line) for line in cell.stdout.split()]
        assert shown == list(range(1, len(shown) + 1))
        kept = client.cell("n").text
        assert kept is not None
        assert len(shown) in (int(kept) - 1, int(kept))


def test_children_and_forks_come_after_what_was_printed(client: Client) -> None:
    begin = "20_000.times { puts 'x' }\n"
    for child in (
        "system 'echo child'",
        "Process.wait spawn('echo child')",
        "Process.wait fork { puts 'child' }",
        'STDOUT.syswrite "child\\n"',
        "IO.popen('echo child >/proc/$PPID/fd/1').read",
        "`echo child >/proc/$PPID/fd/1`",
        'STDOUT.dup.write("child\\n")',
        "IO.for_fd(STDOUT.fileno, 'w', autoclose: false).syswrite \"child\\n\"",
        "Process.wait fork { exec 'echo child' }",
    ):
        cell = client.cell(f"{begin}{child}\nputs 'end'")
        shown = cell.stdout.split("\n")
        assert (Counter(shown), shown[-3:]) == (
            {"x": 20_000, "child": 1, "end": 1, "": 1},
            ["child", "end", ""],
        ), child


def test_stdout_may_be_replaced_and_reopened(client: Client) -> None:
    cell = client.cell(
        "require 'stringio'\nrequire 'tempfile'\n20_000.times { puts 'x' }\n"
        "$stdout = StringIO.new\nputs 'caught'\ncaught = $stdout.string\n$stdout = STDOUT\n"
        "kept = STDOUT.dup\nfile = Tempfile.new\nSTDOUT.reopen(file.path, 'w')\nputs 'filed'\n"
        "STDOUT.reopen(kept)\nputs 'back'\n[caught, File.read(file.path)]"
    )
    assert cell.text == '["caught\\n", "filed\\n"]', cell
    assert cell.stdout == "x\n" * 20_000 + "back\n"


def test_a_handler_may_print_while_a_cell_prints(client: Client) -> None:
    cell = client.cell(
        "trap('USR1') { puts 'caught' }\n"
        "100_000.times { |i| Process.kill(:USR1, $$) if i % 1000 == 0; puts i }\n"
        "sleep 0.1\ntrap('USR1', 'DEFAULT')\nnil"
    )
    assert cell.status == "ok", cell
    lines = cell.stdout.split()
    assert [line for line in lines if line != "caught"] == [str(i) for i in range(100_000)]
    assert "caught" in lines


def test_what_was_printed_is_there_when_the_session_ends(start: Start) -> None:
    client = start("ruby").client
    lines = "5000.times { |i| puts i }\n"
    for end in ("exit 3", "exit! 3", "Process.kill(:KILL, $$)", "abort", "exec 'exit 3'"):
        cell = client.cell(f"at_exit {{ puts 'bye' }}\n{lines}{end}")
        shown = cell.stdout.split()
        assert shown[:5000] == [str(i) for i in range(5000)], (end, cell)
        assert shown[5000:] == (["bye"] if end in ("exit 3", "abort") else []), (end, cell)
