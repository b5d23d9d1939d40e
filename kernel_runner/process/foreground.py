"""Running programs in the foreground: on our own streams, as a command line does."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import struct
from collections.abc import Mapping, Sequence
from types import TracebackType

from kernel_runner.process.spawner import Exit, Process, Spawner
from kernel_runner.process.supervisor import libc
from kernel_runner.process.tree import send, signal_family

# What ends or steers a program. SIGTSTP and SIGCONT do to us and to it what they always do.
PASSED_ON = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
STEERING = {signal.SIGUSR1, signal.SIGUSR2}
SI_KERNEL = 0x80  # <asm-generic/siginfo.h>: not from a process, so from the terminal
SIGNALFD_INFO = struct.Struct("=Iii116x")  # ssi_signo, ssi_errno, ssi_code
SIGSET_BYTES = 128


class Stopped(Exception):
    """We were told to stop, and the program with us: what was to come after it is not run."""

    def __init__(self, code: int) -> None:
        super().__init__(f"stopped with exit code {code}")
        self.code = code


class Foreground:
    """Runs programs one at a time, with our stdin, stdout, stderr, session and process group.

    A real terminal stays one, with its job control; a pipe stays a pipe. What the terminal
    signals (Ctrl-C), it signals to the program as well; what is sent to us alone is passed on.
    Make it before anything is spawned: from then on those signals are blocked and read from a
    signalfd, the only way to tell the two apart. It is a context, within an event loop.
    """

    interrupted = False  # Ctrl-C is the program's own affair

    def __init__(self) -> None:
        self.spawner = Spawner(own_session=False)
        # nohup, and shells for what they start with &, let signals be ignored.
        self._ignored = [n for n in PASSED_ON if signal.getsignal(n) == signal.SIG_IGN]
        self._signals = [number for number in PASSED_ON if number not in self._ignored]
        self._received: set[int] = set()
        self._ended_by: signal.Signals | None = None
        self._process: Process | None = None
        self._is_tool = False
        self._task: asyncio.Task[object] | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        self._fd = signalfd(self._signals)

    def __enter__(self) -> Foreground:
        self._task = asyncio.current_task()
        asyncio.get_running_loop().add_reader(self._fd, self._read_signals)
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        if type_ is asyncio.CancelledError and self._ended_by is not None:
            raise Stopped(128 + self._ended_by) from error

    async def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str, input: bool = True
    ) -> Exit:
        """Run a program until it ends.

        Without input it is a tool: /dev/null is its stdin, and what is sent to us alone goes to
        all that it has started, as from a terminal, for it relies on that.

        Raises SpawnError, and Stopped.
        """
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            process = await self.spawner.spawn(
                argv,
                env=env,
                cwd=cwd,
                fds={0: 0 if input else nothing, 1: 1, 2: 2},
                session=False,
                ignored=self._ignored,
            )
        finally:
            os.close(nothing)
        self._process, self._is_tool = process, not input
        try:
            exit = await process.wait()
        except asyncio.CancelledError:
            process.kill_tree()
            raise
        finally:
            self._process = None
        if exit.code - 128 in self._received:
            raise Stopped(exit.code)
        return exit

    def interrupt(self) -> None:
        """Send the program SIGINT."""
        self._pass_on(signal.SIGINT)

    def _read_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                number, _, code = SIGNALFD_INFO.unpack(os.read(self._fd, SIGNALFD_INFO.size))
                self._received.add(number)
                if code != SI_KERNEL or self._process is None:
                    self._pass_on(signal.Signals(number))

    def _pass_on(self, number: signal.Signals) -> None:
        """To the program; between two programs, what would end one ends the whole."""
        if self._process is not None:
            if self._is_tool:
                signal_family(self._process.pid, number)
            else:
                send(self._process.pid, number)
        elif number not in STEERING and self._task is not None:
            self._ended_by = number
            self._task.cancel()


def signalfd(signals: Sequence[int]) -> int:
    """A non-blocking descriptor from which these (blocked) signals can be read: signalfd(2)."""
    mask = sum(1 << (number - 1) for number in signals).to_bytes(SIGSET_BYTES, "little")
    fd = int(libc.signalfd(-1, ctypes.c_char_p(mask), os.O_NONBLOCK | os.O_CLOEXEC))
    if fd < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return fd
