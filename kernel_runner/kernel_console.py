"""The console of a cell that came from a Jupyter client: what is said goes out on IOPub."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import zmq

from kernel_runner.console import Bundle, CellError
from kernel_runner.output import StreamOutput

if TYPE_CHECKING:
    from kernel_runner.jail.guard import Guard
    from kernel_runner.kernel import RunnerKernel

# Messages smaller than this are not counted: following one costs more than it holds.
TRACKED = 1 << 14
MOST_UNDER_WAY = 16 << 20
MOST_HELD = 1 << 20
MOST_IN_A_TOPIC = 1 << 10
# A client that takes nothing for so long does not hold up the program any more.
PATIENCE = 10.0


@dataclass(slots=True)
class Request:
    """A message from a client: its identities on the socket, and the message."""

    stream: Any
    ident: list[bytes]
    message: dict[str, Any]

    @property
    def type(self) -> str:
        """Its msg_type."""
        return str(self.message["header"]["msg_type"])

    @property
    def content(self) -> dict[str, Any]:
        """Its content."""
        content: dict[str, Any] = self.message["content"]
        return content


class IOPub:
    """The way out to all clients, and how much is still on it.

    ZeroMQ keeps what a slow client has not taken yet; so large messages are followed until they
    have left, and a program that is far ahead is made to wait.
    """

    def __init__(self, session: Any, socket: zmq.Socket[bytes], topic: bytes) -> None:
        self._session = session
        self._socket = socket
        self._topic = topic
        self._under_way: list[tuple[int, zmq.MessageTracker]] = []
        # What is published before the first client listens. Clients connect before the kernel
        # is there; ZeroMQ then tries each of their sockets again in its own time, and the first
        # cell may be over before this one has its turn.
        self._held: deque[tuple[int, list[bytes]]] | None = deque()
        self._held_size = 0
        asyncio.get_running_loop().add_reader(socket.FD, self._welcome)

    def send(
        self,
        type_: str,
        content: Mapping[str, Any],
        parent: Any,
        metadata: Mapping[str, Any] | None = None,
        buffers: list[bytes] | None = None,
    ) -> None:
        """Publish a message."""
        message = self._session.msg(type_, content=content, parent=parent, metadata=metadata)
        parts = self._session.serialize(message, ident=self._topic + type_.encode("ascii"))
        self._publish([*parts, *(buffers or ())])

    def _publish(self, parts: list[bytes]) -> None:
        # The socket's descriptor tells only of edges, and sending may have swallowed one.
        if int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            self._welcome()
        size = sum(len(part) for part in parts)
        if self._held is not None:
            self._held.append((size, parts))
            self._held_size += size
            while self._held_size > MOST_HELD:
                self._held_size -= self._held.popleft()[0]
        elif size < TRACKED:
            self._socket.send_multipart(parts)
        else:
            tracker = self._socket.send_multipart(parts, copy=False, track=True)
            assert tracker is not None
            self._under_way.append((size, tracker))

    def _welcome(self) -> None:
        """Answer each new subscription with iopub_welcome (messaging specification, 5.4)."""
        with contextlib.suppress(zmq.Again):
            while True:
                event = self._socket.recv(zmq.NOBLOCK)
                # A stranger's topic may be as long as he likes; the answer goes to all.
                if event[:1] == b"\x01" and len(event) <= MOST_IN_A_TOPIC:
                    topic = event[1:]
                    content = {"subscription": topic.decode("utf-8", "replace")}
                    ident = topic or None
                    self._session.send(self._socket, "iopub_welcome", content, {}, ident)
                    self._release()

    def _release(self) -> None:
        held, self._held = self._held or (), None
        for _, parts in held:
            self._publish(parts)

    @property
    def congested(self) -> bool:
        """Whether more is on its way than should be."""
        self._under_way = [entry for entry in self._under_way if not entry[1].done]
        return sum(size for size, _ in self._under_way) > MOST_UNDER_WAY

    async def relieved(self) -> bool:
        """Wait until there is room; False when a client has stopped taking anything."""
        while self.congested:
            _, oldest = self._under_way[0]
            try:
                await asyncio.to_thread(oldest.wait, PATIENCE)
            except zmq.NotDone:
                return False
        return True


@dataclass
class KernelConsole:
    """One cell's voice. It outlives the cell: late output still goes to it."""

    overwrites: ClassVar[bool] = True

    kernel: RunnerKernel
    request: Request
    count: int
    silent: bool = False
    allow_stdin: bool = False
    failure: CellError | None = None
    guard: Guard | None = None
    _relief: asyncio.Future[None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        spill = partial(self.kernel.spill_file, self.count)
        self._streams = StreamOutput(self._publish_stream, self.kernel.output_limit, spill)

    def stream(self, name: str, data: bytes) -> asyncio.Future[None] | None:
        """Publish bytes of a stream, joined with what comes right before and after."""
        if self.guard is not None:
            self.guard.wrote(len(data))
        if self.silent:
            return None
        self._streams.write(name, data)
        if self.kernel.iopub.congested and (self._relief is None or self._relief.done()):
            self._relief = asyncio.ensure_future(self._wait_for_clients())
        return self._relief if self._relief and not self._relief.done() else None

    def display(
        self,
        bundle: Bundle,
        metadata: Mapping[str, Any] | None = None,
        *,
        display_id: str | None = None,
        update: bool = False,
    ) -> None:
        """Publish display_data or update_display_data."""
        transient = {"display_id": display_id} if display_id else {}
        content = {"data": dict(bundle), "metadata": dict(metadata or {}), "transient": transient}
        self._publish("update_display_data" if update else "display_data", content)

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Publish execute_result."""
        content = {"data": dict(bundle), "metadata": dict(metadata or {})}
        self._publish("execute_result", {**content, "execution_count": self.count})

    def error(self, error: CellError) -> None:
        """Publish error; the reply tells it too. Only the first one counts."""
        if self.failure is None:
            error = self.guard.error(error) if self.guard is not None else error
            self.failure = error
            content = {"ename": error.name, "evalue": error.message}
            self._publish("error", {**content, "traceback": error.traceback})

    def clear(self, wait: bool = False) -> None:
        """Publish clear_output."""
        self._publish("clear_output", {"wait": wait})

    async def input(self, prompt: str = "", password: bool = False) -> str:
        """Send an input_request to the client that sent the cell, and wait for its reply."""
        if not self.allow_stdin:
            self.stream("stdout", prompt.encode("utf-8", "replace"))
            raise EOFError
        self._streams.flush()
        return await self.kernel.input_request(self.request, prompt, password)

    def finish(self) -> None:
        """The cell has ended: everything that it said goes out."""
        self._streams.finish()

    def _publish_stream(self, name: str, text: str) -> None:
        content = {"name": name, "text": text}
        self.kernel.iopub.send("stream", content, self.request.message)

    def _publish(self, type_: str, content: dict[str, Any]) -> None:
        if not self.silent:
            self._streams.flush()
            self.kernel.iopub.send(type_, content, self.request.message)

    async def _wait_for_clients(self) -> None:
        if not await self.kernel.iopub.relieved():
            self._streams.divert("a client has stopped reading")
