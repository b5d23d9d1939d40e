"""The kernel: Jupyter messages become tasks and answers. It knows nothing of languages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import zmq
from ipykernel._version import kernel_protocol_version
from ipykernel.kernelbase import Kernel
from tornado.ioloop import IOLoop
from traitlets import Instance, Integer, default
from zmq.eventloop.zmqstream import ZMQStream

import kernel_runner
from kernel_runner.assist.completions import Completions
from kernel_runner.console import CellError, Console
from kernel_runner.execution import Execution
from kernel_runner.history import History
from kernel_runner.kernel_console import IOPub, KernelConsole, Request
from kernel_runner.replies import error_content
from kernel_runner.runner import BaseRunner
from kernel_runner.service.declaration import ServiceError
from kernel_runner.service.services import carry_out
from kernel_runner.session_runner import SessionRunner
from kernel_runner.tasks import TaskQueue

PARTS = ("header", "parent_header", "metadata", "content")  # as they come over the wire
COMM_MESSAGES = ("comm_open", "comm_msg", "comm_close")
SHUTDOWN_TIMEOUT = 5.0
HISTORY_AFTER = 0.2  # seconds that the queue is idle; a kernel killed later loses no input
CONNECT_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds to look again for a client's stdin channel


class RunnerKernel(Kernel):
    """Serves one runner to any number of clients.

    Everything happens in one event loop: no cell runs in this process, so nothing blocks it.
    execute_requests wait in one FIFO queue; all others are answered beside it.
    """

    implementation = "kernel_runner"
    implementation_version = kernel_runner.__version__

    runner = Instance(BaseRunner)
    history = Instance(History)
    shell_stream: ZMQStream
    control_stream: ZMQStream
    stdin_stream = Instance(ZMQStream)
    output_limit = Integer(
        32 << 20,
        help="Bytes of stdout and stderr that a cell may send to the client; what goes beyond "
        "is kept in a file. 0: no limit.",
    ).tag(config=True)

    _execute_sleep = 0.0
    profile_dir = None  # there is no IPython here, nor any need to import it

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)  # type: ignore[no-untyped-call]
        self.tasks = TaskQueue(self._write_history_soon)
        self._history_writing: asyncio.TimerHandle | None = None
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.iopub = IOPub(self.session, self.iopub_socket, f"kernel.{self.ident}.".encode())
        self.ports: dict[str, int] = {}
        self.comm_targets: dict[str, str] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self._serving: asyncio.Task[None] | None = None
        self._questions: dict[bytes, asyncio.Future[str]] = {}
        for type_ in COMM_MESSAGES:
            self.shell_handlers[type_] = self._comm_from_client
        self.shell_handlers["service_request"] = self.service_request
        self._handlers = {**self.control_handlers, **self.shell_handlers}
        if isinstance(self.runner, SessionRunner):
            self.runner.send_comm = self._comm_from_session

    @default("runner")
    def _no_runner(self) -> BaseRunner:
        raise ValueError("a RunnerKernel needs a runner")

    # -- messages in ---------------------------------------------------------------------------

    def start(self) -> None:
        """Listen to the clients."""
        self.io_loop = IOLoop.current()
        self.shell_stream.on_recv(lambda parts: self._received(self.shell_stream, parts))
        self.control_stream.on_recv(lambda parts: self._received(self.control_stream, parts))
        self.stdin_stream.on_recv(self._input_reply)
        self._serving = self._start_beside(self.tasks.serve())
        self.iopub.send("status", {"execution_state": "starting"}, {})

    def _received(self, stream: ZMQStream, parts: list[bytes]) -> None:
        """A message on the shell or the control channel."""
        request = self._parse(stream, parts)
        if request is None:
            return
        if request.type == "execute_request":
            self.tasks.put(Execution(self, request))
        else:
            self._start_beside(self._answer(request))

    def _parse(self, stream: ZMQStream, parts: list[bytes]) -> Request | None:
        """A request; None for what is none. Such a message must never end the kernel."""
        assert self.session is not None
        try:
            ident, rest = self.session.feed_identities(parts)
            for part in cast("list[bytes]", rest[1 : 1 + len(PARTS)]):
                part.decode()  # the session would put U+FFFD into what it is not
            message = self.session.deserialize(rest)
            request = Request(stream, ident, message)
            if request.type and all(isinstance(message[part], dict) for part in PARTS):
                return request
            self.log.warning("A message without a type or a content was dropped.")
        except Exception as error:  # whatever a stranger may send
            self.log.warning("A message that cannot be read was dropped: %.200s", error)
            self._answer_unreadable(stream, parts)
        return None

    def _answer_unreadable(self, stream: ZMQStream, parts: list[bytes]) -> None:
        """Tell the sender, where the message has the right signature and a readable header."""
        assert self.session is not None
        with contextlib.suppress(Exception):
            ident, rest = self.session.feed_identities(parts)
            signature, header, *_ = rest
            if self.session.auth and signature != self.session.sign(rest[1:5]):
                return
            message = {"header": self.session.unpack(header)}
            request = Request(stream, ident, message)
            error = CellError.plain("BadMessage", "The message is not valid JSON in UTF-8.")
            self._busy(request)
            self.reply(request, error_content(error))
            self._idle(request)

    async def _answer(self, request: Request) -> None:
        """Answer a request beside the queue, between its own busy and idle."""
        self.set_parent(request.ident, request.message, channel="shell")  # type: ignore[no-untyped-call]
        self._busy(request)
        try:
            await self._handle(request)
        except Exception as error:  # whatever it is, the client gets a reply
            sentence = f"{request.type} cannot be answered: {error!r} in its content."
            self.log.warning("%s", sentence, exc_info=True)
            self.reply(request, error_content(CellError.plain("BadMessage", sentence)))
        finally:
            self._idle(request)

    async def _handle(self, request: Request) -> None:
        refused = "subshell" in request.type or request.type == "debug_request"
        if refused or request.type not in self._handlers:
            sentence = f"This kernel does not know {request.type}."
            self.log.warning("%s", sentence)
            if request.type.endswith("_request"):
                self.reply(request, error_content(CellError.plain("BadMessage", sentence)))
            return
        handler: Callable[..., Awaitable[None]] = self._handlers[request.type]
        await handler(request.stream, request.ident, request.message)

    # -- messages out --------------------------------------------------------------------------

    def reply(
        self,
        request: Request,
        content: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Send the reply to a request."""
        assert self.session is not None
        self.session.send(
            request.stream,
            request.type.removesuffix("_request") + "_reply",
            dict(content),
            parent=request.message,
            ident=request.ident,
            metadata=dict(metadata or {}),
        )

    def _busy(self, request: Request) -> None:
        self.iopub.send("status", {"execution_state": "busy"}, request.message)

    def _idle(self, request: Request) -> None:
        self.iopub.send("status", {"execution_state": "idle"}, request.message)

    # -- execution -----------------------------------------------------------------------------

    def spill_file(self, count: int) -> Path:
        """Where a cell's output goes once it is past the limit."""
        return self.runner.spawner.run_directory / f"In[{count}].output"

    def spill_files(self) -> list[Path]:
        """The files of output that the limit has held back, oldest first."""
        files = self.runner.spawner.run_directory.glob("In*.output")
        return sorted(files, key=lambda path: path.stat().st_mtime_ns)

    def abort_waiting(self) -> None:
        """Abort all that is queued, and what has arrived but was not read yet."""
        self.shell_stream.flush(zmq.POLLIN)
        self.tasks.abort_waiting()

    # -- the person's answers ------------------------------------------------------------------

    async def input_request(self, request: Request, prompt: str, password: bool) -> str:
        """Ask the client that sent ``request``. Raises EOFError when it can't be reached."""
        client = b"".join(request.ident)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._questions[client] = answer
        try:
            await self._send_question(request, {"prompt": prompt, "password": password})
            value = await answer
        finally:
            self._questions.pop(client, None)
        if value == "\x04":
            raise EOFError
        return value

    async def _send_question(self, request: Request, content: dict[str, Any]) -> None:
        """Send an input_request. A client's stdin channel may connect later than its others."""
        assert self.session is not None
        for pause in (*CONNECT_PAUSES, None):
            try:
                self.session.send(
                    self.stdin_socket,
                    "input_request",
                    content,
                    parent=request.message,
                    ident=request.ident,
                )
                return
            except zmq.ZMQError as error:  # unroutable: no stdin channel, or not yet, or gone
                if pause is None:
                    raise EOFError from error
                await asyncio.sleep(pause)

    def _input_reply(self, parts: list[bytes]) -> None:
        request = self._parse(self.stdin_stream, parts)
        if request is None:
            return
        answer = self._questions.get(b"".join(request.ident))
        if answer is not None and not answer.done():  # else nobody waits for it any more
            answer.set_result(str(request.content.get("value", "")))

    # -- what is answered beside the queue -----------------------------------------------------

    async def kernel_info_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Tell what this kernel is; the toolchain's version is found out first."""
        await self.runner.find_version()
        await super().kernel_info_request(stream, ident, parent)  # type: ignore[no-untyped-call]

    @property
    def kernel_info(self) -> dict[str, Any]:
        """The content of kernel_info_reply."""
        return {
            "protocol_version": kernel_protocol_version,
            "implementation": self.implementation,
            "implementation_version": self.implementation_version,
            "language_info": self.runner.language.info(self.runner.version),
            "banner": self.runner.banner,
            "help_links": self.help_links,
            "supported_features": [],
        }

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Completions at a cursor, in code points."""
        matches = await self.runner.complete({"code": code, "cursor": cursor_pos})
        start = end = cursor_pos
        if isinstance(matches, Completions):
            start, end = matches.start, matches.end
        positions = {"cursor_start": start, "cursor_end": end}
        return {"status": "ok", "matches": list(matches), **positions, "metadata": {}}

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()
    ) -> dict[str, Any]:
        """What is known of the name at a cursor."""
        data = await self.runner.inspect(code, cursor_pos, detail_level)
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Whether code is a whole cell."""
        completeness = await self.runner.is_complete(code)
        content: dict[str, Any] = {"status": completeness.status}
        if completeness.status == "incomplete":
            content["indent"] = completeness.indent
        return content

    async def do_history(
        self,
        hist_access_type: str,
        output: bool = False,
        raw: bool = True,
        session: int = 0,
        start: int = 1,
        stop: int | None = None,
        n: int | None = None,
        pattern: str = "*",
        unique: bool = False,
        **unknown: Any,
    ) -> dict[str, Any]:
        """The history, across restarts. Inputs are kept as typed, so raw changes nothing."""
        match hist_access_type:
            case "tail":
                entries = self.history.tail(n or 0, output=output)
            case "range":
                entries = self.history.range(session, start, stop, output=output)
            case "search":
                entries = self.history.search(pattern, n, unique=unique, output=output)
            case _:
                raise ValueError(f"no hist_access_type {hist_access_type!r}")
        return {"status": "ok", "history": entries}

    async def comm_info_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Tell which comms are open."""
        wanted = parent["content"].get("target_name")
        comms = {
            comm_id: {"target_name": target}
            for comm_id, target in self.comm_targets.items()
            if wanted is None or target == wanted
        }
        self.reply(Request(stream, ident, parent), {"status": "ok", "comms": comms})

    async def connect_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Tell the ports."""
        self.reply(Request(stream, ident, parent), {"status": "ok", **self.ports})

    async def service_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Start or stop a service, or tell of one or all."""
        request = Request(stream, ident, parent)
        action, name = request.content.get("action"), request.content.get("name", "")
        try:
            told = await carry_out(self.runner, action, name)
        except ServiceError as error:
            failure = CellError.plain("ServiceError", str(error))
            failure.traceback[:0] = error.log.splitlines()
            self.reply(request, error_content(failure))
        else:
            self.reply(request, {"status": "ok", "services": told})

    async def interrupt_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Interrupt the running cell."""
        if self.tasks.busy:
            await self.runner.interrupt()
        self.reply(Request(stream, ident, parent), {"status": "ok"})

    async def shutdown_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """End everything that was started, and then the kernel."""
        content = {"status": "ok", "restart": bool(parent["content"].get("restart", False))}
        await self.end_programs()
        self.reply(Request(stream, ident, parent), content)
        self.iopub.send("shutdown_reply", content, parent)
        self.stop()

    async def end_programs(self) -> None:
        """Stop the queue and kill every process that this kernel has started."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_TIMEOUT):
                if self._serving is not None:
                    self._serving.cancel()  # what a killed program would say has no way out
                await self.runner.spawner.close()
        self.history.close()

    def stop(self) -> None:
        """Let the application end."""
        if not self.stopped.done():
            self.stopped.set_result(None)

    def interrupt_soon(self) -> None:
        """Interrupt the running cell, when the signal comes instead of the message."""
        if self.tasks.busy:
            self._start_beside(self.runner.interrupt())

    def _write_history_soon(self) -> None:
        """Write the inputs of the last cells, off the way of the next."""
        if self._history_writing is not None:
            self._history_writing.cancel()
        loop = asyncio.get_running_loop()
        self._history_writing = loop.call_later(HISTORY_AFTER, self.history.flush)

    # -- comms ---------------------------------------------------------------------------------

    async def _comm_from_client(self, stream: Any, ident: Any, parent: Any) -> None:
        request = Request(stream, ident, parent)
        content = request.content
        comm_id, type_ = content["comm_id"], request.type
        if type_ == "comm_open":
            self.comm_targets[comm_id] = content["target_name"]
        elif type_ == "comm_close":
            self.comm_targets.pop(comm_id, None)
        console = KernelConsole(self, request, self.execution_count)
        buffers = [bytes(buffer) for buffer in parent.get("buffers", [])]
        metadata = {**parent["metadata"], "msg_id": parent["header"]["msg_id"]}
        taken = await self.runner.comm(type_, content, metadata, buffers, console)
        console.finish()
        if not taken and type_ == "comm_open":  # nobody there: the specification asks for a close
            self.comm_targets.pop(comm_id, None)
            self.iopub.send("comm_close", {"comm_id": comm_id, "data": {}}, parent)

    def _comm_from_session(
        self,
        console: Console | None,
        type_: str,
        content: dict[str, Any],
        buffers: list[bytes],
        metadata: dict[str, Any],
    ) -> None:
        if type_ == "comm_open":
            self.comm_targets[content["comm_id"]] = content["target_name"]
        elif type_ == "comm_close":
            self.comm_targets.pop(content["comm_id"], None)
        parent = console.request.message if isinstance(console, KernelConsole) else {}
        self.iopub.send(type_, content, parent, metadata, buffers)

    def _start_beside(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.log.error("A defect of the kernel's own.", exc_info=task.exception())
