"""The sockets: encrypted, over IPC, and with a beating heart."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import zmq
from client import TIMEOUT
from conftest import Start

QUIET = 1000  # milliseconds in which nothing may come


def test_an_encrypted_kernel(start: Start) -> None:
    kernel = start("bash", transport_encryption="required")
    client = kernel.client
    assert client.jupyter.get_connection_info()["curve_publickey"]
    assert client.cell('read -r x; echo "<$x>"', ["secret"]).stdout == "<secret>\n"
    kernel.restart()
    assert kernel.connect().cell("echo again").stdout == "again\n"


def test_who_has_no_key_hears_and_reaches_nothing(start: Start) -> None:
    kernel = start("bash", transport_encryption="required")
    info = kernel.client.jupyter.get_connection_info()
    with zmq.Context() as context:
        listener, sender = context.socket(zmq.SUB), context.socket(zmq.DEALER)
        with listener, sender:
            for socket, port in ((listener, "iopub_port"), (sender, "shell_port")):
                socket.linger = 0
                socket.connect(f"tcp://{info['ip']}:{info[port]}")
            listener.subscribe(b"")
            session = kernel.client.session  # even with the right signature
            session.send(sender, "execute_request", {"code": "touch proof"})
            kernel.client.cell("echo for those who have the key")
            assert not listener.poll(QUIET)
            assert not sender.poll(0)
    assert not (kernel.folder / "proof").exists()


def test_ipc(start: Start) -> None:
    # Not pytest's own folder: a Unix socket's path has room for 107 characters.
    with tempfile.TemporaryDirectory() as folder:
        kernel = start("bash", transport="ipc", ip=f"{folder}/kernel")
        assert kernel.client.cell("echo through a file").stdout == "through a file\n"
        assert kernel.connect().cell("echo twice").stdout == "twice\n"


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
