"""The one FIFO queue: what a kernel is asked to run, one task at a time, in arrival order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol


class Task(Protocol):
    """Something to be run in its turn."""

    async def run(self) -> None:
        """Do it. Must not raise."""

    def abort(self) -> None:
        """It will not be run: say so to whoever asked for it."""


class TaskQueue:
    """Runs tasks one after the other. busy: one is running; idle is called when none is left."""

    def __init__(self, idle: Callable[[], None]) -> None:
        self._idle = idle
        self._waiting: deque[Task] = deque()
        self._arrived = asyncio.Event()
        self.busy = False

    def put(self, task: Task) -> None:
        """Queue a task behind all others."""
        self._waiting.append(task)
        self._arrived.set()

    def abort_waiting(self) -> None:
        """Abort every task that has not begun."""
        waiting, self._waiting = self._waiting, deque()
        for task in waiting:
            task.abort()

    async def serve(self) -> None:
        """Run tasks until cancelled; a task that is running then is cancelled too."""
        while True:
            while not self._waiting:
                self._arrived.clear()
                self._idle()
                await self._arrived.wait()
            self.busy = True
            try:
                await self._waiting.popleft().run()
            finally:
                self.busy = False
