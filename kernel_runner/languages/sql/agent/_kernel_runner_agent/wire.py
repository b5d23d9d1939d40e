"""Frames on the agent's two pipes; kernel_runner/session/frames.py says what they mean."""

from __future__ import annotations

import fcntl
import os
import threading

MARK = b"\x1b_kernel-runner\x1b\\"
HIGH = 100

Frame = tuple[str, int, tuple[bytes, ...]]


class Channel:
    """The two pipes, moved away from the numbers that an extension might close."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = os.fdopen(_move_high(requests), "rb")
        self._answers = _move_high(answers)
        self._lock = threading.Lock()

    def receive(self) -> Frame | None:
        """The next frame; None at the end."""
        type_, *numbers = self._requests.readline().decode("ascii").split()
        if not numbers:
            return None
        fields = tuple(self._requests.read(int(length)) for length in numbers[1:])
        return type_, int(numbers[0]), fields

    def send(self, type_: str, id_: int, *fields: str | bytes) -> None:
        """Write one frame, whole; D and U are preceded by the mark on stdout."""
        raw = [
            field.encode("utf-8", "replace") if isinstance(field, str) else field
            for field in fields
        ]
        header = " ".join([type_, str(id_), *(str(len(field)) for field in raw)])
        data = b"".join([header.encode("ascii"), b"\n", *raw])
        if type_ in "DU":
            _write(1, MARK)
        with self._lock:
            _write(self._answers, data)


def _move_high(fd: int) -> int:
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(fd)
    return moved


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
