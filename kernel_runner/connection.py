"""A kernel's five sockets, from its connection file."""

from __future__ import annotations

import concurrent.futures
import ipaddress
import json
import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import zmq
from ipykernel.heartbeat import Heartbeat
from jupyter_client.connect import ConnectionFileMixin
from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir
from traitlets import Bool, CaselessStrEnum
from zmq.eventloop.zmqstream import ZMQStream

from kernel_runner.history import History
from kernel_runner.kernel import RunnerKernel
from kernel_runner.runner import BaseRunner

LINGER = 1000  # milliseconds for what is still on its way when the kernel ends
MOST_IN_A_FRAME = 1 << 30  # bytes; who sends more is cut off before they are all in memory
BIND_ERRORS = (zmq.ZMQError, zmq.ZMQBindError, OSError)
HANDSHAKE_FAILED = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class ConnectionRefused(Exception):
    """The kernel can't listen where it was told to; the message is a sentence."""


class Heart(Heartbeat):
    """Beats in a thread; listening is done when it does listen, or can't."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)  # type: ignore[no-untyped-call]
        self.listening: concurrent.futures.Future[None] = concurrent.futures.Future()

    def _bind_socket(self) -> None:
        super()._bind_socket()  # type: ignore[no-untyped-call]
        self.listening.set_result(None)

    def run(self) -> None:
        """Listen and beat, until the context ends."""
        try:
            super().run()  # type: ignore[no-untyped-call]
        except BIND_ERRORS as error:
            if not self.listening.done():  # else its context has ended, and it with it
                self.listening.set_exception(error)


class Connection(ConnectionFileMixin):
    """Opens the sockets and makes the kernel that listens on them."""

    blocking_class = None  # a client of ourselves: never made, and long to import

    transport_encryption = CaselessStrEnum(
        ["auto", "required"],
        default_value="auto",
        help="auto: CurveZMQ where the connection file has its keys. required: always; a "
        "connection file that the kernel writes gets keys, and one without is refused.",
    ).tag(config=True)
    insecure = Bool(
        False, help="Serve without a key, or others than this machine without encryption."
    ).tag(config=True)

    def open(self, runner: BaseRunner) -> RunnerKernel:
        """Bind everything, write the connection file where there is none, make the kernel.

        Raises ConnectionRefused; nothing is left open then.
        """
        given = self._read_file()
        self._secure(given)
        self.context = zmq.Context()
        self._monitors: list[ZMQStream] = []
        self._failures: Counter[str] = Counter()
        self._heartbeat: Heart | None = None
        try:
            shell, stdin, control, iopub = self._listen()
            if not given:
                self._write_file()
        except ConnectionRefused:
            self._end(linger=0)
            raise
        stdin.router_mandatory = True  # to learn that a client can't be asked
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
        self._end(linger=LINGER)
        self.cleanup_connection_file()
        self.cleanup_ipc_files()

    def _end(self, linger: int) -> None:
        for monitor in self._monitors:
            monitor.close()
        if self._heartbeat is not None:
            self._heartbeat.context.destroy(linger=0)
        self.context.destroy(linger=linger)

    def _read_file(self) -> bool:
        """Read the connection file, if it is there; what the command line says goes before it."""
        if not self.connection_file:
            name = f"kernel-{os.getpid()}.json"
            self.connection_file = os.path.join(jupyter_runtime_dir(), name)
        path = Path(self.connection_file)
        if not os.path.exists(path) and path.name == self.connection_file:
            path = Path(jupyter_runtime_dir(), path.name)
            self.connection_file = str(path)
        own_ip = self.ip if self.trait_has_value("ip") else ""
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
            self.load_connection_info(info)
            if "key" not in info and not {"key", "keyfile"} & set(self.config.Session):
                raise ValueError("it has no key")
            if ("curve_publickey" in info) != ("curve_secretkey" in info):
                raise ValueError("it has one of the two CurveZMQ keys")
            if self.curve_secretkey is not None:
                public = zmq.curve_public(self.curve_secretkey)
                if public != self.curve_publickey:
                    raise ValueError("its two CurveZMQ keys do not belong together")
        except FileNotFoundError:
            return False
        except Exception as error:  # traitlets, JSON, the file system: all the same to the person
            sentence = f"The connection file {path} cannot be used: {reason(error)}."
            raise ConnectionRefused(sentence) from error
        if own_ip:
            self.ip = own_ip
        return True

    def _secure(self, given: bool) -> None:
        """See to keys. Raises ConnectionRefused where they are missing.

        given: the connection file was, with or without keys.
        """
        if self.transport_encryption == "required" and self.curve_secretkey is None:
            if given:
                raise ConnectionRefused(
                    f"The connection file {self.connection_file} has no CurveZMQ keys, "
                    "and transport_encryption is required."
                )
            self.curve_publickey, self.curve_secretkey = zmq.curve_keypair()
        if self.insecure:
            return
        if not self.session.key:
            raise ConnectionRefused(
                "Without a key anybody on this machine could use the kernel: "
                "give the connection file a key, or say --insecure."
            )
        if self.curve_secretkey is None and not self._stays_here():
            raise ConnectionRefused(
                f"On {self.ip} the network could listen to the kernel: encrypt the connection "
                "with --transport-encryption=required, or say --insecure."
            )

    def _stays_here(self) -> bool:
        """Whether nothing leaves this machine."""
        if self.transport == "ipc" or self.ip == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.ip).is_loopback
        except ValueError:  # the name of a host or of an interface
            return False

    def _listen(self) -> list[zmq.Socket[bytes]]:
        """The sockets of shell, stdin, control and IOPub. Raises ConnectionRefused."""
        for name, port in self._ports().items():
            if not 0 <= port < 1 << 16:
                raise ConnectionRefused(f"{port} is no port for the {name} channel.")
        try:
            sockets = [self._bind(name, zmq.ROUTER) for name in ("shell", "stdin", "control")]
            sockets.append(self._bind("iopub", zmq.XPUB))
            self._start_heartbeat()
        except BIND_ERRORS as error:
            where = f"{self.transport}://{self.ip}"
            raise ConnectionRefused(f"The kernel cannot listen on {where}: {error}.") from error
        return sockets

    def _bind(self, name: str, type_: int) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self.context.socket(type_)
        socket.linger = LINGER
        # Nothing is dropped for a client that reads late; IOPub counts what is on its way.
        socket.sndhwm = socket.rcvhwm = 0
        socket.maxmsgsize = MOST_IN_A_FRAME
        if type_ == zmq.XPUB:
            socket.xpub_verbose = True  # the second client's subscription gets its welcome too
        if type_ == zmq.ROUTER:
            socket.router_handover = True  # a client that reconnects keeps its identity
        if self.curve_secretkey is not None:
            socket.curve_secretkey = self.curve_secretkey
            socket.curve_publickey = self.curve_publickey
            socket.curve_server = True
        monitor = ZMQStream(socket.get_monitor_socket(HANDSHAKE_FAILED))
        monitor.on_recv(partial(self._handshake_failed, name))
        self._monitors.append(monitor)
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

    def _handshake_failed(self, channel: str, event: list[bytes]) -> None:
        """Log a connection that ZeroMQ has refused. Its client tries again and again."""
        self._failures[channel] += 1
        count = self._failures[channel]
        if count & (count - 1) == 0:  # the first, the second, the fourth ...
            self.log.warning(
                "A connection to the %s channel was dropped: it is not encrypted as it must be, "
                "or is no ZeroMQ at all (%d so far).",
                channel,
                count,
            )

    def _start_heartbeat(self) -> None:
        # A context of its own: it must beat whatever the other sockets do.
        self._heartbeat = Heart(
            zmq.Context(),
            (self.transport, self.ip, self.hb_port),
            curve_publickey=self.curve_publickey,
            curve_secretkey=self.curve_secretkey,
        )
        self._heartbeat.start()
        self._heartbeat.listening.result()
        self.hb_port = self._heartbeat.port

    def _ports(self) -> dict[str, int]:
        names = ("shell", "iopub", "stdin", "control", "hb")
        return {name: getattr(self, f"{name}_port") for name in names}

    def _write_file(self) -> None:
        """Write the connection file, for the person's own eyes. Raises ConnectionRefused."""
        try:
            Path(self.connection_file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.write_connection_file()
        except (OSError, RuntimeError) as error:  # RuntimeError: others could read it
            why = reason(error)
            sentence = f"The connection file {self.connection_file} cannot be written: {why}."
            raise ConnectionRefused(sentence) from error


def reason(error: Exception) -> str:
    """Why something could not be done, without the names that were told already."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def history_file(language: str) -> Path:
    """Where the inputs of all kernels of a language are kept."""
    return Path(jupyter_data_dir()) / "kernel_runner" / "history" / f"{language}.sqlite"
