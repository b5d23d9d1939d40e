"""File descriptors out of the way of a cell that closes, or counts on, the first few."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from typing import Iterator

HIGH = (700, 100, 10)  # the first of these that the limit on open files allows


def copy_high(fd: int) -> int:
    """A copy of ``fd`` with a high number, which children do not inherit."""
    for lowest in HIGH:
        try:
            return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)
        except OSError as error:
            if error.errno != errno.EINVAL:  # which means: over the limit
                raise
    raise OSError("no file descriptor is left for the agent")


@contextlib.contextmanager
def low_ones_taken() -> Iterator[None]:
    """Within this, whatever is opened gets a number beyond the first few."""
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while taken[-1] < 32:
            taken.append(os.dup(taken[0]))
        yield
    finally:
        for fd in taken:
            os.close(fd)
