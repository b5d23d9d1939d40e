"""The receipt of a cell: what it cost. Every execute_reply carries one in its metadata."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import Any

from kernel_runner.process.spawner import Exit
from kernel_runner.process.tree import CLOCK_TICKS

KEY = "kernel_runner"  # the receipt's (and a batch request's) key in message metadata
CLEAR_PEAK = b"5"  # proc(5), clear_refs: reset the high-water mark
PROC_FILES = (("stat", os.O_RDONLY), ("status", os.O_RDONLY), ("clear_refs", os.O_WRONLY))


@dataclass
class Receipt:
    """Seconds of wall clock and processor, peak memory in bytes, and how it ended.

    exit_code and signal are those of the last program, or of a session that ended. peak_memory
    is the most that one process had. compile_seconds is None where nothing was compiled;
    cache_hit tells whether a build came from the cache (None: there was nothing to build).
    error: the name and message of what a step of batch mode has told. phases: the receipts of
    those steps, each with its name.
    """

    exit_code: int = 0
    signal: str | None = None
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    compile_seconds: float | None = None
    cache_hit: bool | None = None
    error: dict[str, str] | None = None
    phases: list[dict[str, Any]] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic, repr=False)

    def add(self, exit: Exit) -> None:
        """Add a program that has ended."""
        self.exit_code = exit.code
        self.signal = exit.signal.name if exit.signal else None
        self.cpu_seconds += exit.cpu
        self.peak_memory = max(self.peak_memory, exit.peak)

    def include(self, name: str, phase: Receipt) -> None:
        """Add a step of batch mode, which is over."""
        self.exit_code, self.signal = phase.exit_code, phase.signal
        self.cpu_seconds += phase.cpu_seconds
        self.peak_memory = max(self.peak_memory, phase.peak_memory)
        if phase.cache_hit is not None:
            self.compile_seconds, self.cache_hit = phase.compile_seconds, phase.cache_hit
        self.phases.append({"name": name, **phase.finish()})

    def finish(self) -> dict[str, Any]:
        """The receipt as it goes into a message."""
        self.wall_seconds = time.monotonic() - self._started
        of_batches = ("error", "phases")
        return {
            name: value
            for name, value in vars(self).items()
            if not name.startswith("_") and (value or name not in of_batches)
        }


class SessionMeter:
    """Measures what each cell costs a session's process, through files of /proc kept open."""

    def __init__(self, pid: int) -> None:
        self._files: list[int] = []
        self._cpu = 0.0
        with contextlib.suppress(FileNotFoundError):  # it has ended already
            for name, flags in PROC_FILES:
                self._files.append(os.open(f"/proc/{pid}/{name}", flags | os.O_CLOEXEC))

    def start(self) -> None:
        """A cell begins."""
        with contextlib.suppress(OSError, IndexError):
            os.write(self._files[2], CLEAR_PEAK)
            self._cpu = self._cpu_seconds()

    def read(self, receipt: Receipt) -> None:
        """The cell has ended: add what it has cost. A process that is gone adds nothing."""
        with contextlib.suppress(OSError, IndexError):
            receipt.cpu_seconds += max(0.0, self._cpu_seconds() - self._cpu)
            status = os.pread(self._files[1], 4096, 0)
            peak = status.partition(b"VmHWM:")[2].split(None, 1)
            receipt.peak_memory = max(receipt.peak_memory, int(peak[0]) * 1024)

    def close(self) -> None:
        """The process has ended."""
        while self._files:
            os.close(self._files.pop())

    def _cpu_seconds(self) -> float:
        fields = os.pread(self._files[0], 4096, 0).rpartition(b")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / CLOCK_TICKS
