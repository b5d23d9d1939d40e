"""Java: the archive of classes, what a session is given, and its output, once, whole, in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from client import TIMEOUT, Client, Kernel
from conftest import Start

from kernel_runner.jvm.archive import Archive
from kernel_runner.languages.java.runner import JavaRunner

HAS_ARCHIVE = 'Files.readString(Path.of("/proc/self/maps")).contains("agent.jsa")'
LINES = "for (int i = 0; i < 5000; i++) System.out.println(i);\n"
SHOWN = "".join(f"{i}\n" for i in range(5000))


def test_the_first_session_makes_the_archive_and_the_second_uses_it(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    # What the person adds is no part of the archive, and does not make it useless.
    client = start("java", env={"CLASSPATH": str(tmp_path)}).client
    assert client.cell(HAS_ARCHIVE).text == "false"
    java = JavaRunner.toolchain.find()
    assert java is not None
    archive, deadline = Archive("java", java, JavaRunner.sources, []), time.monotonic() + TIMEOUT
    while not archive.classes.exists():
        assert time.monotonic() < deadline, "there is no archive"
        client.cell("1")
    assert client.cell(f"%reset\n{HAS_ARCHIVE}").text == "true"
    assert start("java").client.cell(HAS_ARCHIVE).text == "true"


@pytest.mark.parametrize(
    "code",
    [
        'System.out.println("{}")',
        'var s = "{}";',
        'void f() { System.out.println("{}"); }',
        'class Long { String s = "{}"; }',
        'String s = "{}" + "{}";',
    ],
)
def test_a_string_beyond_the_limit_is_an_error_and_nothing_stays_of_it(
    shared: Callable[[str], Kernel], code: str
) -> None:
    client = shared("java").client
    client.cell("int kept = 42;")
    cell = client.cell(code.replace("{}", "x" * 70_000))
    assert (cell.error["ename"], cell.error["evalue"]) == (
        "CompilationError",
        "constant string too long",
    )
    assert client.cell("kept").text == "42"
    assert client.cell('void f() { System.out.print("short"); }\nf()').stdout == "short"


@pytest.fixture
def client(shared: Callable[[str], Kernel]) -> Client:
    """A client of a Java kernel."""
    return shared("java").client


def test_a_childs_output_comes_after_what_was_printed(client: Client) -> None:
    child = 'new ProcessBuilder("echo", "child").inheritIO().start().waitFor();\n'
    for _ in range(5):
        cell = client.cell(f'{LINES}{child}System.out.println("end");')
        assert cell.stdout == f"{SHOWN}child\nend\n"


def test_a_line_on_stderr_is_behind_what_was_printed(client: Client) -> None:
    cell = client.cell(f'{LINES}Thread.sleep(100);\nSystem.err.println("last");')
    assert cell.output == f"{SHOWN}last\n"
    cell = client.cell(f'{LINES}System.err.println("last");')
    assert (cell.stdout, cell.stderr) == (SHOWN, "last\n")


def test_threads_that_print_lose_and_repeat_nothing(client: Client) -> None:
    cell = client.cell(
        "var threads = new ArrayList<Thread>();\n"
        "for (var name : List.of("
        '"a", "b")) threads.add(new Thread(() -> {\n'
        '    for (int i = 0; i < 50_000; i++) System.out.println(name + " " + i);\n'
        "}));\n"
        "for (var thread : threads) thread.start();\n"
        "for (var thread : threads) thread.join();"
    )
    lines = cell.stdout.splitlines()
    for name in "ab":
        own = [line for line in lines if line.startswith(name)]
        assert own == [f"{name} {i}" for i in range(50_000)]


def test_a_text_longer_than_what_is_kept(client: Client) -> None:
    cell = client.cell(f'{LINES}System.out.println("žluť 🐎 ".repeat(40_000));')
    assert cell.stdout == SHOWN + "žluť 🐎 " * 40_000 + "\n"


def test_an_interrupt_between_prints_loses_and_repeats_nothing(client: Client) -> None:
    client.cell("int n = 0;")
    for _ in range(5):
        running = client.execute("n = 0;\nwhile (true) System.out.println(++n);")
        client.until(running, "9999\n")
        assert client.interrupt().status == "ok"
        cell = client.finish(running)
        assert cell.status == "error"
        shown = cell.stdout.splitlines()
        kept = client.cell("n").text
        assert kept is not None
        assert len(shown) in (int(kept) - 1, int(kept))
        assert shown[:-1] == [str(i) for i in range(1, len(shown))]


def test_a_closed_system_out_is_open_in_the_next_cell(client: Client) -> None:
    assert client.cell(f"{LINES}System.out.close();").stdout == SHOWN
    assert client.cell(LINES).stdout == SHOWN


def test_what_was_printed_is_there_when_the_session_ends(start: Start) -> None:
    cell = start("java").client.cell(f"{LINES}System.exit(3);")
    assert cell.stdout == SHOWN
    assert cell.error["ename"] == "ExitCode"
