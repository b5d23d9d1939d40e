"""Telling, from /proc alone, that a program waits for input on its terminal.

Each thread's current system call is in /proc/PID/task/TID/syscall: a read of the terminal, or a
poll, select or epoll that waits for it and for as long as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from kernel_runner.process.terminal import Terminal
from kernel_runner.process.tree import descendants

FIRST_LOOK = 0.02
LONGEST_WAIT = 0.2
BACK_OFF = 1.3
TTY_DEVICE = os.makedev(5, 0)  # /dev/tty: whatever the controlling terminal is
FOREVER = 0xFFFFFFFF
EPOLL = "anon_inode:[eventpoll]"
# System call numbers, by machine: <asm/unistd.h>.
SYSTEM_CALLS = {
    "x86_64": {
        "read": (0, 17, 19),
        "poll": (7, 271),
        "select": (23, 270),
        "epoll": (232, 281),
    },
    "aarch64": {"read": (63, 65, 67), "poll": (73,), "select": (72,), "epoll": (22,)},
}
CALL_NAMES = {
    number: name
    for name, numbers in SYSTEM_CALLS.get(os.uname().machine, {}).items()
    for number in numbers
}


class InputWatch:
    """Looks whether a program, or a process that it started, waits for the terminal's input."""

    def __init__(self, terminal: Terminal, pid: int) -> None:
        self._terminal = terminal
        self._pid = pid
        self._quiet = asyncio.Event()

    def stir(self) -> None:
        """Something was written or read: the program is not waiting just now."""
        self._quiet.set()

    async def waits(self) -> None:
        """Return when the program waits for input. Polls, ever more slowly, while it is quiet."""
        interval, hits = FIRST_LOOK, 0
        while hits < 2:
            self._quiet.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_LOOK if hits else interval):
                    await self._quiet.wait()
                interval, hits = FIRST_LOOK, 0
                continue
            hits = hits + 1 if self._looks_waiting() else 0
            interval = min(interval * BACK_OFF, LONGEST_WAIT)

    def _looks_waiting(self) -> bool:
        if self._terminal.unread:
            return False
        # The program itself first: the process table costs a millisecond or two.
        return self._process_waits(self._pid) or any(
            self._process_waits(pid) for pid in descendants(self._pid)
        )

    def _process_waits(self, pid: int) -> bool:
        try:
            return any(self._thread_waits(pid, tid) for tid in os.listdir(f"/proc/{pid}/task"))
        except OSError:  # it has just ended, or is not ours to look at
            return False

    def _thread_waits(self, pid: int, tid: str) -> bool:
        words = Path(f"/proc/{pid}/task/{tid}/syscall").read_text().split()
        if not words or not words[0].isdecimal():
            return False
        arguments = [int(word, 16) for word in words[1:7]]
        match CALL_NAMES.get(int(words[0])):
            case "read":
                return self._is_ours(pid, arguments[0])
            case "poll":
                return any(self._is_ours(pid, fd) for fd in polled(pid, arguments))
            case "select":
                return any(self._is_ours(pid, fd) for fd in selected(pid, arguments))
            case "epoll":
                return arguments[3] & FOREVER == FOREVER and any(
                    self._is_ours(pid, fd) for fd in epolled(pid, arguments)
                )
            case _:
                return False

    def _is_ours(self, pid: int, fd: int) -> bool:
        try:
            if os.readlink(f"/proc/{pid}/fd/{fd}") == EPOLL:  # Racket polls one
                return any(self._is_ours(pid, inner) for inner in epolled(pid, [fd]))
            status = os.stat(f"/proc/{pid}/fd/{fd}")
        except OSError:
            return False
        ours = (self._terminal.device, TTY_DEVICE)
        return stat.S_ISCHR(status.st_mode) and status.st_rdev in ours


def polled(pid: int, arguments: list[int]) -> Iterator[int]:
    """The descriptors that poll(2) waits to read."""
    address, count = arguments[0], min(arguments[1], 1024)
    for fd, events, _ in struct.iter_unpack("=ihh", memory(pid, address, 8 * count)):
        if fd >= 0 and events & 1:
            yield fd


def selected(pid: int, arguments: list[int]) -> Iterator[int]:
    """The descriptors that select(2) waits to read."""
    count, address = min(arguments[0], 1024), arguments[1]
    if address:
        bits = memory(pid, address, (count + 7) // 8)
        yield from (fd for fd in range(count) if bits[fd // 8] >> (fd % 8) & 1)


def epolled(pid: int, arguments: list[int]) -> Iterator[int]:
    """The descriptors that epoll_wait(2) waits to read."""
    text = Path(f"/proc/{pid}/fdinfo/{arguments[0]}").read_text()
    for fd, events in re.findall(r"tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)", text):
        if int(events, 16) & 1:
            yield int(fd)


def memory(pid: int, address: int, length: int) -> bytes:
    """A piece of a process's memory. Raises OSError where it is not there, or no more."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        mem.seek(address)
        piece = mem.read(length)
    if len(piece) < length:  # it has ended since
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    return piece
