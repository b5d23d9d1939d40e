"""Starting processes through the supervisor, and learning how they ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_runner.process import supervisor
from kernel_runner.process.tree import descendants

# Our children that are supervisors and live: what one of them leaves must not be taken for these.
_supervisors: set[int] = set()


class SpawnError(Exception):
    """A program could not be started; the message is a sentence for the person."""


class ProgramMissing(SpawnError):
    """There is no such program on this machine."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended.

    code: its exit code, or 128 plus the signal's number; signal: the signal that ended it, if
    one did; cpu: processor seconds, its reaped children included; peak: the most memory it had
    at once, in bytes. The launcher's own few megabytes are the least that wait4 can tell.
    """

    code: int
    signal: signal.Signals | None
    cpu: float
    peak: int

    @classmethod
    def from_status(cls, status: int, cpu: float = 0.0, peak: int = 0) -> Exit:
        """From what wait4 says."""
        if not os.WIFSIGNALED(status):
            return cls(os.waitstatus_to_exitcode(status), None, cpu, peak)
        number = os.WTERMSIG(status)
        try:
            return cls(128 + number, signal.Signals(number), cpu, peak)
        except ValueError:  # a real-time signal without a name
            return cls(128 + number, None, cpu, peak)


class Process:
    """A running process; on a terminal of its own, the leader of a session and process group."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._exit: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    @property
    def exit(self) -> Exit | None:
        """How it ended; None while it runs."""
        return self._exit.result() if self._exit.done() else None

    async def wait(self) -> Exit:
        """Wait until it has ended (and was reaped)."""
        return await asyncio.shield(self._exit)

    def ended(self, exit: Exit) -> None:
        """For the spawner: this is how it ended."""
        if not self._exit.done():
            self._exit.set_result(exit)

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the process and all that share its process group."""
        if not self._exit.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill_tree(self) -> None:
        """Kill the process and every descendant that can still be told from others."""
        if not self._exit.done():
            for pid in [*descendants(self.pid), self.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


class Spawner:
    """Keeps the supervisor, and starts processes through it.

    start() may be called before there is an event loop, so that the supervisor's own start
    overlaps whatever comes next; everything else belongs to the loop. own_session keeps the
    supervisor out of signals to our process group.
    """

    def __init__(self, own_session: bool = True) -> None:
        self.run_directory = Path()
        self._own_session = own_session
        self._sock: socket.socket | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._buffer = bytearray()
        self._last_id = 0
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._processes: dict[int, Process] = {}

    def start(self) -> None:
        """Start the supervisor.

        It removes run_directory, the place for temporary files, when all is over.
        """
        self.run_directory = Path(tempfile.mkdtemp(prefix="kernel-runner-"))
        ours, theirs = socket.socketpair()
        script = Path(supervisor.__file__)
        # Where the supervisor itself is killed, its children come to the kernel.
        supervisor.libc.prctl(supervisor.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        with theirs:
            self._supervisor = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(script),
                    str(theirs.fileno()),
                    str(self.run_directory),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=self._own_session,
            )
        _supervisors.add(self._supervisor.pid)
        self._sock = ours

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str,
        fds: Mapping[int, int],
        session: bool = True,
        terminal: bool = False,
        ignored: Collection[int] = (),
    ) -> Process:
        """Start a program.

        fds maps the new process's descriptors to ours, which stay open here; everything else
        is closed for it. With session it leads a new one (and a process group), else it stays
        in the supervisor's; with terminal, its fd 0 becomes its controlling terminal. It
        ignores the signals in ``ignored``. Raises ProgramMissing or SpawnError.
        """
        targets, ours = list(fds), list(fds.values())
        reply = await self._ask(
            {
                "op": "spawn",
                "argv": list(argv),
                "env": dict(env),
                "cwd": cwd,
                "targets": targets,
                "session": session,
                "terminal": terminal,
                "ignored": list(ignored),
            },
            ours,
        )
        if "pid" not in reply:
            raise spawn_error(argv[0], cwd, reply)
        process: Process = reply["process"]
        return process

    async def kill_all(self) -> None:
        """Kill every process that was started here, and all that descends from them."""
        if self._sock is not None:
            await self._ask({"op": "kill"}, [])

    async def close(self) -> None:
        """Kill everything and end the supervisor."""
        if self._sock is None:
            return
        with contextlib.suppress(SpawnError):
            await self.kill_all()
        self._forget()

    @property
    def pid(self) -> int | None:
        """The supervisor's process id."""
        return self._supervisor.pid if self._supervisor else None

    def _ask(self, message: dict[str, Any], fds: list[int]) -> asyncio.Future[dict[str, Any]]:
        if self._sock is None:
            self.start()
        assert self._sock is not None
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._sock, self._readable)
        self._last_id += 1
        reply: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._replies[self._last_id] = reply
        try:
            supervisor.send_message(self._sock, {"id": self._last_id, **message}, fds)
        except OSError:
            self._lost()  # before anything else was awaited, so the reply gets its error
        return reply

    def _readable(self) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        self._buffer += data
        while len(self._buffer) >= 4:
            (length,) = struct.unpack_from("!I", self._buffer)
            if len(self._buffer) < 4 + length:
                return
            message = json.loads(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            self._received(message)

    def _received(self, message: dict[str, Any]) -> None:
        if "exited" in message:
            process = self._processes.pop(message["exited"], None)
            if process is not None:
                usage = message["cpu"], message["peak"]
                process.ended(Exit.from_status(message["status"], *usage))
            return
        if "pid" in message:  # here, so that an exit right behind it finds its process
            process = self._processes[message["pid"]] = Process(message["pid"])
            message["process"] = process
        reply = self._replies.pop(message["id"])
        if not reply.done():
            reply.set_result(message)

    def _lost(self) -> None:
        """The supervisor was killed. What it leaves comes to us, the next subreaper."""
        self._forget()
        while orphans := set(supervisor.children_of(os.getpid())) - _supervisors:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
            for pid in orphans:
                os.waitpid(pid, 0)  # and its children come to us in their turn

    def _forget(self) -> None:
        """Drop a supervisor that has gone; the next spawn starts another."""
        assert self._sock is not None
        if self._loop is not None:
            self._loop.remove_reader(self._sock)
        self._sock.close()
        self._sock, self._loop = None, None
        self._buffer.clear()
        if self._supervisor is not None:
            self._supervisor.wait()
            _supervisors.discard(self._supervisor.pid)
            self._supervisor = None
        for process in self._processes.values():
            process.ended(Exit.from_status(signal.SIGKILL))
        self._processes.clear()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(SpawnError("The process that starts programs was killed."))
        self._replies.clear()


def spawn_error(program: str, cwd: str, reply: dict[str, Any]) -> SpawnError:
    """The sentence for a program that did not start."""
    reason = os.strerror(reply["errno"])
    if reply["at"] == "cwd":
        return SpawnError(f"The directory {cwd} cannot be entered: {reason}.")
    if reply["errno"] == errno.ENOENT and shutil.which(program) is None:
        return ProgramMissing(f"There is no program {program} on this machine.")
    return SpawnError(f"{program} cannot be started: {reason}.")
