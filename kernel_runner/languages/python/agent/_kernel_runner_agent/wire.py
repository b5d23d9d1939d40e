"""Frames on two pipes, as ``kernel_runner/session/frames.py`` describes them."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from typing import List, NamedTuple, Optional, Union


class Frame(NamedTuple):
    """One frame from the kernel: its type, the id of its request, its raw fields."""

    type: str
    id: int
    fields: List[bytes]

    def raw(self, index: int) -> bytes:
        """Field number ``index``; empty where the frame is shorter."""
        return self.fields[index] if index < len(self.fields) else b""

    def text(self, index: int) -> str:
        """Field number ``index`` as text."""
        return self.raw(index).decode("utf-8", "replace")


class Channel:
    """The way to the kernel and back. Any thread may send; one thread receives."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._reader = io.BufferedReader(io.FileIO(requests, closefd=False), 1 << 16)
        self._lock = threading.Lock()
        self.closed = False

    def receive(self) -> Optional[Frame]:
        """The next frame, or None when the kernel is gone."""
        try:
            words = self._reader.readline().split()
            if not words:
                return None
            fields = [self._reader.read(int(length)) for length in words[2:]]
        except OSError:
            return None
        return Frame(words[0].decode("ascii"), int(words[1]), fields)

    def send(self, type_: str, id_: int, *fields: Union[str, bytes]) -> None:
        """Send one whole frame. Text that is not valid Unicode is sent escaped."""
        raw = [
            field.encode("utf-8", "backslashreplace") if isinstance(field, str) else field
            for field in fields
        ]
        header = " ".join([type_, str(id_), *(str(len(field)) for field in raw)])
        data = b"".join([header.encode("ascii"), b"\n", *raw])
        if self.closed:
            return
        with self._lock:
            written = os.write(self._answers, data)
            while written < len(data):
                written += os.write(self._answers, memoryview(data)[written:])

    def abandon(self) -> None:
        """Close this process's copies: a forked child must not speak for the session."""
        self.closed = True
        for fd in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                os.close(fd)
