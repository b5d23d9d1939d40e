"""What a step of batch mode may cost: seconds, and memory of all its processes together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from kernel_runner.process.spawner import Spawner
from kernel_runner.process.tree import descendants

# Linux wakes nobody when a tree of processes grows; without a control group of its own, which few
# users may have, it has to be looked at. A program gets no more than a few 100 MB in that time.
LOOK_EVERY = 0.1  # seconds
MIB = 1 << 20
TIMED_OUT = 124  # as timeout(1) has it
OUT_OF_MEMORY = 137  # as of a process that the kernel's own killer has ended


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a step may take; 0: as much as it likes.

    seconds: of wall clock. memory: bytes that all its processes hold, what they share counted once.
    """

    seconds: float = 0.0
    memory: int = 0

    def __bool__(self) -> bool:
        return bool(self.seconds or self.memory)

    def stricter(self, other: Limits) -> Limits:
        """The smaller of each limit, where there is one."""
        seconds = [limits.seconds for limits in (self, other) if limits.seconds]
        memory = [limits.memory for limits in (self, other) if limits.memory]
        return Limits(min(seconds, default=0.0), min(memory, default=0))


class LimitExceeded(Exception):
    """A limit was exceeded, and what ran is over; the message is a sentence.

    name: TimeLimit or MemoryLimit. code: what the step ends with. memory: what was seen of it.
    """

    def __init__(self, name: str, sentence: str, code: int, memory: int = 0) -> None:
        super().__init__(sentence)
        self.name = name
        self.code = code
        self.memory = memory


async def within(limits: Limits, spawner: Spawner, work: Coroutine[Any, Any, int]) -> int:
    """Do a step's work within limits. What exceeds them ends, with all that the spawner started.

    Raises LimitExceeded, and what the work raises.
    """
    if not limits:
        return await work
    task = asyncio.create_task(work)
    watch = asyncio.create_task(_growth(spawner, limits.memory)) if limits.memory else None
    tasks = {task, watch} if watch else {task}
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=limits.seconds or None, return_when=asyncio.FIRST_COMPLETED
        )
        if task in done:
            return task.result()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await spawner.kill_all()
    if watch is not None and watch in done:
        sentence = f"memory limit of {limits.memory / MIB:g} MiB exceeded"
        raise LimitExceeded("MemoryLimit", sentence, OUT_OF_MEMORY, watch.result())
    raise LimitExceeded("TimeLimit", f"time limit of {limits.seconds:g} s exceeded", TIMED_OUT)


async def _growth(spawner: Spawner, most: int) -> int:
    """Wait until the spawner's processes hold more than that; the bytes that they hold then."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        pids = descendants(spawner.pid) if spawner.pid else []
        # What is shared is looked at more closely, which takes longer, only near the limit.
        if sum(map(resident, pids)) > most:
            held = sum(map(proportional, pids))
            if held > most:
                return held


def resident(pid: int) -> int:
    """The bytes of memory that a process sees, shared ones included; 0 when it is gone."""
    return _kilobytes(f"/proc/{pid}/status", b"VmRSS:") * 1024


def proportional(pid: int) -> int:
    """The bytes that it holds, its share of what it shares included; 0 when it is gone."""
    return _kilobytes(f"/proc/{pid}/smaps_rollup", b"Pss:") * 1024


def _kilobytes(path: str, name: bytes) -> int:
    try:
        with open(path, "rb") as file:
            words = file.read().partition(b"\n" + name)[2].split(None, 1)
    except OSError:
        return 0
    return int(words[0]) if words else 0
