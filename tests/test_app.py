"""Starting a kernel: what cannot be used is told in one sentence, with an exit code."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from client import MARK, TIMEOUT, Client, assert_gone, marked
from conftest import Start

WRONG_USE = 2


def launch(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Start a kernel that will not come to serve."""
    environment = {**os.environ, MARK: "test_app"}
    argv = [sys.executable, "-m", "kernel_runner", *arguments]
    ended = subprocess.run(
        argv, capture_output=True, text=True, timeout=TIMEOUT, env=environment, check=False
    )
    assert_gone(marked("test_app"))
    return ended


def refused(*arguments: str) -> str:
    """The one sentence with which it is refused."""
    ended = launch(*arguments)
    assert ended.returncode == WRONG_USE, ended
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def wait_for_file(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a kernel has written its connection file: it listens before it writes.

    There is no event for a file in a folder that is yet to come: this alone looks again.
    """
    deadline = time.monotonic() + TIMEOUT
    while not (path.exists() and path.read_text().endswith("}")):
        assert process.poll() is None
        assert time.monotonic() < deadline, "no connection file was written"
        time.sleep(0.02)


def test_without_a_language() -> None:
    assert refused().startswith("usage: python -m kernel_runner LANGUAGE")
    assert refused("-f", "x.json").startswith("usage:")


def test_an_unknown_language() -> None:
    sentence = refused("klingon", "-f", "x.json")
    assert "klingon" in sentence
    assert "bash, c, " in sentence


def test_unknown_arguments(tmp_path: Path) -> None:
    file = str(tmp_path / "x.json")
    assert "nonsense" in refused("bash", "-f", file, "nonsense")
    assert "many" in refused("bash", "-f", file, "--BaseRunner.interrupt_grace=many")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"text"',
        '{"shell_port": "many"}',
        '{"transport": "pigeon", "ip": "127.0.0.1"}',
        '{"ip": "no.such.host.invalid", "shell_port": 1}',
        '{"ip": "192.0.2.1"}',
        '{"signature_scheme": "rot13"}',
        "\x00\xff",
    ],
)
def test_a_broken_connection_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "connection.json"
    path.write_text(text, encoding="latin-1")
    assert refused("bash", "-f", str(path)).strip()


def test_a_port_that_is_taken(start: Start, tmp_path: Path) -> None:
    kernel = start("bash")
    path = tmp_path / "taken.json"
    info = {**kernel.client.jupyter.get_connection_info(), "hb_port": 0, "key": "k"}
    info = {name: value for name, value in info.items() if isinstance(value, (str, int))}
    path.write_text(json.dumps(info))
    assert "in use" in refused("bash", "-f", str(path))
    assert kernel.client.cell("echo undisturbed").stdout == "undisturbed\n"


def test_a_missing_toolchain_is_told_by_each_cell(start: Start) -> None:
    for language, package in (("bash", "bash"), ("nodejs", "nodejs"), ("c", "gcc")):
        client = start(language, "--executable=/nowhere/program").client
        for _ in range(2):
            cell = client.cell("1")
            assert cell.error["ename"] == "ToolchainMissing", cell
            assert "/nowhere/program" in cell.error["evalue"]
        client = start(language, env={"PATH": "/nowhere"}).client
        cell = client.cell("1")
        if cell.error:  # else our own interpreter's folder has it: a wheel brought it
            assert cell.error["ename"] == "ToolchainMissing", cell
            assert "apt-get install" in cell.error["evalue"]
            assert package in cell.error["evalue"]
        assert client.ask("kernel_info_request").status == "ok"


@contextlib.contextmanager
def own_kernel(path: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A kernel that was started by hand, without a connection file."""
    environment = {**os.environ, MARK: str(path), **variables}
    argv = [sys.executable, "-m", "kernel_runner", "bash", "-f", str(path)]
    with subprocess.Popen(argv, env=environment) as kernel:
        try:
            wait_for_file(path, kernel)
            yield kernel
        finally:
            kernel.kill()
    assert_gone(marked(str(path)))


def test_a_missing_connection_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "connection.json"
    with own_kernel(path) as kernel:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text())["key"]
        client = Client(str(path))
        client.ready()
        assert client.cell("echo hello").stdout == "hello\n"
        client.send("shutdown_request", {"restart": False}, channel="control")
        assert kernel.wait(TIMEOUT) == 0
        client.close()
    assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_kernel_and_all_it_has_started(start: Start, number: int) -> None:
    kernel = start("bash")
    running = kernel.client.execute("setsid sleep 1000 & echo running; sleep 1000")
    kernel.client.until(running, "running")
    before = kernel.processes()
    psutil.Process(kernel.pid).send_signal(number)
    assert_gone(before)
    assert "Traceback" not in kernel.log


def test_sigint_interrupts_the_cell(start: Start) -> None:
    kernel = start("python")
    running = kernel.client.execute("print('running', flush=True)\nwhile True: pass")
    kernel.client.until(running, "running")
    psutil.Process(kernel.pid).send_signal(signal.SIGINT)
    assert kernel.client.finish(running).error["ename"] == "KeyboardInterrupt"
    assert kernel.client.cell("1").text == "1"


def test_the_kernel_leaves_with_its_server(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    with subprocess.Popen(["sleep", "1000"]) as server:
        try:
            with own_kernel(path, JPY_PARENT_PID=str(server.pid)) as kernel:
                server.kill()
                assert kernel.wait(TIMEOUT) == 0
        finally:
            server.kill()
