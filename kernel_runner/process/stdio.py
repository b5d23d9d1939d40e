"""A program's standard streams, connected to a console."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

from kernel_runner.console import Console
from kernel_runner.process.pump import Pump
from kernel_runner.process.terminal import Terminal
from kernel_runner.process.waiting import InputWatch

# Asks the person for a line of input: gives it, or None for the end of the file.
Ask = Callable[[bool], Awaitable[str | None]]


class Outputs:
    """A terminal for stdout and a pipe for stderr that end in one console.

    They outlive the cell: what a background process writes later still goes to the console of
    the cell that started it. hidden is left out of stderr: the folder in which cells are kept,
    so that a message reads `In[3]: line 2`.
    """

    def __init__(self, console: Console | None = None, hidden: bytes = b"") -> None:
        self.console = console
        self._hidden = hidden
        self._held: list[tuple[str, bytes]] = []
        self.terminal = Terminal()
        self.stirred: Callable[[], None] = lambda: None
        stderr, self._stderr_write = os.pipe()
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
        return self.terminal.path, f"/proc/{os.getpid()}/fd/{self._stderr_write}"

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

    def release(self) -> None:
        """Close our own copies of what programs write to, so that the end can be seen."""
        self.terminal.close_slave()
        if self._stderr_write >= 0:
            os.close(self._stderr_write)
            self._stderr_write = -1

    def close(self) -> None:
        """Stop listening."""
        self.release()
        for pump in self._pumps:
            pump.close()

    def _deliver(self, name: str, data: bytes) -> None:
        self.stirred()
        if self._hidden and name == "stderr":
            data = data.replace(self._hidden, b"")
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


@contextlib.asynccontextmanager
async def answering(
    terminal: Terminal, pid: int, outputs: Outputs, ask: Ask
) -> AsyncIterator[None]:
    """While in this context, a program that waits for input on ``terminal`` gets an answer."""
    watch = InputWatch(terminal, pid)
    outputs.stirred = watch.stir
    task = asyncio.create_task(_answer(watch, terminal, outputs, ask))
    try:
        yield
    finally:
        outputs.stirred = lambda: None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _answer(watch: InputWatch, terminal: Terminal, outputs: Outputs, ask: Ask) -> None:
    while True:
        await watch.waits()
        outputs.drain()
        text = await ask(terminal.asks_for_password)
        # It may have gone meanwhile, or have closed its terminal: then nobody misses the line.
        with contextlib.suppress(OSError):
            await terminal.answer(text)
