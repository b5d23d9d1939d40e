"""A kernel's five sockets, from its connection file."""

from __future__ import annotations

import os
from pathlib import Path

import zmq
from ipykernel.heartbeat import Heartbeat
from jupyter_client.connect import ConnectionFileMixin
from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir, secure_write
from zmq.eventloop.zmqstream import ZMQStream

from kernel_runner.history import History
from kernel_runner.kernel import RunnerKernel
from kernel_runner.runner import BaseRunner

LINGER = 1000  # milliseconds for what is still on its way when the kernel ends


class ConnectionRefused(Exception):
    """The kernel can't listen where it was told to; the message is a sentence."""


class Connection(ConnectionFileMixin):
    """Opens the sockets and makes the kernel that listens on them."""

    blocking_class = None  # a client of ourselves: never made, and long to import

    def open(self, runner: BaseRunner) -> RunnerKernel:
        """Bind everything, write the connection file where there is none, make the kernel.

        Raises ConnectionRefused.
        """
        self._read_file()
        self.context = zmq.Context()
        try:
            shell, stdin, control = (
                self._bind(name, zmq.ROUTER) for name in ("shell", "stdin", "control")
            )
            iopub = self._bind("iopub", zmq.XPUB)
            self._start_heartbeat()
        except (zmq.ZMQError, OSError) as error:
            self.context.destroy(linger=0)
            where = f"{self.transport}://{self.ip}"
            raise ConnectionRefused(f"The kernel cannot listen on {where}: {error}.") from error
        stdin.router_mandatory = True  # to learn that a client can't be asked
        self._write_file()
        self._streams = [ZMQStream(socket) for socket in (shell, control, stdin)]
        kernel = RunnerKernel.instance(
            parent=self.parent,
            session=self.session,
            shell_stream=self._streams[0],
            control_stream=self._streams[1],
            stdin_stream=self._streams[2],
            stdin_socket=stdin,
            iopub_socket=iopub,
            runner=runner,
            history=History(history_file(runner.language.name)),
            log=self.log,
        )
        kernel.ports = {f"{name}_port": port for name, port in self._ports().items()}
        return kernel

    def close(self) -> None:
        """Send what is still to be sent, close the sockets, remove a file that we wrote."""
        for stream in self._streams:
            stream.close(linger=LINGER)
        self._heartbeat.context.destroy(linger=0)
        self.context.destroy(linger=LINGER)
        self.cleanup_connection_file()

    def _read_file(self) -> None:
        if not self.connection_file:
            name = f"kernel-{os.getpid()}.json"
            self.connection_file = os.path.join(jupyter_runtime_dir(), name)
        path = Path(self.connection_file)
        if not path.exists() and path.name == self.connection_file:
            path = Path(jupyter_runtime_dir(), path.name)
            self.connection_file = str(path)
        if not path.exists():
            return
        try:
            self.load_connection_file()
        except Exception as error:  # traitlets, JSON, the file system: all the same to the person
            sentence = f"The connection file {path} cannot be used: {error}."
            raise ConnectionRefused(sentence) from error

    def _bind(self, name: str, type_: int) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self.context.socket(type_)
        socket.linger = LINGER
        # Nothing is dropped for a client that reads late; IOPub counts what is on its way.
        socket.sndhwm = socket.rcvhwm = 0
        if type_ == zmq.XPUB:
            socket.xpub_verbose = True  # the second client's subscription gets its welcome too
        if type_ == zmq.ROUTER:
            socket.router_handover = True  # a client that reconnects keeps its identity
        if self.curve_secretkey is not None:
            socket.curve_secretkey = self.curve_secretkey
            socket.curve_publickey = self.curve_publickey
            socket.curve_server = True
        port = getattr(self, f"{name}_port")
        if self.transport == "ipc":
            port = port or 1 + ("shell", "stdin", "control", "iopub").index(name)
            socket.bind(f"ipc://{self.ip}-{port}")
        elif port:
            socket.bind(f"tcp://{self.ip}:{port}")
        else:
            port = socket.bind_to_random_port(f"tcp://{self.ip}")
        setattr(self, f"{name}_port", port)
        return socket

    def _start_heartbeat(self) -> None:
        # A context of its own: it must beat whatever the other sockets do.
        self._heartbeat = Heartbeat(
            zmq.Context(),
            (self.transport, self.ip, self.hb_port),
            curve_publickey=self.curve_publickey,
            curve_secretkey=self.curve_secretkey,
        )
        self.hb_port = self._heartbeat.port
        self._heartbeat.start()

    def _ports(self) -> dict[str, int]:
        names = ("shell", "iopub", "stdin", "control", "hb")
        return {name: getattr(self, f"{name}_port") for name in names}

    def _write_file(self) -> None:
        """Write a connection file where there is none, for the person's own eyes."""
        if not os.path.exists(self.connection_file):
            Path(self.connection_file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with secure_write(self.connection_file):
                pass
            self.write_connection_file()


def history_file(language: str) -> Path:
    """Where the inputs of all kernels of a language are kept."""
    return Path(jupyter_data_dir()) / "kernel_runner" / "history" / f"{language}.sqlite"
