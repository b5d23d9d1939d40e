"""Reading what programs write, as it comes, without holding up the loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable

CHUNK = 1 << 16
# One turn reads at most this much, so that other requests are served during a flood.
TURN = 1 << 18
# More than a terminal or a pipe can hold: what comes beyond it was written after we began.
MOST_UNDER_WAY = 1 << 20


class Pump:
    """Reads a descriptor that it owns until its end, and hands on the bytes.

    deliver is called with every piece read. pause() stops the reading (and so, in the end, the
    writer: a full pipe is what holds back a flood); resume() goes on. finished is set when
    nobody can write to the descriptor any more.
    """

    def __init__(self, fd: int, deliver: Callable[[bytes], None]) -> None:
        self.finished = asyncio.Event()
        self._fd = fd
        self._deliver = deliver
        self._paused = False
        self._loop = asyncio.get_running_loop()
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._read_turn)

    def drain(self) -> None:
        """Read all that has been written so far.

        A read that finds nothing waits for what is under way inside the terminal (Linux's
        n_tty_read flushes its work queue), so nothing written before this call is missed.
        """
        if not self.finished.is_set():
            self._read(MOST_UNDER_WAY)

    def pause(self) -> None:
        """Stop reading for now."""
        if not self._paused and not self.finished.is_set():
            self._paused = True
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Go on reading."""
        if self._paused and not self.finished.is_set():
            self._paused = False
            self._loop.add_reader(self._fd, self._read_turn)

    def close(self) -> None:
        """Stop for good and close the descriptor; whoever still writes gets an error."""
        if not self.finished.is_set():
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self.finished.set()

    def _read_turn(self) -> None:
        self._read(TURN)

    def _read(self, most: int) -> None:
        """Read what there is now, about ``most`` bytes of it, and hand it on in one piece."""
        pieces, size, ended = [], 0, False
        try:
            while size < most and not ended:
                data = os.read(self._fd, CHUNK)
                pieces.append(data)
                size += len(data)
                ended = not data
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.EIO:  # EIO: a terminal whose other side is closed
                raise
            ended = True
        if size:
            self._deliver(b"".join(pieces))
        if ended:
            self.close()


async def write_all(fd: int, data: bytes) -> None:
    """Write everything to a non-blocking descriptor. Raises OSError when it has no reader."""
    loop = asyncio.get_running_loop()
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            writable = loop.create_future()
            loop.add_writer(fd, _set_once, writable)
            try:
                await writable
            finally:
                with contextlib.suppress(ValueError):
                    loop.remove_writer(fd)


def _set_once(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
