"""The console of a runner on the command line: output goes to our own streams."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import termios
from collections.abc import Iterator, Mapping
from typing import Any

from kernel_runner.console import PLAIN, Bundle, CellError

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
STREAMS = {"stdout": 1, "stderr": 2}
CHUNK = 1 << 16
LOCAL_FLAGS = 3  # in what termios.tcgetattr gives


class TerminalConsole:
    """Streams pass through as they come, values are shown as text, errors go to stderr.

    answers: the descriptor that questions are answered from, line by line; None: nobody can.
    """

    overwrites = False

    def __init__(self, answers: int | None = None) -> None:
        self._answers = LineReader(answers) if answers is not None else None
        self._leaving = False
        self._colours = os.isatty(STREAMS["stderr"]) and not os.environ.get("NO_COLOR")

    def stream(self, name: str, data: bytes) -> None:
        """Write the bytes; once nobody reads them any more, end as SIGPIPE would have us."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(STREAMS[name], view) :]
        except BrokenPipeError:
            if not self._leaving:  # what comes while we leave is nobody's any more
                self._leaving = True
                sys.exit(128 + signal.SIGPIPE)

    def display(
        self,
        bundle: Bundle,
        metadata: Mapping[str, Any] | None = None,
        *,
        display_id: str | None = None,
        update: bool = False,
    ) -> None:
        """Show a value's text; of one that has none, say what it is."""
        text = bundle.get(PLAIN, f"[{', '.join(bundle)}]")
        self.stream("stdout", f"{text}\n".encode("utf-8", "replace"))

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Show the value of the last expression."""
        self.display(bundle)

    def error(self, error: CellError) -> None:
        """Show the traceback on stderr. A mere exit code is passed on, and needs no words."""
        if error.name == "ExitCode":
            return
        text = "\n".join(error.traceback or [f"{error.name}: {error.message}"])
        self.tell(text if self._colours else COLOURS.sub("", text))

    def tell(self, sentence: str) -> None:
        """A sentence on stderr."""
        self.stream("stderr", f"{sentence}\n".encode("utf-8", "replace"))

    def clear(self, wait: bool = False) -> None:
        """What was written stays written."""

    async def input(self, prompt: str = "", password: bool = False) -> str:
        """The next line of the person's, or of whatever is there in their place."""
        self.stream("stdout", prompt.encode("utf-8", "replace"))
        if self._answers is None:
            raise EOFError
        return await self._answers.read(hidden=password)


class LineReader:
    """Reads lines from a descriptor: a terminal, a pipe or a file."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._unread = b""

    async def read(self, hidden: bool = False) -> str:
        """The next line, without its end; hidden: a terminal does not show it.

        Raises EOFError at the end.
        """
        with without_echo(self._fd) if hidden else contextlib.nullcontext():
            while b"\n" not in self._unread:
                await self._readable()
                data = os.read(self._fd, CHUNK)
                if not data and not self._unread:
                    raise EOFError
                self._unread += data or b"\n"
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("utf-8", "surrogateescape")

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(self._fd, ready.set)
        except PermissionError:  # a file: epoll does not take it, and a read never waits
            return
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._fd)


@contextlib.contextmanager
def without_echo(fd: int) -> Iterator[None]:
    """While in this context, a terminal does not show what is typed, but for the line's end."""
    if not os.isatty(fd):
        yield
        return
    before = termios.tcgetattr(fd)
    hidden = termios.tcgetattr(fd)
    hidden[LOCAL_FLAGS] = (hidden[LOCAL_FLAGS] & ~termios.ECHO) | termios.ECHONL
    termios.tcsetattr(fd, termios.TCSADRAIN, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
