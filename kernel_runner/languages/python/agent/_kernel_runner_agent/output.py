"""The session's file descriptors 0, 1 and 2, and the Python streams over them."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from typing import Any, List, Optional

from . import children
from .descriptors import copy_high
from .streams import ERRORS, Flusher, OutputStream

MARK = b"\x1b_kernel-runner\x1b\\"


class Output:
    """Owns sys.stdout and sys.stderr: flushes them, reopens them, mends what a cell closed."""

    def __init__(self) -> None:
        self._flusher = Flusher()
        self._saved = [_spare(fd) for fd in (0, 1, 2)]
        self.stdout: Optional[OutputStream] = None
        self.stderr: Optional[OutputStream] = None
        self._install()
        children.call_before_start(self.flush)
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._flusher.resume,
            after_in_child=self._after_fork_in_child,
        )

    def flush(self) -> None:
        """Write out everything. Never raises because of what a cell did to the streams."""
        for stream in self._streams():
            try:
                stream.flush()
            except KeyboardInterrupt:
                raise
            except BaseException:  # closed, replaced by anything, a full disk
                pass
        if "ctypes" in sys.modules:
            _flush_libc()

    def mark(self) -> None:
        """Mark the place in stdout where the next D or U belongs (frames.py)."""
        self.flush()
        with contextlib.suppress(OSError):  # the kernel has gone
            os.write(self._saved[1], MARK)

    def prepare(self, stdout: str, stderr: str) -> None:
        """Before a cell: reopen fds 1 and 2 on these paths (empty: leave them)."""
        self.flush()
        self._mend()
        for fd, path in ((1, stdout), (2, stderr)):
            if path:
                opened = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
                os.dup2(opened, fd)
                os.close(opened)
                self._saved[fd] = _spare(fd, self._saved[fd])

    def _streams(self) -> List[Any]:
        streams: List[Any] = [self.stdout, self.stderr]
        if sys.stdout is not self.stdout:
            streams.append(sys.stdout)
        if sys.stderr is not self.stderr:
            streams.append(sys.stderr)
        return streams

    def _mend(self) -> None:
        for fd, saved in enumerate(self._saved):
            try:
                os.fstat(fd)
            except OSError:
                if saved >= 0:
                    os.dup2(saved, fd)
        if self.stdout is None or self.stderr is None or self.stdout.closed or self.stderr.closed:
            self._install()

    def _install(self) -> None:
        old_out, old_err = self.stdout, self.stderr
        out = OutputStream(1, "<stdout>", ERRORS, self._flusher)
        err = OutputStream(2, "<stderr>", "backslashreplace", self._flusher)
        out.peer, err.peer = err, out
        self.stdout, self.stderr = out, err
        self._flusher.streams = [out, err]
        if old_out is None or sys.stdout is old_out:
            sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
        if old_err is None or sys.stderr is old_err:
            sys.stderr = sys.__stderr__ = err  # type: ignore[misc]

    def _before_fork(self) -> None:
        self.flush()
        self._flusher.pause()

    def _after_fork_in_child(self) -> None:
        self._flusher.resume(child=True)
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.after_fork()


def _spare(fd: int, spare: int = -1) -> int:
    """A copy of ``fd`` to mend it with (in place of an older one); -1 where there is no fd."""
    try:
        return copy_high(fd) if spare < 0 else os.dup2(fd, spare, inheritable=False)
    except OSError:
        return -1


@functools.lru_cache(maxsize=None)  # loading it again takes longer than flushing it
def _libc() -> Any:
    import ctypes

    libc = ctypes.CDLL(None)
    return libc, ctypes.c_void_p.in_dll(libc, "stdout")


def _flush_libc() -> None:
    """What native code left in C's own stdout; only where ctypes is loaded anyway."""
    try:
        libc, stdout = _libc()
        libc.fflush(stdout)
    except (OSError, ValueError, AttributeError):
        pass
