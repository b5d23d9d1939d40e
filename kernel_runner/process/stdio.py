"""A program's standard streams, connected to a console."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

from kernel_runner.console import Console
from kernel_runner.process.pump import Pump
from kernel_runner.process.spawner import Spawner
from kernel_runner.process.terminal import Terminal
from kernel_runner.process.waiting import FIRST_LOOK, InputWatch

# Written to stdout by whoever shows something by other means, so that it can be put in its place
# among the text; a terminal would ignore it (an APC string, ECMA-48 8.3.2).
MARK = b"\x1b_kernel-runner\x1b\\"
MOST_AFTER_MARK = 1 << 20

# Asks the person for a line of input: gives it, or None for the end of the file.
Ask = Callable[[bool], Awaitable[str | None]]


class Outputs:
    """A terminal for stdout and a pipe for stderr that end in one console.

    They outlive the cell: what a background process writes later still goes to the console of
    the cell that started it. marked: stdout has marks. hidden is left out of stderr: the folder
    in which cells are kept, so that a message reads `In[3]: line 2`.
    """

    def __init__(
        self,
        spawner: Spawner,
        console: Console | None = None,
        *,
        marked: bool = False,
        hidden: bytes = b"",
    ) -> None:
        self.console = console
        self._marked = marked
        self._hidden = hidden
        self._before_mark = b""
        self._after_mark: bytes | None = None
        self._held: list[tuple[str, bytes]] = []
        self.terminal = spawner.new_terminal()
        self.stirred: Callable[[], None] = lambda: None
        stderr, self._stderr_write, self._stderr_path = spawner.new_pipe()
        self._pumps = [
            Pump(self.terminal.master, lambda data: self._deliver("stdout", data)),
            Pump(stderr, lambda data: self._deliver("stderr", data)),
        ]

    @property
    def fds(self) -> dict[int, int]:
        """What a program's first three descriptors are to be."""
        return {0: self.terminal.slave, 1: self.terminal.slave, 2: self._stderr_write}

    @property
    def paths(self) -> tuple[str, str]:
        """Where a running process can open its new stdout and stderr."""
        return self.terminal.path, self._stderr_path

    @property
    def finished(self) -> bool:
        """Whether nobody can write here any more."""
        return all(pump.finished.is_set() for pump in self._pumps)

    def attach(self, console: Console) -> None:
        """From here on output is ``console``'s; what came before there was any, too."""
        self.console = console
        held, self._held = self._held, []
        for name, data in held:
            console.stream(name, data)

    def drain(self) -> None:
        """Hand on all that was written so far."""
        for pump in self._pumps:
            pump.drain()

    def at_mark(self, show: Callable[[], None]) -> None:
        """Show something in the place where stdout has its next mark, or now if it has none."""
        self.drain()
        show()
        self._pass_mark()

    def drain_marks(self) -> None:
        """Hand on all that was written so far, whatever it is a mark for."""
        self.drain()
        while self._after_mark is not None:
            self._pass_mark()
        rest, self._before_mark = self._before_mark, b""
        if rest:
            self._say("stdout", rest)

    def release(self) -> None:
        """Close our own copies of what programs write to, so that the end can be seen."""
        self.terminal.close_slave()
        if self._stderr_write >= 0:
            os.close(self._stderr_write)
            self._stderr_write = -1
            if not self._stderr_path.startswith("/proc/"):
                with contextlib.suppress(FileNotFoundError):  # with the run directory
                    os.unlink(self._stderr_path)

    def close(self) -> None:
        """Stop listening."""
        self.release()
        for pump in self._pumps:
            pump.close()

    def _deliver(self, name: str, data: bytes) -> None:
        self.stirred()
        if name == "stderr":
            self._say(name, data.replace(self._hidden, b"") if self._hidden else data)
        elif not self._marked:
            self._say(name, data)
        elif self._after_mark is not None:
            self._after_mark += data
            if len(self._after_mark) > MOST_AFTER_MARK:  # somebody else's mark: nothing follows it
                self._pass_mark()
        else:
            self._find_mark(self._before_mark + data)

    def _find_mark(self, data: bytes) -> None:
        text, mark, rest = data.partition(MARK)
        # The beginning of a mark at the end waits for what comes next.
        kept = 0 if mark else half_mark(text)
        self._before_mark = text[len(text) - kept :]
        if len(text) > kept:
            self._say("stdout", text[: len(text) - kept])
        if mark:
            self._after_mark = rest

    def _pass_mark(self) -> None:
        rest, self._after_mark = self._after_mark, None
        if rest:
            self._find_mark(rest)

    def _say(self, name: str, data: bytes) -> None:
        if self.console is None:
            self._held.append((name, data))
            return
        congested = self.console.stream(name, data)
        if congested is not None:
            for pump in self._pumps:
                pump.pause()
            congested.add_done_callback(lambda _: self._resume())

    def _resume(self) -> None:
        for pump in self._pumps:
            pump.resume()


def half_mark(data: bytes) -> int:
    """How many bytes at the end of ``data`` may be the beginning of a mark."""
    # The longest one counts: a mark has its first byte once more near its end.
    return next((n for n in range(len(MARK) - 1, 0, -1) if data.endswith(MARK[:n])), 0)


@contextlib.asynccontextmanager
async def answering(
    terminal: Terminal, pid: int, outputs: Outputs, ask: Ask
) -> AsyncIterator[None]:
    """While in this context, a program that waits for input on ``terminal`` gets an answer."""
    tasks: list[asyncio.Task[None]] = []

    def begin() -> None:
        tasks.append(asyncio.create_task(_answer(terminal, pid, outputs, ask)))

    # Most cells are over before a look at them would be worth its cost.
    beginning = asyncio.get_running_loop().call_later(FIRST_LOOK, begin)
    try:
        yield
    finally:
        beginning.cancel()
        outputs.stirred = lambda: None
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _answer(terminal: Terminal, pid: int, outputs: Outputs, ask: Ask) -> None:
    watch = InputWatch(terminal, pid)
    outputs.stirred = watch.stir
    while True:
        await watch.waits()
        terminal.settle()
        outputs.drain()
        text = await ask(terminal.asks_for_password)
        # It may have gone meanwhile, or have closed its terminal: then nobody misses the line.
        with contextlib.suppress(OSError):
            await terminal.answer(text)
