"""A session: one agent process, and the requests that are under way in it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kernel_runner.console import PLAIN, CellError, Console
from kernel_runner.process.pump import Pump, write_all
from kernel_runner.process.spawner import Exit, Process, Spawner
from kernel_runner.process.stdio import Ask, Outputs, answering
from kernel_runner.process.tree import Moment, ProcessEntry, process_table, send, subtree
from kernel_runner.receipt import SessionMeter
from kernel_runner.session.frames import Frame, FrameError, FrameReader

# Seconds for an answer. A busy session may have none. An idle one has, but a JVM's first completion
# may be slow; and clients show what there is to know about a name whenever that comes.
BUSY_TIMEOUT = 1.0
IDLE_TIMEOUTS = {"C": 2.0, "I": 5.0, "P": 1.0}
TEXT_MIMES = ("text/", "image/svg", "application/javascript", "application/vnd.ijavascript")
# What is sent to the front end of a comm: the console of the cell that it comes from, the type
# ("comm_open" ...), content, buffers and metadata.
CommSender = Callable[[Console | None, str, dict[str, Any], list[bytes], dict[str, Any]], None]


class SessionDied(Exception):
    """The agent's process ended in the middle of a request."""

    def __init__(self, exit: Exit) -> None:
        super().__init__(f"the session ended with exit code {exit.code}")
        self.exit = exit


@dataclass
class Evaluation:
    """A request that is being evaluated, and what came of it."""

    console: Console
    outputs: Outputs | None
    done: asyncio.Future[CellError | None]
    begun: bool = False
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    started: Moment = field(default_factory=Moment.now)
    options: dict[str, Any] = field(default_factory=dict)


class Session:
    """A running agent. Evaluations go one at a time; everything else is answered beside them.

    reopens: the agent can reopen its stdout and stderr, so that each cell gets its own and late
    output finds the cell that it belongs to. interrupt_frame: SIGINT does not stop this runtime;
    it wants an S frame too. assists: which of C, I and P the agent answers; assists_while_busy:
    while a cell runs, too.
    """

    def __init__(
        self,
        spawner: Spawner,
        ask: Ask,
        *,
        reopens: bool = False,
        interrupt_frame: bool = False,
        assists: str = "CIP",
        assists_while_busy: bool = True,
        comm: CommSender | None = None,
    ) -> None:
        self.version = ""
        self._inner = 0  # its id in its own pid namespace
        self.evaluator = 0  # the process that evaluates: the agent's own, or one of its children
        self.ready = asyncio.Event()
        self._spawner = spawner
        self._ask = ask
        self._reopens = reopens
        self._interrupt_frame = interrupt_frame
        self._assists = assists
        self._assists_while_busy = assists_while_busy
        self._comm = comm
        self._hidden = f"{spawner.run_directory}/".encode()
        self._outputs = Outputs(spawner, marked=True, hidden=self._hidden)
        self._reader = FrameReader()
        self._evaluations: dict[int, Evaluation] = {}
        self._current: Evaluation | None = None
        self._last_cell: Evaluation | None = None  # the last that had outputs of its own
        self._answers: dict[int, asyncio.Future[Frame]] = {}
        self._last_id = 0
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._process: Process | None = None
        self._last_begun: Moment | None = None

    async def start(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str) -> None:
        """Start the agent. Returns once it runs, not once it is ready: requests wait for it."""
        requests, self._requests = os.pipe()
        answers, agents_answers = os.pipe()
        try:
            self._process = await self._spawner.spawn(
                argv,
                env=env,
                cwd=cwd,
                fds={**self._outputs.fds, 3: requests, 4: agents_answers},
                terminal=True,
            )
        except BaseException:
            os.close(self._requests)
            os.close(answers)
            self._outputs.close()
            raise
        finally:
            os.close(requests)
            os.close(agents_answers)
        self.evaluator = self._process.pid
        self.meter = SessionMeter(self.evaluator)
        os.set_blocking(self._requests, False)
        self._answers_pump = Pump(answers, self._received)
        self._start_task(self._write())
        self._start_task(self._watch(self._process))

    @property
    def exit(self) -> Exit | None:
        """How the agent ended; None while it runs."""
        return self._process.exit if self._process else None

    @property
    def pid(self) -> int:
        """The agent's process id."""
        assert self._process is not None
        return self._process.pid

    async def evaluate(
        self, code: str, count: int, options: Mapping[str, Any], console: Console
    ) -> tuple[CellError | None, dict[str, Any]]:
        """Evaluate a cell: its error, if it failed, and the options of the agent's answer.

        Raises SessionDied when the agent ends before it answers.
        """
        if self.exit is not None:
            self._outputs.attach(console)  # what it said when it failed to start
            raise SessionDied(self.exit)
        outputs = None
        if self._reopens:
            outputs = Outputs(self._spawner, console, marked=True, hidden=self._hidden)
        stdout, stderr = outputs.paths if outputs else ("", "")
        evaluation = self._begin(console, outputs)
        id_ = self._last_id
        if self._spawner.enclosure is not None:
            await self.ready.wait()  # so that what starts from now on is the cell's
            evaluation.started = Moment.now()
        if self.exit is None:
            fields = [code, str(count), stdout, stderr, json.dumps(options)]
            self._send("E", id_, *fields)
            self._outputs.terminal.forget_input()
        terminal = self._outputs.terminal
        try:
            ask = partial(self._ask_unless_interrupted, evaluation)
            async with answering(terminal, self.pid, outputs or self._outputs, ask):
                error = await evaluation.done
        finally:
            self._drain(evaluation)
            if outputs:
                outputs.release()
        return error, evaluation.options

    async def comm(self, type_: str, fields: Sequence[bytes], console: Console) -> CellError | None:
        """Hand a comm_open (O), comm_msg (M) or comm_close (L) to the agent; wait until done."""
        evaluation = self._begin(console, None)
        self._send(type_, self._last_id, *fields)
        try:
            return await evaluation.done
        except SessionDied:
            return None

    async def complete(self, code: str, offset: int) -> tuple[int, int, list[str]] | None:
        """The matches at a byte offset, and the byte offsets that they replace."""
        frame = await self._request("C", code, str(offset))
        if frame is None or len(frame.fields) < 3:
            return None
        matches = [frame.text(index) for index in range(2, len(frame.fields))]
        return int(frame.text(0)), int(frame.text(1)), matches

    async def inspect(self, code: str, offset: int, detail: int) -> dict[str, Any]:
        """What there is to show about the name at a byte offset; empty when nothing is known."""
        frame = await self._request("I", code, str(offset), str(detail))
        return bundle_from(frame.fields, self._spawner.run_directory) if frame else {}

    async def is_complete(self, code: str) -> tuple[str, str] | None:
        """Whether the language takes this for a whole cell, and the next line's indent."""
        frame = await self._request("P", code)
        return (frame.text(0), frame.text(1)) if frame else None

    def started_by_cell(self, entries: Sequence[ProcessEntry]) -> set[int]:
        """Of these processes those that the last cell has started and left; their ids."""
        begun = self._last_begun
        if begun is None:
            return set()
        younger = {entry.pid for entry in entries if not begun.is_after(entry)}
        return younger & set(subtree(self.pid, entries)) - {self.evaluator}

    def interrupt(self) -> bool:
        """Ask the running evaluation to stop: False when it had been asked before."""
        evaluation = self._current
        if evaluation is None or evaluation.interrupted.is_set():
            return False
        evaluation.interrupted.set()
        if evaluation.begun:
            self._send_interrupt(evaluation)
        return True

    def kill(self) -> None:
        """Kill the agent and its children."""
        if self._process is not None:
            self._process.kill_tree()

    async def close(self) -> None:
        """Let the agent quit, or kill it when it doesn't; its late output is still heard."""
        self.kill()
        if self._process is not None:
            await self._process.wait()
        for task in self._tasks:
            task.cancel()
        self._outputs.release()

    def _begin(self, console: Console, outputs: Outputs | None) -> Evaluation:
        self._last_id += 1
        done: asyncio.Future[CellError | None] = asyncio.get_running_loop().create_future()
        evaluation = Evaluation(console, outputs, done)
        self._evaluations[self._last_id] = evaluation
        if self.exit is not None:
            done.set_exception(SessionDied(self.exit))
        elif self._current is None:
            self._become_current(evaluation)
        return evaluation

    def _become_current(self, evaluation: Evaluation) -> None:
        self._current = evaluation
        self._outputs.attach(evaluation.console)
        if evaluation.outputs is not None:
            self._last_cell = evaluation
        elif self._last_cell is not None:  # it keeps what came before, a comm has what comes now
            self._written_by(evaluation).drain()
            self._written_by(evaluation).attach(evaluation.console)

    def _written_by(self, evaluation: Evaluation) -> Outputs:
        """Where the agent writes meanwhile: in a comm's message still where its last cell did."""
        cell = self._last_cell if evaluation.outputs is None else evaluation
        return (cell and cell.outputs) or self._outputs

    async def _request(self, type_: str, *fields: str) -> Frame | None:
        busy = self._current is not None
        if (
            (busy and not self._assists_while_busy)
            or type_ not in self._assists
            or self.exit
            or not self.ready.is_set()
        ):
            return None
        self._last_id += 1
        id_ = self._last_id
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[id_] = answer
        self._send(type_, id_, *fields)
        try:
            async with asyncio.timeout(BUSY_TIMEOUT if busy else IDLE_TIMEOUTS[type_]):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._answers.pop(id_, None)

    def _send(self, type_: str, id_: int, *fields: str | bytes) -> None:
        raw = tuple(
            field.encode("utf-8", "surrogatepass") if isinstance(field, str) else field
            for field in fields
        )
        self._unsent.put_nowait(Frame(type_, id_, raw).encode())

    async def _write(self) -> None:
        try:
            while True:
                await write_all(self._requests, await self._unsent.get())
        except BrokenPipeError:
            return  # its end is noticed elsewhere
        finally:
            os.close(self._requests)

    async def _watch(self, process: Process) -> None:
        exit = await process.wait()
        self.ready.set()  # nobody is to wait for it any more
        self.meter.close()
        self._answers_pump.drain()
        self._answers_pump.close()
        self._outputs.drain()
        self._outputs.release()
        for evaluation in self._evaluations.values():
            if not evaluation.done.done():
                evaluation.done.set_exception(SessionDied(exit))
        self._evaluations.clear()
        for answer in self._answers.values():
            answer.cancel()
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    def _received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._handle(frame)
        except (FrameError, ValueError, IndexError):
            self.kill()  # confused beyond repair: its end is told like any other

    def _handle(self, frame: Frame) -> None:
        evaluation = self._evaluations.get(frame.id)
        match frame.type:
            case "R":
                self.version = frame.text(0)
                self.ready.set()
            case "C" | "I" | "P":
                answer = self._answers.get(frame.id)
                if answer is not None and not answer.done():
                    answer.set_result(frame)
            case "O" | "M" | "L":
                self._comm_from_agent(frame)
            case "W":
                self._start_task(self._ask_for_agent(frame))
            case "D" | "U" if evaluation is not None:
                outputs = self._written_by(evaluation)
                folder = self._spawner.run_directory
                outputs.at_mark(lambda: show(frame, evaluation.console, folder))
            case "B" if evaluation is not None:
                self._become_current(evaluation)
                evaluation.begun = True
                self._last_begun = evaluation.started
                self._evaluated_by(int(frame.text(0) or 0))
                if evaluation.interrupted.is_set():
                    self._send_interrupt(evaluation)
            case "K" | "X" if evaluation is not None:
                self._drain(evaluation)
                self._ended(frame, evaluation)

    def _ended(self, frame: Frame, evaluation: Evaluation) -> None:
        self._take_answer(frame, evaluation)
        self._evaluated_by(evaluation.options.get("pid", 0))  # a snapshot may have taken over

    def _take_answer(self, frame: Frame, evaluation: Evaluation) -> None:
        match frame.type:
            case "K":
                evaluation.options = json.loads(frame.text(0) or "{}")
                self._finish(frame.id, None)
            case "X":
                name, message, traceback = frame.text(0), frame.text(1), frame.text(2)
                evaluation.options = json.loads(frame.text(3) or "{}")
                self._finish(frame.id, CellError(name, message, traceback.splitlines()))

    def _evaluated_by(self, inner: int) -> None:
        """``inner`` is the evaluating process's id as it knows itself; 0: the agent's own."""
        if inner and inner != self._inner:
            self._inner = inner
            self.evaluator = pid = self._spawner.outer_pid(inner, self.pid)
            self.meter.close()
            self.meter = SessionMeter(pid)
            self.meter.start()

    def _finish(self, id_: int, error: CellError | None) -> None:
        evaluation = self._evaluations.pop(id_)
        if evaluation is self._current:
            self._current = None
        if evaluation.outputs is None and self._last_cell is not None:
            self._written_by(evaluation).attach(self._last_cell.console)
        if not evaluation.done.done():
            evaluation.done.set_result(error)

    def _drain(self, evaluation: Evaluation) -> None:
        self._outputs.drain_marks()
        self._written_by(evaluation).drain_marks()

    async def _ask_unless_interrupted(self, evaluation: Evaluation, password: bool) -> str | None:
        """A line for a reader; the end of the file once interrupted: bash's `read` goes on."""
        question = asyncio.ensure_future(self._ask(password))
        interrupted = asyncio.ensure_future(evaluation.interrupted.wait())
        try:
            await asyncio.wait([question, interrupted], return_when=asyncio.FIRST_COMPLETED)
            return None if interrupted.done() else question.result()
        finally:
            question.cancel()
            interrupted.cancel()

    def _send_interrupt(self, evaluation: Evaluation) -> None:
        assert self._process is not None
        if self._interrupt_frame:
            self._send("S", 0)
        if self._process.exit is None:
            signal_group(self._process.pid, since=evaluation.started)

    def _comm_from_agent(self, frame: Frame) -> None:
        if self._comm is None:
            return
        content: dict[str, Any] = {"comm_id": frame.text(0)}
        rest = list(frame.fields[1:])
        if frame.type == "O":
            content["target_name"] = rest.pop(0).decode("utf-8", "replace")
        content["data"] = json.loads(rest[0]) if rest and rest[0] else {}
        metadata = json.loads(rest[1]) if len(rest) > 1 and rest[1] else {}
        type_ = {"O": "comm_open", "M": "comm_msg", "L": "comm_close"}[frame.type]
        evaluation = self._evaluations.get(frame.id)
        console = evaluation.console if evaluation else self._outputs.console
        self._outputs.drain()
        self._comm(console, type_, content, rest[2:], metadata)

    async def _ask_for_agent(self, frame: Frame) -> None:
        evaluation = self._evaluations.get(frame.id) or self._current
        if evaluation is None:
            self._send("A", frame.id, "0", "")
            return
        self._drain(evaluation)
        question = evaluation.console.input(frame.text(0), frame.text(1) == "1")
        asked = asyncio.ensure_future(question)
        either: list[asyncio.Future[Any]] = [asked, evaluation.done]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()  # interrupted, or dead: nobody needs the answer
        elif asked.exception() is None:
            self._send("A", frame.id, "1", asked.result())
        else:
            self._send("A", frame.id, "0", "")

    def _start_task(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def show(frame: Frame, console: Console, folder: Path) -> None:
    """Show a D or U frame on a console; the files that it names are in ``folder``."""
    if frame.type == "U":
        console.clear(frame.text(0) == "1")
        return
    kind, display_id = frame.text(0), frame.text(1) or None
    metadata = json.loads(frame.text(2) or "{}")
    bundle = bundle_from(frame.fields[3:], folder)
    if kind == "result":
        console.result(bundle, metadata)
    else:
        console.display(bundle, metadata, display_id=display_id, update=kind == "update")


def bundle_from(fields: Sequence[bytes], folder: Path) -> dict[str, Any]:
    """A MIME bundle from alternating types and raw data, or files in ``folder``."""
    bundle = {}
    for mime, data in zip(fields[::2], fields[1::2], strict=True):
        name = mime.decode("utf-8", "replace")
        in_file = name.startswith("@")
        content = taken_from(folder, os.fsdecode(data)) if in_file else data
        name = name.removeprefix("@")
        bundle[name] = decoded(name, content)
    return bundle


def taken_from(folder: Path, name: str) -> bytes:
    """The content of a file that was written only to be shown; nothing where it is gone.

    Only of one in ``folder``, and by no link: an agent in a jail could name what it can't see.
    """
    path = Path(os.path.normpath(name))
    if path.is_relative_to(folder) and path != folder:
        *within, last = path.relative_to(folder).parts
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            opened.callback(os.close, place)
            for part in within:
                flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                place = os.open(part, flags, dir_fd=place)
                opened.callback(os.close, place)
            # That it waits for nobody matters for a pipe, which is empty then.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with open(os.open(last, flags, dir_fd=place), "rb") as file:
                data = file.read()
            os.unlink(last, dir_fd=place)
            return data
    return b""


def decoded(mime: str, data: bytes) -> Any:
    """Raw data as it stands in a Jupyter message: text, parsed JSON, or base64."""
    if mime == "application/json" or mime.endswith("+json"):
        with contextlib.suppress(ValueError):
            return json.loads(data)
    if mime == PLAIN or mime.startswith(TEXT_MIMES):
        return data.decode("utf-8", "replace")
    if mime.startswith(("image/", "audio/", "video/")) or b"\0" in data:
        return base64.b64encode(data).decode("ascii")
    return data.decode("utf-8", "replace")


def signal_group(leader: int, since: Moment) -> None:
    """SIGINT to a session's group, but for what earlier cells left in the background.

    Children that were there before ``since`` are left alone. Where there are none, the system
    signals the whole group at once, and nobody who is just being started is missed.
    """
    group = [entry for entry in process_table() if entry.group == leader]
    reached = [entry.pid for entry in group if entry.pid == leader or not since.is_after(entry)]
    if len(reached) == len(group):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGINT)
        return
    for pid in reached:
        send(pid, signal.SIGINT)
