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
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
import zmq
from client import MARK, TIMEOUT, Client, assert_gone, free_ports, marked
from conftest import Start

WRONG_USE = 2


def launch(*arguments: str, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Start a kernel that will not come to serve."""
    environment = {**os.environ, MARK: "test_app"}
    argv = [*before, sys.executable, "-m", "kernel_runner", *arguments]
    ended = subprocess.run(
        argv, capture_output=True, text=True, timeout=TIMEOUT, env=environment, check=False
    )
    assert_gone(marked("test_app"))
    return ended


def refused(*arguments: str, before: Sequence[str] = ()) -> str:
    """The one sentence with which it is refused; before: a command that starts it."""
    ended = launch(*arguments, before=before)
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
    assert "bash, bc, brainfuck, c, " in sentence


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


PORTS = ("shell", "iopub", "stdin", "control", "hb")


@pytest.mark.parametrize("channel", PORTS)
def test_a_port_that_is_taken(start: Start, tmp_path: Path, channel: str) -> None:
    kernel = start("bash")
    path = tmp_path / "taken.json"
    port = kernel.client.jupyter.get_connection_info()[f"{channel}_port"]
    sentence = refused("bash", "-f", str(path), "--ip=127.0.0.1", f"--{channel}={port}")
    assert "in use" in sentence
    assert not path.exists()
    assert kernel.client.cell("echo undisturbed").stdout == "undisturbed\n"


def test_ports_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for channel in PORTS:
        assert "70000" in refused("bash", "-f", str(path), f"--{channel}=70000")
    assert "many" in refused("bash", "-f", str(path), "--shell=many")
    assert not path.exists()


def refused_by_its_mode(path: Path) -> str:
    """The one sentence with which a kernel is refused that may do no more than its owner."""
    # Root may do all; but not without these capabilities.
    dropped = "-dac_override,-dac_read_search"
    user = ["setpriv", f"--bounding-set={dropped}", f"--inh-caps={dropped}"]
    return refused("bash", "-f", str(path), before=user if os.getuid() == 0 else [])


def test_a_connection_file_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o500)
    assert "cannot be written: Permission denied." in refused_by_its_mode(folder / "x.json")


def test_a_connection_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be used: Is a directory." in refused("bash", "-f", str(tmp_path))
    path = tmp_path / "secret.json"
    path.write_text('{"key": "k"}')
    path.chmod(0)
    assert "cannot be used: Permission denied." in refused_by_its_mode(path)


@pytest.mark.parametrize("key", ['"key": ""', '"transport": "tcp"'])
def test_a_connection_file_without_a_key(tmp_path: Path, key: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(f'{{"ip": "127.0.0.1", {key}}}')
    assert "key" in refused("bash", "-f", str(path))


def test_keys_that_are_none(tmp_path: Path) -> None:
    public, secret = (key.decode() for key in zmq.curve_keypair())
    other, _ = (key.decode() for key in zmq.curve_keypair())
    path = tmp_path / "x.json"
    for keys in (
        {"curve_publickey": public},
        {"curve_secretkey": secret},
        {"curve_publickey": other, "curve_secretkey": secret},
        {"curve_publickey": "short", "curve_secretkey": "short"},
        {"curve_publickey": 7, "curve_secretkey": None},
    ):
        path.write_text(json.dumps({"key": "k", **keys}))
        assert "cannot be used" in refused("bash", "-f", str(path))
    path.write_text(json.dumps({"key": "k"}))
    assert "CurveZMQ" in refused("bash", "-f", str(path), "--transport-encryption=required")


@pytest.mark.parametrize("ip", ["0.0.0.0", "*"])
def test_beyond_this_machine_only_with_encryption(tmp_path: Path, ip: str) -> None:
    path = tmp_path / "x.json"
    sentence = refused("bash", "-f", str(path), f"--ip={ip}")
    assert "--transport-encryption=required" in sentence
    assert "--insecure" in sentence
    path.write_text(json.dumps({"ip": ip, "key": "k"}))
    assert "--insecure" in refused("bash", "-f", str(path))


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
def own_kernel(path: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A kernel that was started by hand, without a connection file."""
    environment = {**os.environ, MARK: str(path), **variables}
    argv = [sys.executable, "-m", "kernel_runner", "bash", "-f", str(path), *arguments]
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


def run_in(path: Path, code: str) -> str:
    """What a cell prints, in the kernel of a connection file."""
    client = Client(str(path))
    client.ready()
    stdout = client.cell(code).stdout
    client.close()
    return stdout


def test_everything_by_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    arguments = [f"--{channel}={port}" for channel, port in ports.items()]
    encrypted = "--transport-encryption=required"
    with own_kernel(path, "--ip=0.0.0.0", encrypted, *arguments) as kernel:
        info = json.loads(path.read_text())
        assert {channel: info[f"{channel}_port"] for channel in PORTS} == ports
        assert info["ip"] == "0.0.0.0"
        assert (
            zmq.curve_public(info["curve_secretkey"].encode()).decode() == info["curve_publickey"]
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert run_in(path, "echo hello") == "hello\n"
        kernel.terminate()
        assert kernel.wait(TIMEOUT) == 0
    assert not path.exists()


def test_beyond_this_machine_when_the_person_insists(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    with own_kernel(path, "--ip=0.0.0.0", "--insecure"):
        assert "curve_secretkey" not in json.loads(path.read_text())
        assert run_in(path, "echo hello") == "hello\n"


def test_a_given_file_with_keys_and_ports_stays(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    public, secret = (key.decode() for key in zmq.curve_keypair())
    ports = zip(PORTS, free_ports(len(PORTS)), strict=True)
    info = {
        **{f"{channel}_port": port for channel, port in ports},
        **{"key": "k", "curve_publickey": public, "curve_secretkey": secret},
        **{"ip": "127.0.0.1", "transport": "tcp", "signature_scheme": "hmac-sha256"},
    }
    path.write_text(json.dumps(info))
    path.chmod(0o400)
    arguments = ("--ip=0.0.0.0", "--transport-encryption=required")  # goes before the file's
    with own_kernel(path, *arguments) as kernel:
        assert run_in(path, "echo hello") == "hello\n"
        listening = {each.laddr for each in psutil.Process(kernel.pid).net_connections("tcp4")}
        assert ("0.0.0.0", info["shell_port"]) in listening
        kernel.terminate()
        assert kernel.wait(TIMEOUT) == 0
    assert json.loads(path.read_text()) == info


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
