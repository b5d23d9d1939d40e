"""Input history, shared by many kernels."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_runner.history import MAX_ROWS, History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history" / "c.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    history = History(path)
    yield history
    history.close()


def _fill(path: Path, *sources: str) -> History:
    history = History(path)
    for line, source in enumerate(sources, 1):
        history.append(line, source)
    history.close()
    return history


def test_an_empty_history(history: History) -> None:
    assert history.tail(10) == []
    assert history.range() == []
    assert history.search("*") == []


def test_tail_gives_the_last_oldest_first(path: Path, history: History) -> None:
    _fill(path, "a", "b", "c")
    assert history.tail(2) == [(1, 2, "b"), (1, 3, "c")]
    assert history.tail(0) == []
    assert history.tail(-1) == []
    assert len(history.tail(99)) == 3


def test_questions_see_what_is_not_yet_written(path: Path, history: History) -> None:
    history.append(1, "a")
    assert not path.exists()
    assert history.tail(1) == [(1, 1, "a")]
    history.append(2, "b")
    assert history.range() == [(1, 1, "a"), (1, 2, "b")]


def test_outputs(history: History) -> None:
    history.append(1, "1 + 1")
    history.append(2, "x = 1")
    history.output(1, "2")
    assert history.tail(2, output=True) == [(1, 1, ("1 + 1", "2")), (1, 2, ("x = 1", None))]
    history.output(2, "late")
    assert history.range(output=True)[1] == (1, 2, ("x = 1", "late"))


def test_ranges(path: Path, history: History) -> None:
    _fill(path, "a", "b", "c", "d")
    _fill(path, "e")
    history.append(1, "f")
    assert history.range(0) == [(3, 1, "f")]
    assert history.range(-1) == [(2, 1, "e")]
    assert history.range(-2, 2, 4) == [(1, 2, "b"), (1, 3, "c")]
    assert history.range(1, 3) == [(1, 3, "c"), (1, 4, "d")]
    assert history.range(1, 2, 2) == []
    assert history.range(-9) == []
    assert history.range(99) == []


def test_search(path: Path, history: History) -> None:
    _fill(path, "print(1)", "x[0] = 2", "print(2)", "print(1)", "Print(3)", "a\nprint(4)")
    assert [entry[2] for entry in history.search("print*")] == ["print(1)", "print(2)", "print(1)"]
    assert history.search("print(?)", n=1) == [(1, 4, "print(1)")]
    assert history.search("print*", unique=True) == [(1, 3, "print(2)"), (1, 4, "print(1)")]
    assert history.search("print*", n=1, unique=True) == [(1, 4, "print(1)")]
    assert history.search("*[0]*") == [(1, 2, "x[0] = 2")]
    assert history.search("*print(4)") == [(1, 6, "a\nprint(4)")]
    assert history.search("print") == []
    assert history.search("") == []


def test_odd_text(history: History) -> None:
    history.append(1, "a\udc80b")
    history.append(2, "a\x00b")
    history.append(3, "\ud83d\ude00 größe")
    history.append(4, "")
    history.output(1, "\ud800\x00")
    assert [entry[2] for entry in history.tail(9)] == ["a\ufffdb", "a\x00b", "😀 größe", ""]
    assert history.search("\udc80*\x00[") == []


def test_questions_without_bounds(path: Path, history: History) -> None:
    _fill(path, "a")
    assert history.tail(1 << 70) == history.range(1, -(1 << 70), 1 << 70) == [(1, 1, "a")]
    assert history.range(1 << 70) == history.range(-(1 << 70)) == []
    assert history.search("*a" * 100_000) == []
    assert history.tail(1) == [(1, 1, "a")]


def test_session_numbers_increase_over_kernels(path: Path) -> None:
    first, second = History(path), History(path)
    first.append(1, "a")
    second.append(1, "b")
    first.append(2, "c")
    first.flush()
    second.flush()
    assert first.tail(9) == [(1, 1, "a"), (1, 2, "c"), (2, 1, "b")]
    first.close()
    second.close()
    assert _fill(path, "d").tail(1) == [(3, 1, "d")]


def test_the_oldest_rows_go_at_open(path: Path) -> None:
    _fill(path, "a")
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO history (session, line, source) VALUES (1, ?, 'x')",
            ((line,) for line in range(2, MAX_ROWS + 50)),
        )
    database.close()
    history = History(path)
    began = time.perf_counter()
    entries = history.search()
    assert time.perf_counter() - began < 1
    assert len(entries) == MAX_ROWS
    assert entries[-1] == (1, MAX_ROWS + 49, "x")
    history.close()


def _assert_works_in_memory(history: History, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        history.append(1, "a")
        history.flush()
        history.append(2, "b")
        assert [entry[1:] for entry in history.tail(9)] == [(1, "a"), (2, "b")]
        assert len(history.range(0)) == 2
        history.close()
    assert len(caplog.records) == 1


def test_a_broken_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 1000)
    _assert_works_in_memory(History(path), caplog)
    assert path.read_bytes().startswith(b"no database")


def test_a_folder_that_cannot_be_made(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.write_text("a file where the folder should be")
    _assert_works_in_memory(History(path), caplog)


def test_a_folder_in_the_file_s_place(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.mkdir(parents=True)
    _assert_works_in_memory(History(path), caplog)


def test_a_locked_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _fill(path, "old")
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    began = time.perf_counter()
    _assert_works_in_memory(History(path), caplog)
    assert time.perf_counter() - began < 2
    other.close()


def test_a_file_that_breaks_while_it_is_used(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    history = History(path)
    assert history.tail(1) == []
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE history")
    other.close()
    _assert_works_in_memory(history, caplog)


def test_a_read_only_file(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A root user may write everywhere, so the connection itself is made read-only."""
    history = History(path)
    history.tail(1)
    history._database.execute("PRAGMA query_only = 1")
    _assert_works_in_memory(history, caplog)


def test_noting_costs_no_time(history: History) -> None:
    began = time.perf_counter()
    for line in range(10_000):
        history.append(line, "x = 1")
    assert time.perf_counter() - began < 0.2
    history.flush()
    began = time.perf_counter()
    history.append(10_001, "x = 2")
    history.flush()
    assert time.perf_counter() - began < 0.1


WRITER = """
import sys
from pathlib import Path
from kernel_runner.history import History
history = History(Path(sys.argv[1]))
for line in range(1, int(sys.argv[2])):
    history.append(line, f"{sys.argv[3]} {line}")
    history.flush()
    print(line, flush=True)
history.close()
"""


BEGINNER = """
import sys
from pathlib import Path
from kernel_runner.history import History
history = History(Path(sys.argv[1]))
history.append(1, "x")
print("ready", flush=True)
sys.stdin.readline()
history.close()
"""


def _writer(path: Path, count: int, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(count), name]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd()
    )


def test_several_processes_at_once(path: Path) -> None:
    writers = [_writer(path, 200, f"kernel{number}") for number in range(4)]
    for writer in writers:
        _, stderr = writer.communicate(timeout=60)
        assert (writer.returncode, stderr) == (0, "")
    history = History(path)
    entries = history.search("kernel*")
    assert len(entries) == 4 * 199
    assert {entry[0] for entry in entries} == {1, 2, 3, 4}
    for number in range(4):
        mine = history.search(f"kernel{number} *")
        assert [entry[1] for entry in mine] == list(range(1, 200))
    history.close()


def test_several_processes_create_the_file_at_once(path: Path) -> None:
    command = [sys.executable, "-c", BEGINNER, str(path)]
    pipe = subprocess.PIPE
    kernels = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=Path.cwd())
        for _ in range(8)
    ]
    for kernel in kernels:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        assert kernel.stdin is not None
        kernel.stdin.write("\n")
        kernel.stdin.flush()
    for kernel in kernels:
        assert kernel.communicate(timeout=60) == ("", "")
    history = History(path)
    assert sorted(entry[0] for entry in history.search()) == list(range(1, 9))
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []
    history.close()


def test_kill_in_the_middle_loses_nothing_that_was_flushed(path: Path) -> None:
    writer = _writer(path, 1_000_000, "kernel")
    assert writer.stdout is not None
    for _ in range(100):
        written = int(writer.stdout.readline())
    writer.kill()
    writer.communicate()
    history = History(path)
    assert history.range(1)[:written] == [(1, n, f"kernel {n}") for n in range(1, written + 1)]
    history.append(1, "after")
    history.close()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
