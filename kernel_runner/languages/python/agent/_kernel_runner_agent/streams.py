"""sys.stdout and sys.stderr: live when little is printed, cheap when much is.

A stream is line-buffered, and what has no newline yet appears within PERIOD. When BURST lines
come within BURST_SECONDS, the stream goes over to block buffering: its ``write`` is then the C
method itself, and the flusher thread writes out every PERIOD what there is, until it is quiet.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import queue
import threading
import time
from typing import Any, List, Optional, Tuple, Union

PERIOD = 0.008  # seconds; a busy cell's hold on the GIL adds up to 10 ms to it
BURST = 64
BURST_SECONDS = 0.02
QUIET_BYTES = 256
ERRORS = "kernel_runner.output"


def _encode_anything(error: UnicodeError) -> Tuple[Union[str, bytes], int]:
    """Like surrogateescape, but a surrogate that stands for no byte is written escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if 0xDC80 <= ord(character) <= 0xDCFF:
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return "\\u%04x" % ord(character), error.start + 1


codecs.register_error(ERRORS, _encode_anything)


class Flusher:
    """A daemon thread that writes out in time what the streams still hold."""

    def __init__(self) -> None:
        self.streams: List[OutputStream] = []
        self.alive = True
        self._armed = False
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._working = threading.Lock()
        threading.Thread(target=self._run, name="kernel_runner flusher", daemon=True).start()

    def wake(self) -> None:
        """Some stream holds something."""
        if not self._armed:
            self._armed = True
            self._bell.put(None)

    def pause(self) -> None:
        """Before a fork: let no stream be in the middle of a write."""
        self._working.acquire(timeout=1)

    def resume(self, *, child: bool = False) -> None:
        """After a fork. In the child the thread does not exist."""
        self.alive = not child and self.alive
        if self._working.locked():
            self._working.release()

    def _run(self) -> None:
        while True:
            self._bell.get()
            while self._armed:
                time.sleep(PERIOD)
                with self._working:
                    active = [stream.tick() for stream in self.streams]
                if not any(active):
                    self._armed = False
                    # A write that saw the thread armed a moment ago must not be left behind.
                    self._armed = any(stream.dirty for stream in self.streams)


class OutputBuffer(io.BufferedWriter):
    """The bytes of a stream; tells the flusher of bytes that the person writes here directly."""

    stream: Optional[OutputStream] = None
    passed = 0

    def write(self, data: Any, /) -> int:
        """Buffer some bytes; they are written out within PERIOD."""
        written = super().write(data)
        self.passed += written
        if self.stream is not None:
            self.stream.mark()
        return written


class OutputStream(io.TextIOWrapper):
    """Text to file descriptor 1 or 2, whatever that is at the moment."""

    def __init__(self, fd: int, name: str, errors: str, flusher: Flusher) -> None:
        raw = io.FileIO(fd, "w", closefd=False)
        raw.name = name
        self._bytes = OutputBuffer(raw, 1 << 16)
        super().__init__(self._bytes, encoding="utf-8", errors=errors, newline="\n")
        self.mode = "w"  # type: ignore[misc]
        self.dirty = False
        self.peer: Optional[OutputStream] = None
        self._flusher = flusher
        self._fast_write = super().write
        self._bursting = False
        self._lines = 0
        self._since = 0.0
        self._ticked = 0
        self._shared = False

    @property
    def buffer(self) -> Any:
        """The binary layer. Once the person has it, text no longer waits above it, so that
        what is written here and there keeps its order."""
        if not self._shared:
            self._shared = True
            self.reconfigure(write_through=True)
            self._bytes.stream = self
        return self._bytes

    def isatty(self) -> bool:
        """False: a notebook is no terminal, though the person's child processes see one."""
        return False

    def write(self, text: str, /) -> int:
        """Write some text, and with it, if it ends a line, everything before."""
        written = self._fast_write(text)
        if self.peer is not None and self.peer.dirty:
            with contextlib.suppress(OSError, ValueError):  # the person closed it
                self.peer.flush()
        if "\n" in text or (not self._flusher.alive and "\r" in text):
            self._end_line()
        else:
            self.mark()
        return written

    def mark(self) -> None:
        """Something is held: have it written out in time."""
        if not self.dirty:
            self.dirty = True
        self._flusher.wake()

    def tick(self) -> bool:
        """The flusher's turn. True where there was something to do."""
        if not self.dirty:
            return False
        self.dirty = self._bursting
        try:
            self.flush()
        except (OSError, ValueError):  # the person closed it
            self._leave_burst()
            self.dirty = False
        if self._bursting and self._bytes.passed - self._ticked < QUIET_BYTES:
            # It stays dirty for one more turn: a print may have picked the fast method just now.
            self._leave_burst()
        self._ticked = self._bytes.passed
        return True

    def _end_line(self) -> None:
        self.flush()
        self.dirty = False
        self._lines += 1
        if self._lines % BURST:
            return
        now = time.monotonic()
        if now - self._since < BURST_SECONDS and self._flusher.alive:
            self._bursting = self.dirty = True
            self._ticked = self._bytes.passed
            self.__dict__["write"] = self._fast_write
            self._flusher.wake()
        self._since = now

    def _leave_burst(self) -> None:
        self._bursting = False
        self.__dict__.pop("write", None)

    def after_fork(self) -> None:
        """In a forked child, which has no flusher: be line-buffered for good."""
        self._leave_burst()
