"""The receipt of a cell: what it cost. Every execute_reply carries one in its metadata."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_runner.process.spawner import Exit

KEY = "kernel_runner"  # the receipt's (and a batch request's) key in message metadata
CLEAR_PEAK = "5"  # proc(5), clear_refs: reset the high-water mark


@dataclass
class Receipt:
    """Seconds of wall clock and processor, peak memory in bytes, and how it ended.

    exit_code and signal are those of the last program, or of a session that ended. peak_memory
    is the most that one process had. compile_seconds is None where nothing was compiled;
    cache_hit tells whether a build came from the cache (None: there was nothing to build).
    """

    exit_code: int = 0
    signal: str | None = None
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    compile_seconds: float | None = None
    cache_hit: bool | None = None
    _started: float = field(default_factory=time.monotonic, repr=False)

    def add(self, exit: Exit) -> None:
        """Add a program that has ended."""
        self.exit_code = exit.code
        self.signal = exit.signal.name if exit.signal else None
        self.cpu_seconds += exit.cpu
        self.peak_memory = max(self.peak_memory, exit.peak)

    def finish(self) -> dict[str, Any]:
        """The receipt as it goes into a message."""
        self.wall_seconds = time.monotonic() - self._started
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


class SessionMeter:
    """Measures what a cell costs a session's process, through /proc."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text(CLEAR_PEAK)
        self._cpu = cpu_seconds(pid)

    def read(self, receipt: Receipt) -> None:
        """Add what it has cost since. A process that is gone adds nothing."""
        with contextlib.suppress(OSError):
            receipt.cpu_seconds += max(0.0, cpu_seconds(self._pid) - self._cpu)
            for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    receipt.peak_memory = max(receipt.peak_memory, int(line.split()[1]) * 1024)


def cpu_seconds(pid: int) -> float:
    """What a process and its reaped children have used so far; 0.0 when it is gone."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0
