"""A kernel as a Jupyter client sees it: started, spoken to over its sockets, and ended.

Nothing here waits by sleeping: messages are waited for on the sockets, processes on their end.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import socket
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

# Seconds; generous, since the machine may be busy with other things.
TIMEOUT = float(os.environ.get("KERNEL_RUNNER_TEST_TIMEOUT", "60"))
MARK = "KERNEL_RUNNER_TEST"  # the variable by which a kernel's orphans are found
CHANNELS = ("shell", "iopub", "stdin", "control")
# Where ports come from that are given before they are listened at. None of the system's own range
# for clients: there a connection of another test would take one meanwhile.
GIVEN_PORTS = range(12_000, 32_000)
DEFECTS = ("defect of the kernel's own", "A runner failed", "was never retrieved")

Message = dict[str, Any]


class Timeout(AssertionError):
    """What was waited for did not come."""


@dataclass
class Exchange:
    """A request, and all that came with it as its parent, in the order of its arrival."""

    request: Message
    answers: deque[str] = field(default_factory=deque)
    messages: list[Message] = field(default_factory=list)
    reply: Message | None = None
    requests: list[Message] = field(default_factory=list)
    sent: float = 0.0
    replied: float = 0.0

    @property
    def id(self) -> str:
        """The request's msg_id."""
        return str(self.request["header"]["msg_id"])

    @property
    def done(self) -> bool:
        """Whether the reply and idle have come."""
        return self.reply is not None and self.states[-1:] == ["idle"]

    @property
    def states(self) -> list[str]:
        """The execution states, in order."""
        return [content["execution_state"] for content in self.contents("status")]

    @property
    def types(self) -> list[str]:
        """The types of the messages on IOPub, in order."""
        return [message["msg_type"] for message in self.messages]

    @property
    def content(self) -> dict[str, Any]:
        """The reply's content."""
        assert self.reply is not None, "no reply has come"
        content: dict[str, Any] = self.reply["content"]
        return content

    @property
    def status(self) -> str:
        """The reply's status."""
        return str(self.content["status"])

    @property
    def receipt(self) -> dict[str, Any]:
        """The receipt in the reply's metadata."""
        assert self.reply is not None, "no reply has come"
        receipt: dict[str, Any] = self.reply["metadata"]["kernel_runner"]
        return receipt

    @property
    def stdout(self) -> str:
        """All that was written to stdout."""
        return self.stream("stdout")

    @property
    def stderr(self) -> str:
        """All that was written to stderr."""
        return self.stream("stderr")

    @property
    def output(self) -> str:
        """Both streams, as they interleave."""
        return "".join(content["text"] for content in self.contents("stream"))

    @property
    def result(self) -> dict[str, Any]:
        """The data of execute_result; empty where there is none."""
        results = self.contents("execute_result")
        return dict(results[-1]["data"]) if results else {}

    @property
    def text(self) -> str | None:
        """The result as plain text."""
        return self.result.get("text/plain")

    @property
    def displays(self) -> list[dict[str, Any]]:
        """The data of each display_data."""
        return [content["data"] for content in self.contents("display_data")]

    @property
    def error(self) -> dict[str, Any]:
        """The content of the error message; empty where there is none."""
        errors = self.contents("error")
        assert len(errors) < 2, errors
        return errors[0] if errors else {}

    @property
    def prompts(self) -> list[tuple[str, bool]]:
        """Prompt and password of each input request."""
        contents = [request["content"] for request in self.requests]
        return [(content["prompt"], content["password"]) for content in contents]

    def contents(self, type_: str) -> list[dict[str, Any]]:
        """The contents of all messages of a type."""
        return [message["content"] for message in self.messages if message["msg_type"] == type_]

    def stream(self, name: str) -> str:
        """All that was written to a stream."""
        streams = self.contents("stream")
        return "".join(content["text"] for content in streams if content["name"] == name)

    def __repr__(self) -> str:
        reply = self.reply and self.reply["content"]
        heard = [(message["msg_type"], message["content"]) for message in self.messages]
        return f"<{self.request['content']}: {str(heard)[:2000]} -> {str(reply)[:2000]}>"


class Client:
    """A client of its own on a kernel's connection file."""

    def __init__(self, connection_file: str) -> None:
        self.jupyter = BlockingKernelClient()
        self.jupyter.load_connection_file(connection_file)
        self.jupyter.start_channels(hb=False)
        self.session = self.jupyter.session
        self.exchanges: dict[str, Exchange] = {}
        self.others: list[Message] = []  # what has no parent of ours
        self._sockets = {name: getattr(self.jupyter, f"{name}_channel").socket for name in CHANNELS}
        self._poller = zmq.Poller()
        for each in self._sockets.values():
            self._poller.register(each, zmq.POLLIN)

    def ready(self) -> Exchange:
        """Wait until the kernel answers and is heard; the answer to kernel_info_request."""
        self.others.clear()
        info = self.send("kernel_info_request")
        self.wait(lambda: info.reply is not None)
        self.wait(lambda: any(m["msg_type"] == "iopub_welcome" for m in self.others))
        return info

    # -- one cell ------------------------------------------------------------------------------

    def cell(self, code: str, answers: Iterable[str] = (), **more: Any) -> Exchange:
        """Run a cell to its end; ``answers`` go to its input requests, one after the other."""
        timeout = more.pop("timeout", TIMEOUT)
        return self.finish(self.execute(code, answers, **more), timeout)

    def execute(
        self,
        code: str,
        answers: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        **content: Any,
    ) -> Exchange:
        """Send an execute_request."""
        whole = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": True,
            **content,
        }
        return self.send("execute_request", whole, metadata=metadata, answers=answers)

    def batch(self, **steps: Any) -> Exchange:
        """A batch request: clean, build, exec and args."""
        return self.finish(self.execute("", metadata={"kernel_runner": steps}))

    # -- messages ------------------------------------------------------------------------------

    def ask(self, type_: str, content: Mapping[str, Any] | None = None, **more: Any) -> Exchange:
        """Send a request and wait for its reply and its idle."""
        return self.finish(self.send(type_, content, **more))

    def send(
        self,
        type_: str,
        content: Mapping[str, Any] | None = None,
        *,
        channel: str = "shell",
        metadata: Mapping[str, Any] | None = None,
        answers: Iterable[str] = (),
        buffers: list[bytes] | None = None,
    ) -> Exchange:
        """Send a request."""
        message = self.session.msg(type_, dict(content or {}), metadata=dict(metadata or {}))
        exchange = Exchange(message, deque(answers), sent=time.monotonic())
        self.exchanges[exchange.id] = exchange
        self.session.send(self._sockets[channel], message, buffers=buffers)
        return exchange

    def send_raw(self, parts: list[bytes], channel: str = "shell") -> None:
        """Send bytes as they are."""
        self._sockets[channel].send_multipart(parts)

    def answer(self, exchange: Exchange, value: str) -> None:
        """Answer an input request that has come and found no answer prepared."""
        content = {"value": value}
        self.session.send(
            self._sockets["stdin"], "input_reply", content, parent=exchange.requests[-1]["header"]
        )

    def interrupt(self) -> Exchange:
        """Interrupt the running cell."""
        return self.ask("interrupt_request", channel="control")

    # -- waiting -------------------------------------------------------------------------------

    def finish(self, exchange: Exchange, timeout: float = TIMEOUT) -> Exchange:
        """Wait for an exchange's end."""
        self.wait(lambda: exchange.done, timeout, exchange)
        return exchange

    def until(self, exchange: Exchange, text: str, timeout: float = TIMEOUT) -> None:
        """Wait until a cell has written something."""
        self.wait(lambda: text in exchange.output, timeout, exchange)

    def asked(self, exchange: Exchange, times: int = 1, timeout: float = TIMEOUT) -> None:
        """Wait for an exchange's input request."""
        self.wait(lambda: len(exchange.requests) >= times, timeout, exchange)

    def wait(
        self, condition: Callable[[], bool], timeout: float = TIMEOUT, about: object = None
    ) -> None:
        """Take messages until a condition holds. Raises Timeout."""
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or not self.take(left):
                raise Timeout(f"nothing more came in {timeout} s: {about!r}")

    def take(self, timeout: float) -> bool:
        """Take what has arrived; False when nothing has within the time, in seconds."""
        ready = dict(self._poller.poll(timeout * 1000))
        for name, each in self._sockets.items():
            if each in ready:
                self._take_from(name, each)
        return bool(ready)

    def settled(self) -> None:
        """Take all that was published so far: nothing overtakes on IOPub."""
        self.ask("kernel_info_request")

    def _take_from(self, name: str, socket: zmq.Socket[bytes]) -> None:
        # Bounded, so that no channel can starve the others.
        for _ in range(100):
            _, message = self.session.recv(socket)
            if message is None:
                return
            self._take_one(name, message)

    def _take_one(self, channel: str, message: Message) -> None:
        exchange = self.exchanges.get(message["parent_header"].get("msg_id", ""))
        if exchange is None:
            self.others.append(message)
        elif channel == "iopub":
            exchange.messages.append(message)
        elif channel == "stdin":
            exchange.requests.append(message)
            if exchange.answers:
                self.answer(exchange, exchange.answers.popleft())
        else:
            assert exchange.reply is None, f"a second reply: {message['content']}"
            exchange.reply = message
            exchange.replied = time.monotonic()

    def close(self) -> None:
        """Leave."""
        self.jupyter.stop_channels()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at, and that are not given again soon."""
    ports: list[int] = []
    while len(ports) < count:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port := next(_given_ports)))
            ports.append(port)
    return ports


_first = random.randrange(len(GIVEN_PORTS))  # the workers have their own
_given_ports = itertools.cycle([*GIVEN_PORTS[_first:], *GIVEN_PORTS[:_first]])


class Manager(KernelManager):
    """Starts a kernel without an installed kernelspec."""

    argv: list[str]

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernelspec as it would be installed."""
        return KernelSpec(
            argv=self.argv,
            display_name="test",
            interrupt_mode="message",
            metadata={"supported_encryption": "curve"},
        )


class Kernel:
    """A kernel's process, from its start to the proof that it has left nothing behind."""

    def __init__(
        self,
        language: str,
        folder: Path,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
        **traits: Any,
    ) -> None:
        if language == "python":
            arguments = (f"--executable={python}", *arguments)
        argv = [sys.executable, "-m", "kernel_runner", language, "-f", "{connection_file}"]
        self.language = language
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self._manager = Manager(connection_file=str(folder.parent / f"{self.mark}.json"), **traits)
        self._manager.argv = [*argv, *arguments]
        self._env = {**os.environ, **(env or {}), MARK: self.mark}
        self._log = folder.parent / f"{self.mark}.log"
        self._clients: list[Client] = []
        folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._manager.start_kernel(env=self._env, cwd=str(folder), stderr=log)
        self.client = self.connect()

    @property
    def pid(self) -> int:
        """The kernel's process id."""
        pid = self._manager.provisioner.pid
        assert pid is not None
        return int(pid)

    @property
    def connection_file(self) -> str:
        """Where it is written how to connect."""
        return str(self._manager.connection_file)

    @property
    def log(self) -> str:
        """What the kernel has written to its stderr."""
        return self._log.read_text(errors="replace")

    def connect(self) -> Client:
        """One more client."""
        client = Client(self._manager.connection_file)
        self._clients.append(client)
        try:
            client.ready()
        except Timeout as error:
            raise Timeout(f"the kernel did not answer; its log: {self.log}") from error
        return client

    def processes(self) -> list[psutil.Process]:
        """All living processes of this kernel: its descendants, and whatever has its mark."""
        found = set()
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)}
        return sorted(found | set(marked(self.mark)), key=lambda process: process.pid)

    def restart(self) -> None:
        """Restart as a server does: shutdown_request, then a new process at the same ports."""
        before = self.processes()
        with self._log.open("ab") as log:
            self._manager.restart_kernel(stderr=log)
        assert_gone(before)
        for client in self._clients:
            client.ready()

    def shutdown(self, restart: bool = False) -> Exchange:
        """Shut down by message; returns when every process of the kernel has ended."""
        before = self.processes()
        reply = self.client.send("shutdown_request", {"restart": restart}, channel="control")
        self.client.wait(lambda: reply.reply is not None)
        assert_gone(before)
        return reply

    def kill(self) -> None:
        """kill -9 the kernel; returns when every process of it has ended."""
        before = self.processes()
        psutil.Process(self.pid).kill()
        assert_gone(before)

    def close(self) -> None:
        """End it, however it is, and see that nothing is left and nothing went wrong unseen."""
        before = self.processes()
        try:
            if self._manager.is_alive():
                self._manager.shutdown_kernel()
            assert_gone(before)
            assert not marked(self.mark), "a process was left behind"
        finally:
            for client in self._clients:
                client.close()
            self._manager.cleanup_resources()
        assert not any(defect in self.log for defect in DEFECTS), self.log


def marked(mark: str) -> list[psutil.Process]:
    """The living processes that have a mark in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def assert_gone(processes: list[psutil.Process]) -> None:
    """Wait for the end of processes."""
    _, alive = psutil.wait_procs(processes, timeout=TIMEOUT)
    left = []
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:  # whose parent is slow to look
                left.append((process.pid, process.cmdline()))
    assert not left, f"left behind: {left}"


def plain(text: str) -> str:
    """A text without its colours."""
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", text)


def fails(client: Client, code: str) -> str:
    """An error's whole text, without colours."""
    cell = client.cell(code)
    assert cell.status == "error", cell
    return plain("\n".join(cell.error["traceback"]))
