"""The sockets: encrypted, over IPC, and with a beating heart."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import zmq
from client import MARK, TIMEOUT, Kernel
from conftest import Start
from jupyter_client.session import Session

QUIET = 1000  # milliseconds in which nothing may come
DELIMITER = b"<IDS|MSG>"
CHANNELS = ("shell", "control", "stdin", "iopub", "hb")
TYPES = {"iopub": zmq.XSUB, "hb": zmq.DEALER}


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with CurveZMQ."""
    folder = tmp_path_factory.mktemp("encrypted") / "work"
    kernel = Kernel("bash", folder, transport_encryption="required")
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def plain(shared: Callable[[str], Kernel]) -> Kernel:
    """A kernel without."""
    return shared("bash")


def test_an_encrypted_kernel(start: Start) -> None:
    kernel = start("bash", transport_encryption="required")
    client = kernel.client
    assert client.jupyter.get_connection_info()["curve_publickey"]
    assert client.cell('read -r x; echo "<$x>"', ["secret"]).stdout == "<secret>\n"
    kernel.restart()
    assert kernel.connect().cell("echo again").stdout == "again\n"


def info_of(kernel: Kernel) -> dict[str, Any]:
    """What the connection file says."""
    info: dict[str, Any] = kernel.client.jupyter.get_connection_info()
    return info


@contextlib.contextmanager
def stranger(kernel: Kernel, channel: str, **curve: bytes) -> Iterator[zmq.Socket[bytes]]:
    """A socket at one of a kernel's ports, with the CurveZMQ keys that are given."""
    info = info_of(kernel)
    with zmq.Context() as context, context.socket(TYPES.get(channel, zmq.DEALER)) as strange:
        strange.linger = 0
        for name, key in curve.items():
            setattr(strange, f"curve_{name}", key)
        strange.connect(f"tcp://{info['ip']}:{info[f'{channel}_port']}")
        if channel == "iopub":
            strange.send(b"\x01")  # subscribe to everything
        yield strange


def logged(kernel: Kernel, sentence: str) -> None:
    """Wait for a sentence in the kernel's log, which no event tells of."""
    deadline = time.monotonic() + TIMEOUT
    while sentence not in kernel.log:
        assert time.monotonic() < deadline, kernel.log
        kernel.client.ask("kernel_info_request")


def lives_on(kernel: Kernel) -> None:
    """Nothing that a stranger asked for was done, and the next cell runs."""
    assert kernel.client.cell("echo alive").stdout == "alive\n"
    assert not (kernel.folder / "proof").exists()


def keys(kind: str, kernel: Kernel) -> dict[str, bytes]:
    """CurveZMQ keys as strangers have them."""
    if kind == "none":
        return {}
    public, secret = zmq.curve_keypair()
    server, _ = zmq.curve_keypair()
    return {"publickey": public, "secretkey": secret, "serverkey": server}


@pytest.mark.parametrize("kind", ["none", "wrong"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_who_has_no_key_hears_and_reaches_nothing(
    encrypted: Kernel, channel: str, kind: str
) -> None:
    session = encrypted.client.session.clone()  # even with the right signature
    with stranger(encrypted, channel, **keys(kind, encrypted)) as strange:
        session.send(strange, "execute_request", {"code": "touch proof"})
        encrypted.client.cell("echo for those who have the key")
        if channel != "hb":  # ipykernel's heart beats in a context of its own, and says nothing
            logged(encrypted, f"A connection to the {channel} channel was dropped")
        assert not strange.poll(QUIET)
    lives_on(encrypted)


def test_who_has_only_the_public_key_still_needs_the_other(encrypted: Kernel) -> None:
    public, secret = zmq.curve_keypair()
    known = encrypted.client.jupyter.curve_publickey
    assert known is not None
    for channel in ("shell", "control", "stdin"):
        pair = {"publickey": public, "secretkey": secret, "serverkey": known}
        with stranger(encrypted, channel, **pair) as strange:
            Session(key=b"another").send(strange, "execute_request", {"code": "touch proof"})
            logged(encrypted, "Invalid Signature")
            assert not strange.poll(QUIET)
    lives_on(encrypted)


@pytest.mark.parametrize("key", [b"another", b""])
@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
def test_another_key_and_no_key_at_all(start: Start, channel: str, key: bytes) -> None:
    kernel = start("bash")
    with stranger(kernel, channel) as strange:
        Session(key=key).send(strange, "execute_request", {"code": "touch proof"})
        logged(kernel, "cannot be read was dropped")
        assert not strange.poll(QUIET)
    lives_on(kernel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_no_message(plain: Kernel, channel: str) -> None:
    with stranger(plain, channel) as strange:
        for parts in (
            [b""],
            [os.urandom(1000)],
            [b"\x01" * 100_000],
            [b"\x00", DELIMITER],
            [b"x", b"y", b"z"],
            [DELIMITER, b"", b"{}", b"{}"],
            [DELIMITER, os.urandom(64), b"{}", b"{}", b"{}", b"{}"],
            [os.urandom(10)] * 10_000,
        ):
            strange.send_multipart(parts)
        strange.send(b"the first of two", zmq.SNDMORE)  # and the second never comes
    lives_on(plain)


@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
def test_a_huge_frame_leaves_a_short_line_in_the_log(start: Start, channel: str) -> None:
    kernel = start("bash")
    huge = b"x" * (64 << 20)
    with stranger(kernel, channel) as strange:
        for parts in (
            [DELIMITER, huge, b"{}", b"{}", b"{}", b"{}"],
            [huge],
            [DELIMITER, b"", huge],
        ):
            strange.send_multipart(parts)
        strange.linger = int(TIMEOUT * 1000)  # all of it is to arrive
    logged(kernel, "Invalid Signature")
    assert len(kernel.log) < 10_000
    lives_on(kernel)


@pytest.mark.parametrize("kind", ["plain", "encrypted"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_does_not_even_speak_zeromq(
    request: pytest.FixtureRequest, kind: str, channel: str
) -> None:
    kernel: Kernel = request.getfixturevalue(kind)
    info = info_of(kernel)
    address = info["ip"], info[f"{channel}_port"]
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32)
    for data in (
        b"",
        b"GET / HTTP/1.1\r\nHost: kernel\r\n\r\n",
        os.urandom(10_000),
        greeting[:20],
        greeting + os.urandom(1000),
        greeting + b"\x02" + b"\xff" * 8 + b"x" * 1000,  # a frame of more bytes than there are
    ):
        with socket.create_connection(address) as strange:
            strange.sendall(data)
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(address))
        lives_on(kernel)
    lives_on(kernel)


def test_no_secret_is_told_to_a_child(start: Start) -> None:
    secrets = {"JUPYTER_TOKEN": "token-of-the-server", "JUPYTERHUB_API_TOKEN": "token-of-the-hub"}
    kernel = start("bash", transport_encryption="required", env=secrets)
    info = info_of(kernel)
    known = [info["key"].decode(), info["curve_secretkey"], *secrets.values()]
    # A shell that waits by itself: one that is just becoming another program tells nothing.
    running = kernel.client.execute("mkfifo never; sh -c 'env; read line <never'")
    kernel.client.until(running, MARK)
    told = []
    for process in kernel.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            told += process.cmdline()
            if process.name() == "sh":
                told += [f"{name}={value}" for name, value in process.environ().items()]
    assert f"{MARK}={kernel.mark}" in told
    assert not [text for text in told for secret in known if secret in text]
    kernel.client.interrupt()
    kernel.client.finish(running)
    assert not any(secret in running.stdout for secret in known)


def test_ipc(start: Start) -> None:
    # Not pytest's own folder: a Unix socket's path has room for 107 characters.
    with tempfile.TemporaryDirectory() as folder:
        kernel = start("bash", transport="ipc", ip=f"{folder}/kernel")
        assert kernel.client.cell("echo through a file").stdout == "through a file\n"
        assert kernel.connect().cell("echo twice").stdout == "twice\n"
        kernel.shutdown()
        assert not os.listdir(folder)


@pytest.mark.parametrize("encryption", ["disabled", "required"])
def test_the_heart_beats_while_a_cell_runs(start: Start, encryption: str) -> None:
    kernel = start("python", transport_encryption=encryption)
    info = kernel.client.jupyter.get_connection_info()
    running = kernel.client.execute("print('running', flush=True)\nwhile True: pass")
    kernel.client.until(running, "running")
    with zmq.Context() as context, context.socket(zmq.REQ) as heart:
        heart.linger = 0
        if encryption == "required":
            heart.curve_secretkey = kernel.client.jupyter.curve_secretkey
            heart.curve_publickey = kernel.client.jupyter.curve_publickey
            heart.curve_serverkey = kernel.client.jupyter.curve_publickey
        heart.connect(f"tcp://{info['ip']}:{info['hb_port']}")
        heart.send(b"beat")
        assert heart.poll(TIMEOUT * 1000)
        assert heart.recv() == b"beat"
    kernel.client.interrupt()
    kernel.client.finish(running)


def test_only_the_person_can_read_the_connection_file(start: Start) -> None:
    kernel = start("bash")
    (file,) = kernel.folder.parent.glob("*.json")
    assert Path(file).stat().st_mode & 0o077 == 0
