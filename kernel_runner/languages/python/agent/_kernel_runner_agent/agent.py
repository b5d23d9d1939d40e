"""The agent: a thread that reads requests, and a main thread that evaluates them in order."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Dict, List, NamedTuple, Optional, Tuple

from .errors import CellError, describe
from .output import Output
from .wire import Channel, Frame

if TYPE_CHECKING:
    import asyncio

    from .bundles import Bundle
    from .comms import Comms
    from .evaluator import Evaluator


class Cell(NamedTuple):
    """What an E frame asks for."""

    code: str
    number: int
    options: Dict[str, Any]


class Agent:
    """One session. ``start`` answers the kernel, ``load`` imports, ``serve`` evaluates."""

    def __init__(self, channel: Channel, output: Output) -> None:
        self.output = output
        self._channel = channel
        self._pid = os.getpid()
        self._inbox: Deque[Frame] = deque()
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._arrived: Optional[asyncio.Event] = None
        self._loaded = threading.Event()
        self._evaluator: Evaluator
        self.comms: Comms
        self._request = 0
        self.parent: Dict[str, Any] = {"header": {"msg_id": ""}}

    # -- the start

    def start(self) -> None:
        """Say that we are ready, and read requests from now on."""
        os.register_at_fork(after_in_child=self._channel.abandon)
        threading.Thread(target=self._read, name="kernel_runner reader", daemon=True).start()
        self._channel.send("R", 0, ".".join(map(str, sys.version_info[:3])))

    def load(self, namespace: Dict[str, Any]) -> None:
        """Import what evaluating takes, and make the evaluator."""
        from .comms import Comms
        from .evaluator import make_evaluator
        from .interrupts import Interrupts
        from .questions import Questions

        self._interrupts = Interrupts()
        self._questions = Questions(self._current, self.send)
        self._questions.install()
        self._evaluator = make_evaluator(self, namespace)
        self.comms = Comms(self)
        self._new_loop()
        self._loaded.set()

    # -- what evaluators and the person's code send

    def display(
        self, kind: str, bundle: Bundle, metadata: Optional[Bundle] = None, display_id: str = ""
    ) -> None:
        """Show a MIME bundle. ``kind`` is result, display or update."""
        from .bundles import to_fields, to_json

        if self._channel.closed:  # a forked child has only its stdout
            print(bundle.get("text/plain", ""))
            return
        fields = to_fields(bundle)
        self.output.mark()
        self.send("D", kind, display_id or "", to_json(metadata) if metadata else "", *fields)

    def clear_output(self, wait: bool) -> None:
        """Clear what the cell has shown, with ``wait`` only once something new comes."""
        self.output.mark()
        self.send("U", "1" if wait else "0")

    def send(self, type_: str, *fields: Any, flush: bool = True) -> None:
        """Send a frame that belongs to the request being evaluated."""
        if flush:
            self.output.flush()
        with self._interrupts.held():
            self._channel.send(type_, self._request, *fields)

    async def run(self, coroutine: Any) -> Any:
        """Run an awaiting cell so that it can be interrupted, in the session's context."""
        return await self._interrupts.run(coroutine, self._context)

    def interrupted(self, error: BaseException) -> BaseException:
        """``error``, or KeyboardInterrupt in its place: an awaiting cell is interrupted by
        cancelling it."""
        import asyncio

        if isinstance(error, asyncio.CancelledError) and self._interrupts.cancelled:
            return KeyboardInterrupt().with_traceback(error.__traceback__)
        return error

    def exit(self, code: object) -> None:
        """End the process as sys.exit(code) does in a script."""
        import atexit

        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
        try:
            atexit._run_exitfuncs()
        finally:
            self.output.flush()
            os._exit((code or 0) & 0xFF)

    def _current(self) -> Optional[int]:
        return None if self._channel.closed or not self._request else self._request

    # -- the reader thread

    def _read(self) -> None:
        answers = {"C": self._complete, "I": self._inspect, "P": self._is_complete}
        while True:
            frame = self._channel.receive()
            if frame is None or frame.type == "Q":
                self._quit()
            elif frame.type in "EOML":
                self._inbox.append(frame)
                self._knock()
            elif frame.type == "A":
                self._loaded.wait()
                self._questions.answer(frame)
            elif frame.type in answers:
                self._answer(frame, answers[frame.type])

    def _knock(self) -> None:
        if self._loop is not None and self._arrived is not None:
            # A cell may have closed the loop; the next one will look by itself.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._arrived.set)

    def _answer(self, frame: Frame, answer: Any) -> None:
        """Answer beside a running cell. Its thread may change what we look at: try again."""
        self._loaded.wait()
        fields: List[Any] = []
        for _ in range(3):
            try:
                fields = answer(frame)
                break
            except BaseException:  # the person's own __dir__ may raise anything
                fields = ["unknown", ""] if frame.type == "P" else []
        if frame.type == "C" and not fields:
            fields = [frame.text(1), frame.text(1)]
        self._channel.send(frame.type, frame.id, *fields)

    def _complete(self, frame: Frame) -> List[Any]:
        from .texts import to_bytes, to_characters

        code = frame.text(0)
        offset = to_characters(code, int(frame.text(1)))
        start, end, matches = self._evaluator.complete(code, offset)
        return [str(to_bytes(code, start)), str(to_bytes(code, end)), *matches]

    def _inspect(self, frame: Frame) -> List[Any]:
        from .bundles import to_fields
        from .texts import to_characters

        code = frame.text(0)
        offset = to_characters(code, int(frame.text(1)))
        return list(to_fields(self._evaluator.inspect(code, offset, int(frame.text(2) or 0))))

    def _is_complete(self, frame: Frame) -> List[Any]:
        return list(self._evaluator.is_complete(frame.text(0)))

    def _quit(self) -> None:
        flusher = threading.Thread(target=self.output.flush, daemon=True)
        flusher.start()
        flusher.join(0.5)  # nobody may be reading any more
        os._exit(0)

    # -- the main thread

    def serve(self) -> None:
        """Evaluate what arrives, for ever."""
        import asyncio
        import contextvars

        self._context: Any = None
        options: Dict[str, Any] = {}
        if sys.version_info >= (3, 11):  # async cells then share their ContextVars with others
            self._context = options["context"] = contextvars.copy_context()
        task: Any = None
        while True:
            loop = self._loop
            assert loop is not None
            try:
                if task is None or task.done():
                    task = loop.create_task(self._serve(), **options)
                loop.run_until_complete(task)
            except KeyboardInterrupt:
                self._interrupts.escaped()
            except SystemExit as error:
                self.exit(error.code)
            except asyncio.CancelledError:  # a cell cancelled the task that it found itself in
                pass
            except BaseException as error:  # the session outlives what a task does
                traceback.print_exc()
                if isinstance(error, (OSError, RuntimeError)):  # its descriptors were closed
                    self._new_loop()
                    task = None

    def _new_loop(self) -> None:
        import asyncio

        from .descriptors import low_ones_taken

        with low_ones_taken():
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)

    async def _serve(self) -> None:
        import asyncio

        self._arrived = asyncio.Event()
        while True:
            while self._inbox:
                await self._evaluate(self._inbox.popleft())
            await self._arrived.wait()
            self._arrived.clear()

    async def _evaluate(self, frame: Frame) -> None:
        """Evaluate one frame between its B and its K or X."""
        assert self._loop is not None
        self._request = frame.id
        answer: Tuple[Any, ...] = ()
        try:
            self._before(frame)
            self._interrupts.open(self._loop)
            self.send("B")
            options = await self._dispatch(frame)
            self._interrupts.close()
            from .bundles import to_json

            answer = ("K", to_json(options)) if options else ("K",)
        except BaseException as error:  # every way a cell can end
            self._interrupts.close()
            if isinstance(error, SystemExit):
                self.exit(error.code)
            told = error if isinstance(error, CellError) else describe(error)
            answer = ("X", told.name, told.message, told.text)
        if os.getpid() != self._pid:  # a cell forked, and the child came to its end
            self.exit(None)
        self._questions.abandon()
        self.send(*answer)
        self._request = 0

    def _before(self, frame: Frame) -> None:
        if frame.type == "E":
            self.output.prepare(frame.text(2), frame.text(3))

    async def _dispatch(self, frame: Frame) -> Dict[str, Any]:
        if frame.type != "E":
            self.comms.handle(frame)
            return {}
        options = json.loads(frame.text(4) or "{}")
        self.parent = {"header": {"msg_id": options.get("msg_id", "")}}
        if options.get("expression"):
            self._evaluator.expression(frame.text(0))
            return {}
        return await self._evaluator.cell(Cell(frame.text(0), int(frame.text(1) or 0), options))
