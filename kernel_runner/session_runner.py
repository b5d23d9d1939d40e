"""Runners of languages that have a session: a resident agent that keeps the state."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from kernel_runner.assist.completions import Completions
from kernel_runner.assist.syntax import Completeness
from kernel_runner.console import CellError, Console, ValuelessConsole
from kernel_runner.process.spawner import Exit, SpawnError
from kernel_runner.process.tree import ProcessEntry
from kernel_runner.runner import BaseRunner
from kernel_runner.session.session import CommSender, Session, SessionDied

# A second interrupt so soon is a finger that slipped, not a wish to lose everything.
SLIP = 0.5
AFTER_REPLY = 0.05  # seconds; what nobody waits for is done then
STATUSES: tuple[Literal["complete", "incomplete", "invalid"], ...] = (
    "complete",
    "incomplete",
    "invalid",
)
COMM_FRAMES = {"comm_open": "O", "comm_msg": "M", "comm_close": "L"}


class SessionRunner(BaseRunner):
    """Evaluates cells in a session that starts with the kernel, and anew after it has ended."""

    reopens: ClassVar[bool] = False
    interrupt_frame: ClassVar[bool] = False
    # The requests that the agent answers beside E: C (complete), I (inspect), P (is complete).
    assists: ClassVar[str] = "CIP"
    assists_while_busy: ClassVar[bool] = True
    comms: ClassVar[bool] = True  # whether the agent answers O, M and L

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.send_comm: CommSender | None = None
        self.options: dict[str, Any] = {}
        self.payload: list[dict[str, Any]] = []
        self._session: Session | None = None
        self._starting: asyncio.Task[Session] | None = None
        self._interrupted_at = 0.0
        self._killed = False

    def agent(self) -> list[str]:
        """The command that starts the agent. Raises SpawnError."""
        raise NotImplementedError

    async def init_with_loop(self) -> None:
        """Start the session beside the kernel's own start."""
        self._starting = asyncio.create_task(self._start())
        # Its failure is told by the first cell that needs it.
        self._starting.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def query(self, code_text: str) -> int:
        """Evaluate a cell in the session."""
        answer = await self.ask_session(code_text)
        if isinstance(answer, int):
            return answer
        failure, options = answer
        self.payload = options.get("payload", [])
        asyncio.get_running_loop().call_later(AFTER_REPLY, self.syntax.remember, code_text)
        if failure is None:
            return 0
        self.console.error(failure)
        self.receipt.exit_code = failure.exit_code
        return failure.exit_code

    async def ask_session(self, code: str) -> tuple[CellError | None, dict[str, Any]] | int:
        """Have the session evaluate a cell: its error, if it failed, and the answer's options.

        An exit code where the session could not start, or ended; the console has been told.
        """
        try:
            session = await self._ensure_session()
        except SpawnError as error:
            self.console.error(CellError.plain(type(error).__name__, str(error)))
            return 127
        session.meter.start()
        self._killed = False
        try:
            answer = await session.evaluate(code, self.count, self.options, self.console)
        except SessionDied as death:
            return self._tell_end(death.exit)
        session.meter.read(self.receipt)
        return answer

    async def evaluate(self, expression: str, console: Console) -> CellError | None:
        """A user_expression's value, told to ``console``."""
        try:
            session = await self._ensure_session()
            options = {**self.options, "expression": True, "silent": False}
            error, _ = await session.evaluate(expression, self.count, options, console)
        except (SessionDied, SpawnError) as failure:
            return CellError.plain(type(failure).__name__, str(failure))
        return error

    async def complete(self, data: dict[str, Any]) -> list[str]:
        """What the session knows; what the grammar knows where it is busy or knows nothing."""
        code, cursor = data["code"], data["cursor"]
        if self._session is not None:
            answer = await self._session.complete(code, len(code[:cursor].encode()))
            if answer is not None and answer[2]:
                raw = code.encode()
                start, end = (len(raw[:at].decode("utf-8", "replace")) for at in answer[:2])
                return Completions(answer[2], start, end)
        return self.syntax.complete(code, cursor)

    async def inspect(self, code: str, cursor: int, detail: int) -> dict[str, Any]:
        """What the session says of a name."""
        if self._session is None:
            return {}
        return await self._session.inspect(code, len(code[:cursor].encode()), detail)

    async def is_complete(self, code: str) -> Completeness:
        """What the session says, else what the grammar says."""
        if self._session is not None:
            answer = await self._session.is_complete(code)
            for status in STATUSES:
                if answer is not None and answer[0] == status:
                    return Completeness(status, answer[1])
        return self.syntax.is_complete(code)

    async def interrupt(self) -> None:
        """Stop the cell; kill the session only when it is asked again."""
        await super().interrupt()
        if self._program is not None or self._session is None:
            return
        now = time.monotonic()
        if self._session.interrupt():
            self._interrupted_at = now
        elif now - self._interrupted_at > SLIP:
            self.insist(self._session)

    def insist(self, session: Session) -> None:
        """The cell has been interrupted before, and has not stopped: end the session."""
        self._killed = True
        session.kill()

    async def comm(
        self,
        type_: str,
        content: dict[str, Any],
        metadata: dict[str, Any],
        buffers: list[bytes],
        console: Console,
    ) -> bool:
        """Hand a comm message to the session."""
        if not self.comms or self._session is None or self._session.exit is not None:
            return False
        fields = [content["comm_id"]]
        if type_ == "comm_open":
            fields.append(content["target_name"])
        fields += [json.dumps(content.get("data", {})), json.dumps(metadata)]
        raw = [text.encode("utf-8", "surrogatepass") for text in fields]
        error = await self._session.comm(COMM_FRAMES[type_], [*raw, *buffers], console)
        if error is not None:
            console.error(error)
        return True

    def _comm_from_session(self, *message: Any) -> None:
        if self.send_comm is not None:  # set once the kernel is there, after the session
            self.send_comm(*message)

    async def reset(self) -> None:
        """End the session; the next cell starts a fresh one."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def install(self, names: Sequence[str]) -> int:
        """Install packages; the session looks for them again."""
        code = await super().install(names)
        if code == 0 and self.packages is not None and self._session is not None:
            loading = self.packages.filled(self.packages.loading, self.version)
            await self._evaluate_quietly(loading)
        return code

    def kept_processes(self, entries: Sequence[ProcessEntry]) -> set[int]:
        """Those beside the cell, and the session as it was before the cell."""
        kept = super().kept_processes(entries)
        return kept - self._session.started_by_cell(entries) if self._session else kept

    @property
    def cwd(self) -> str:
        """Where the session is: a cell may have changed its directory."""
        if self._session is not None and self._session.exit is None:
            with contextlib.suppress(OSError):
                return os.readlink(f"/proc/{self._session.evaluator}/cwd")
        return self._cwd

    async def change_directory(self, path: str) -> None:
        """Change the session's directory too."""
        await super().change_directory(path)
        await self._evaluate_quietly(self.chdir_code(self._cwd))

    async def change_variable(self, name: str, value: str) -> None:
        """Change the session's variable too."""
        await super().change_variable(name, value)
        await self._evaluate_quietly(self.setenv_code(name, value))

    def chdir_code(self, path: str) -> str:
        """Code that does in the session what %cd asks for."""
        return ""

    def setenv_code(self, name: str, value: str) -> str:
        """Code that does in the session what %env asks for."""
        return ""

    async def _evaluate_quietly(self, code: str) -> None:
        if not code:
            return
        session = await self._ensure_session()
        options = {"silent": True, "store_history": False}
        await session.evaluate(code, self.count, options, ValuelessConsole(self.console))

    async def _start(self) -> Session:
        await self.spawner.ready()
        session = Session(
            self.spawner,
            self.read_line,
            reopens=self.reopens,
            interrupt_frame=self.interrupt_frame,
            assists=self.assists,
            assists_while_busy=self.assists_while_busy,
            comm=self._comm_from_session,
        )
        await session.start(self.agent(), env=self.env, cwd=self._cwd)
        self._session = session
        return session

    async def _ensure_session(self) -> Session:
        """The session, a fresh one where it has ended. Raises SpawnError."""
        starting, self._starting = self._starting, None
        if starting is not None:
            return await starting
        if self._session is None or self._session.exit is not None:
            return await self._start()
        return self._session

    def _tell_end(self, exit: Exit) -> int:
        """The session has ended in the middle of a cell: what happened, and what was lost."""
        self.receipt.add(exit)
        self._session = None
        lost = "its variables are gone, and the next cell starts a fresh one"
        if self._killed:
            message = f"The session did not stop when interrupted and was killed: {lost}."
            self.console.error(CellError.plain("Interrupted", message))
        elif exit.signal is signal.SIGINT:  # it knows nothing better to do
            message = f"The interrupt has ended the session: {lost}."
            self.console.error(CellError.plain("Interrupted", message))
        elif exit.signal is not None:
            what = signal.strsignal(exit.signal) or "a signal"
            message = f"The session was ended by {exit.signal.name} ({what.lower()}): {lost}."
            self.console.error(CellError.plain("Signal", message))
        elif exit.code:
            message = f"The session ended with exit code {exit.code}: {lost}."
            self.console.error(CellError.plain("ExitCode", message))
        else:
            self.console.stream("stderr", f"[The session has ended: {lost}.]\n".encode())
        return exit.code
