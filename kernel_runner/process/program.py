"""Running one program from beginning to end, in front of a console."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence

from kernel_runner.console import Console
from kernel_runner.process.pump import Pump
from kernel_runner.process.spawner import Exit, Process, Spawner
from kernel_runner.process.stdio import Ask, Outputs, answering

# Names the pipe that a program may write frames to: its descriptor and its inode.
DISPLAY_VARIABLE = "KERNEL_RUNNER_DISPLAY"
DISPLAY_FD = 3
# Takes what a program has written to that pipe.
Receive = Callable[[bytes, Outputs], None]


class Program:
    """A program on a terminal of its own.

    ask: gives it the lines that it waits for; without it there is no input (/dev/null).
    grace: seconds between SIGINT, SIGTERM and SIGKILL when it is interrupted and stays.
    receive: it gets a pipe for what it shows beside its text, and this takes what comes.
    """

    def __init__(
        self,
        spawner: Spawner,
        console: Console,
        ask: Ask | None,
        grace: float,
        receive: Receive | None = None,
    ) -> None:
        self.interrupted = False
        self._spawner = spawner
        self._console = console
        self._ask = ask
        self._grace = grace
        self._receive = receive
        self._process: Process | None = None
        self._ending: asyncio.Task[None] | None = None

    async def run(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str) -> Exit:
        """Run it; returns when it has ended and all that it wrote has been handed on.

        What it leaves in the background keeps its streams, and they keep the console.
        Raises SpawnError.
        """
        await self._spawner.ready()
        outputs = Outputs(self._spawner, self._console, marked=self._receive is not None)
        try:
            process, shown = await self._spawn_showing(argv, env, cwd, outputs)
        except BaseException:
            outputs.close()
            raise
        self._process = process
        if self.interrupted:  # while it was being started: it may even have written already
            self.interrupt()
        try:
            if self._ask is None:
                return await process.wait()
            async with answering(outputs.terminal, process.pid, outputs, self._ask):
                return await process.wait()
        except asyncio.CancelledError:
            process.kill_tree()
            raise
        finally:
            if shown is not None:
                shown.drain()
            outputs.drain_marks()
            outputs.release()
            if self._ending is not None:
                self._ending.cancel()

    async def _spawn_showing(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: str, outputs: Outputs
    ) -> tuple[Process, Pump | None]:
        """Start it, with its pipe where it has one; and what listens to that."""
        receive = self._receive
        if receive is None:
            return await self._spawn(argv, env, cwd, outputs, {}), None
        ours, theirs = os.pipe()
        try:
            place = f"{DISPLAY_FD}:{os.fstat(theirs).st_ino}"
            env = {**env, DISPLAY_VARIABLE: place}
            process = await self._spawn(argv, env, cwd, outputs, {DISPLAY_FD: theirs})
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return process, Pump(ours, lambda data: receive(data, outputs))

    async def _spawn(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: str,
        outputs: Outputs,
        more_fds: Mapping[int, int],
    ) -> Process:
        if self._ask is not None:
            fds = {**outputs.fds, **more_fds}
            return await self._spawner.spawn(argv, env=env, cwd=cwd, fds=fds, terminal=True)
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fds = {**outputs.fds, **more_fds, 0: nothing}
            return await self._spawner.spawn(argv, env=env, cwd=cwd, fds=fds)
        finally:
            os.close(nothing)

    def interrupt(self) -> None:
        """SIGINT to its group; where that is ignored SIGTERM, then SIGKILL to all of it."""
        self.interrupted = True
        if self._process is None:
            return
        self._process.signal_group(signal.SIGINT)
        if self._ending is None:
            self._ending = asyncio.create_task(end(self._process, self._grace))


async def end(process: Process, grace: float) -> None:
    """See that an interrupted process ends: SIGTERM after ``grace`` seconds, then SIGKILL."""
    steps: list[Callable[[], None]] = [
        lambda: process.signal_group(signal.SIGTERM),
        process.kill_tree,
    ]
    for step in steps:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await process.wait()
            return
        step()
