"""Who descends from whom, as /proc tells it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """A line of the process table: ids, the state's letter, and the start in clock ticks."""

    pid: int
    parent: int
    group: int
    state: str
    started: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time by which older processes can be told from younger ones.

    /proc counts the start of a process in ticks of 10 ms, which is long for us; within a tick
    the ids tell, since they are given out in order.
    """

    ticks: int
    last_pid: int

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        with open("/proc/loadavg", "rb") as loadavg:
            last_pid = int(loadavg.read().split()[4])
        return cls(int(time.clock_gettime(time.CLOCK_BOOTTIME) * CLOCK_TICKS), last_pid)

    def is_after(self, entry: ProcessEntry) -> bool:
        """Whether the process was there already."""
        if entry.started == self.ticks:
            return entry.pid <= self.last_pid
        return entry.started < self.ticks


def process_entry(pid: int) -> ProcessEntry | None:
    """One process's entry; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return ProcessEntry(pid, int(fields[1]), int(fields[2]), fields[0].decode(), int(fields[19]))


def inner_pid(pid: int) -> int:
    """The id that a process has in its own pid namespace; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", "rb") as status:
            found = status.read().partition(b"\nNSpid:")[2].partition(b"\n")[0].split()
    except OSError:
        return 0
    return int(found[-1]) if found else 0


def process_table() -> list[ProcessEntry]:
    """Every process that can be seen.

    /proc/PID/task/TID/children would be quicker, but many kernels are built without it.
    """
    entries = (process_entry(int(name)) for name in os.listdir("/proc") if name.isdecimal())
    return [entry for entry in entries if entry is not None]


def descendants(root: int) -> list[int]:
    """The process ids of all descendants of ``root``, parents before children."""
    return subtree(root, process_table())


def signal_family(root: int, number: signal.Signals) -> None:
    """Signal a process and all its descendants at one moment, as a terminal does.

    They are stopped before: a parent that waits for a child which it has just started, and which
    therefore did not hear of the signal, would wait on; and one whose child is killed would go on
    and start the next.
    """
    stopped: list[int] = []
    while found := [pid for pid in [root, *descendants(root)] if pid not in stopped]:
        for pid in found:
            send(pid, signal.SIGSTOP)
        stopped += found
    for pid in stopped:
        send(pid, number)
    for pid in stopped:
        send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process; that it has gone, or has become another user's, is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def subtree(root: int, entries: Iterable[ProcessEntry]) -> list[int]:
    """Of some processes the ids of those that descend from ``root``, parents before children."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        children[entry.parent].append(entry.pid)
    found = list(children[root])
    for pid in found:
        found.extend(children[pid])
    return found
