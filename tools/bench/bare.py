"""A session's agent without a kernel: frames on its fds 3 and 4, and nothing between."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kernel_runner.languages import runner_class
from kernel_runner.process.spawner import Spawner
from kernel_runner.session.frames import Frame, FrameReader
from kernel_runner.session_runner import SessionRunner

TIMEOUT = 60.0
# Becomes the agent: with the terminal as its own, and the two pipes where it looks for them.
LAUNCHER = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY)
requests, answers = (fcntl.fcntl(int(fd), fcntl.F_DUPFD_CLOEXEC, 10) for fd in sys.argv[1:3])
os.dup2(requests, 3)
os.dup2(answers, 4)
for fd in map(int, sys.argv[1:3]):
    if fd > 4: os.close(fd)
os.execvp(sys.argv[3], sys.argv[3:])
"""


class BareAgent:
    """A running agent: a terminal is its stdin and stdout, a pipe its stderr."""

    def __init__(self, language: str, executable: str = "") -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bare-"))
        spawner = Spawner()
        spawner.run_directory = self._folder
        runner = runner_class(language)(spawner, executable=executable)
        assert isinstance(runner, SessionRunner)
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER]
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._terminal, terminal = pty.openpty()
        self._stderr, stderr = os.pipe()
        self._process = subprocess.Popen(
            [*launcher, str(requests), str(answers), *runner.agent()],
            stdin=terminal,
            stdout=terminal,
            stderr=stderr,
            env=runner.env,
            cwd=self._folder,
            pass_fds=(requests, answers),
            start_new_session=True,
        )
        for fd in (requests, answers, terminal, stderr):
            os.close(fd)
        self._reader = FrameReader()
        self._frames: list[Frame] = []
        self._count = 0
        self._wait("R")

    def evaluate(self, code: str) -> float:
        """Seconds from a cell's frame to the frame that ends it."""
        self._count += 1
        options = {"silent": False, "store_history": True, "msg_id": str(self._count)}
        fields = [code, str(self._count), "", "", json.dumps(options)]
        raw = tuple(field.encode() for field in fields)
        started = time.perf_counter()
        self._send(Frame("E", self._count, raw))
        self._wait("KX")
        return time.perf_counter() - started

    def close(self) -> None:
        """End it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for fd in (self._requests, self._answers, self._terminal, self._stderr):
            os.close(fd)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _send(self, frame: Frame) -> None:
        data = frame.encode()
        while data:
            data = data[os.write(self._requests, data) :]

    def _wait(self, types: str) -> Frame:
        """Take what it says and writes until a frame of one of these types comes."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if frame.type in types:
                    return frame
            self._take(deadline - time.monotonic())

    def _take(self, timeout: float) -> None:
        fds = [self._answers, self._terminal, self._stderr]
        ready = select.select(fds, [], [], max(0.0, timeout))[0]
        for fd in ready:
            data = os.read(fd, 1 << 16)
            if fd == self._answers:
                if not data:
                    raise RuntimeError("the agent has ended")
                self._frames += self._reader.feed(data)
        if not ready:
            raise RuntimeError(f"the agent gave no answer in {TIMEOUT:.0f} s")
