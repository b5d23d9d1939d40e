"""Java: the archive of classes, and what a session is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from client import TIMEOUT, Kernel
from conftest import Start

from kernel_runner.languages import runner_class
from kernel_runner.languages.java.archive import Archive

HAS_ARCHIVE = 'Files.readString(Path.of("/proc/self/maps")).contains("agent.jsa")'


def test_the_first_session_makes_the_archive_and_the_second_uses_it(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    # What the person adds is no part of the archive, and does not make it useless.
    client = start("java", env={"CLASSPATH": str(tmp_path)}).client
    assert client.cell(HAS_ARCHIVE).text == "false"
    java = runner_class("java").toolchain.find()
    assert java is not None
    archive, deadline = Archive(java), time.monotonic() + TIMEOUT
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
