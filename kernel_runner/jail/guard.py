"""What a policy allows one cell: watched while it runs, and named where it was passed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from types import TracebackType

from kernel_runner.console import CellError, Console
from kernel_runner.jail.jail import Jail
from kernel_runner.jail.policy import size
from kernel_runner.process.limits import proportional, resident
from kernel_runner.process.tree import (
    CLOCK_TICKS,
    Moment,
    ProcessEntry,
    descendants,
    process_entry,
)
from kernel_runner.runner import BaseRunner

INTERVAL = 0.2  # seconds between two looks; one at all processes costs a few milliseconds
AFTER_INTERRUPT = 2.0  # seconds for a cell to end by itself, and then to be ended
MOST_ROUNDS = 50
MANY = 8  # processes that a task leaves: whether its session collects them is worth a look


class Guard:
    """A context around one task of a runner whose programs are in a jail.

    It ends a task that passes a limit: by an interrupt, then by another, then by killing all that
    runs. error() names the limit where one was passed. When the task has ended, so has all that
    it started, if the policy has it so.
    """

    def __init__(self, jail: Jail, runner: BaseRunner, console: Console) -> None:
        self._jail = jail
        self._runner = runner
        self._console = console
        self._limits = jail.part.limits
        self._passed: CellError | None = None
        self._told = False
        self._killed_many = False
        self._written = 0
        self._too_much = asyncio.Event()
        self._began = Moment.now()
        self._cpu: float | None = None  # what was used before, from the first look on
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Guard:
        self._jail.has_killed()  # what was killed before is not this task's
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._watching is not None
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        if not self._jail.part.background:
            self._end_background()
            await self._collect()
        if self._passed is None and self._jail.has_killed():
            self._passed = self._memory_limit()
            text = f"[{self._passed.message}: a process was ended]\n"
            self._console.stream("stderr", text.encode())
            self._told = True
        if self._passed is not None and not self._told:
            self._console.error(self._passed)

    def wrote(self, length: int) -> None:
        """So many bytes of output have come."""
        self._written += length
        if self._limits.output and self._written > self._limits.output:
            self._too_much.set()

    def error(self, error: CellError) -> CellError:
        """An error of the task's, with the limit's name where a limit was passed."""
        self._told = True
        if self._passed is None and self._jail.has_killed():
            self._passed = self._memory_limit()
        if self._passed is None or self._passed is error:
            return error
        limit = CellError.plain(self._passed.name, f"{self._passed.message}: {error.message}")
        return CellError(limit.name, limit.message, [*error.traceback[:-1], *limit.traceback])

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limits.wall if self._limits.wall else None
        while self._passed is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._too_much.wait()
            if self._too_much.is_set():
                most = size(self._limits.output or 0)
                self._passed = CellError.plain("OutputLimit", f"output limit of {most} exceeded")
            elif end is not None and loop.time() > end:
                self._passed = self._time_limit("time", self._limits.wall)
            elif self._limits.cpu and self._used_cpu() > self._limits.cpu:
                self._passed = self._time_limit("processor time", self._limits.cpu)
            elif self._limits.memory and not self._jail.counts_memory:
                self._look_at_memory(self._limits.memory)
        await self._end()

    async def _end(self) -> None:
        """Interrupt the task; it is over when we are cancelled."""
        for _ in range(2):
            await self._runner.interrupt()
            await asyncio.sleep(AFTER_INTERRUPT)
        await self._runner.spawner.kill_all()

    def _look_at_memory(self, limit: int) -> None:
        """Do what a cgroup would do where it is too much: kill the largest process."""
        pids = [entry.pid for entry in self._family()]
        # What is shared is looked at more closely, which takes longer, only near the limit.
        if sum(map(resident, pids)) > limit:
            held = {pid: proportional(pid) for pid in pids}
            if sum(held.values()) > limit:
                self._passed = self._memory_limit()
                kill(max(held, key=lambda pid: held[pid]))

    def _memory_limit(self) -> CellError:
        most = size(self._limits.memory or 0)
        return CellError.plain("MemoryLimit", f"memory limit of {most} exceeded")

    def _time_limit(self, what: str, seconds: float | None) -> CellError:
        return CellError.plain("TimeLimit", f"{what} limit of {seconds:g} s exceeded")

    def _end_background(self) -> None:
        """Kill what the task has started and left, however it has hidden from its parents."""
        for _ in range(MOST_ROUNDS):
            family = self._family()
            kept = self._runner.kept_processes(family)
            left = [
                entry.pid
                for entry in family
                if entry.pid not in kept and not self._began.is_after(entry) and entry.state != "Z"
            ]
            if not left:
                return
            self._killed_many = self._killed_many or len(left) > MANY
            for pid in left:
                kill(pid)

    async def _collect(self) -> None:
        """End a session whose ended children use up the processes that there may be.

        Only their parent could collect them, and it has not.
        """
        outermost, most = self._runner.spawner.pid, self._limits.processes
        if most is None or outermost is None or not self._killed_many:
            return
        dead = [pid for pid in descendants(outermost) if is_zombie(pid)]
        if len(dead) > most // 2:
            text = f"[{len(dead)} processes that the session has not collected: it was ended, "
            text += "its variables are gone, and the next cell starts a fresh one]\n"
            self._console.stream("stderr", text.encode())
            await self._runner.reset()

    def _used_cpu(self) -> float:
        """Processor seconds of all programs since the first look, of those that have ended, too."""
        used = sum(cpu_ticks(entry.pid) for entry in self._family()) / CLOCK_TICKS
        self._cpu = used if self._cpu is None else self._cpu
        return used - self._cpu

    def _family(self) -> list[ProcessEntry]:
        """All programs that run, and the supervisor."""
        outermost = self._runner.spawner.pid
        if outermost is None:
            return []
        inside = self._jail.pids()
        found = map(process_entry, descendants(outermost) if inside is None else inside)
        return [entry for entry in found if entry is not None and entry.pid != outermost]


def kill(pid: int) -> None:
    """SIGKILL, for what may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def is_zombie(pid: int) -> bool:
    """Whether a process has ended, and waits to be collected by its parent."""
    entry = process_entry(pid)
    return entry is not None and entry.state == "Z"


def cpu_ticks(pid: int) -> int:
    """What a process and its reaped children have used; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return sum(int(ticks) for ticks in stat.read().rpartition(b")")[2].split()[11:15])
    except OSError:
        return 0
