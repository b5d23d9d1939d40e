"""What a program shows beside its text: frames on a pipe that it inherits.

A program that is no session finds the pipe by a variable, ``KERNEL_RUNNER_DISPLAY``, which holds
the descriptor's number and the pipe's inode as ``3:12345``: a child may have inherited the
variable and not the pipe, so the inode is to be compared. It writes D and U frames, as frames.py
describes them, with 0 for their ID, each after a mark in its stdout; what it prints then stays
behind what it shows.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path

from kernel_runner.console import Console
from kernel_runner.process.stdio import Outputs
from kernel_runner.session.frames import Frame, FrameError, FrameReader
from kernel_runner.session.session import show


class Displays:
    """Shows on a console what the frames of one program say; their files are in ``folder``."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder
        self._reader: FrameReader | None = FrameReader()

    def receive(self, data: bytes, outputs: Outputs) -> None:
        """Take bytes from the pipe; after what is no frame, nothing more is listened to."""
        if self._reader is None:
            return
        try:
            for frame in self._reader.feed(data):
                if frame.type in ("D", "U"):
                    outputs.at_mark(partial(self._show, frame))
        except FrameError:
            self._reader = None

    def _show(self, frame: Frame) -> None:
        with contextlib.suppress(ValueError):  # of a bundle or metadata that is none
            show(frame, self._console, self._folder)
