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
from typing import TYPE_CHECKING, Any, Protocol

from kernel_runner.process import supervisor
from kernel_runner.process.terminal import Terminal
from kernel_runner.process.tree import descendants, inner_pid, signal_family

if TYPE_CHECKING:
    from kernel_runner.process.limits import Limits

# The id of a process that has ended before it could be known: greater than any (PID_MAX_LIMIT).
NOBODY = (1 << 22) + 1

# Our children that are supervisors and live: what one of them leaves must not be taken for these.
_supervisors: set[int] = set()


class SpawnError(Exception):
    """A program could not be started; the message is a sentence for the person."""


class Enclosure(Protocol):
    """What the supervisor, and with it every program, is enclosed in: a jail."""

    # Whether the programs are in a pid namespace of their own, and have terminals of their own.
    apart: bool

    @property
    def limits(self) -> Limits:
        """What a step of batch mode, or a query, may cost."""

    def enclose(self, arguments: Sequence[str], run_directory: Path) -> tuple[list[str], list[int]]:
        """The command for a supervisor with these arguments, and descriptors that it inherits.

        They are closed here once it runs. Raises SpawnError.
        """

    def run_directory(self) -> Path:
        """A new folder for temporary files."""

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """What a program gets to see of its environment."""

    def ended(self) -> None:
        """The supervisor has ended, and all of its programs."""


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
            signal_family(self.pid, signal.SIGKILL)


class Spawner:
    """Keeps the supervisor, and starts processes through it.

    start() may be called before there is an event loop, so that the supervisor's own start
    overlaps whatever comes next; everything else belongs to the loop. own_session keeps the
    supervisor out of signals to our process group. enclosure: where it is to be in a jail.
    """

    def __init__(self, own_session: bool = True, enclosure: Enclosure | None = None) -> None:
        self.run_directory = Path()
        self.enclosure = enclosure
        self._own_session = own_session
        self._devices: int | None = None  # the jail's /dev/pts
        self._pipes = 0
        self._received_fds: list[int] = []
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
        ours, theirs = socket.socketpair()
        inherited: list[int] = []
        # Where the supervisor itself is killed, its children come to the kernel.
        supervisor.libc.prctl(supervisor.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        with theirs:
            if self.enclosure is None:
                self.run_directory = Path(tempfile.mkdtemp(prefix="kernel-runner-"))
                python = [sys.executable, "-I", "-S", supervisor.__file__]
                command = [*python, str(theirs.fileno()), str(self.run_directory)]
            else:
                self.run_directory = self.enclosure.run_directory()
                arguments = [str(theirs.fileno()), str(self.run_directory)]
                command, inherited = self.enclosure.enclose(arguments, self.run_directory)
            self._supervisor = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno(), *inherited],
                stdin=subprocess.DEVNULL,
                start_new_session=self._own_session,
            )
        _supervisors.add(self._supervisor.pid)
        for fd in inherited:
            os.close(fd)
        self._sock = ours

    async def ready(self) -> None:
        """Wait until programs can be started, and terminals made for them. Raises SpawnError."""
        if self._sock is None:
            self.start()
        if self.enclosure is not None and self.enclosure.apart and self._devices is None:
            if self._loop is None:
                self._listen()
            if 0 not in self._replies:
                self._replies[0] = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._replies[0])

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
        if self.enclosure is not None:
            await self.ready()
            env = self.enclosure.environment(env)
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

    async def create(self, path: str) -> int:
        """Open a file to be written anew, where programs could write it. Raises OSError."""
        await self.ready()
        reply = await self._ask({"op": "create", "path": path}, [])
        if "errno" in reply:
            raise OSError(reply["errno"], os.strerror(reply["errno"]), path)
        created: int = reply["received"][0]
        return created

    def new_terminal(self) -> Terminal:
        """A terminal that the programs can open by its path, once we are ready()."""
        return Terminal(devices=self._devices)

    def new_pipe(self) -> tuple[int, int, str]:
        """A pipe's two ends, and a path by which programs can open the end for writing."""
        if self.enclosure is None:
            reading, writing = os.pipe()
            return reading, writing, f"/proc/{os.getpid()}/fd/{writing}"
        self._pipes += 1
        path = self.run_directory / f"pipe-{self._pipes}"
        os.mkfifo(path, 0o600)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        return reading, os.open(path, os.O_WRONLY | os.O_CLOEXEC), str(path)

    def outer_pid(self, inner: int, root: int) -> int:
        """The id here of a process that knows itself as ``inner`` and descends from ``root``."""
        if self.enclosure is None or not self.enclosure.apart:
            return inner
        family = [root, *descendants(root)]
        return next((pid for pid in family if inner_pid(pid) == inner), root)

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
    def pids(self) -> list[int]:
        """The ids of the programs that run."""
        return [process.pid for process in self._processes.values()]

    @property
    def cache_directory(self) -> Path | None:
        """Where to keep what programs have made, if that is not to be shared with other kernels."""
        return self.run_directory / "cache" / "build" if self.enclosure is not None else None

    @property
    def pid(self) -> int | None:
        """The supervisor's process id."""
        return self._supervisor.pid if self._supervisor else None

    def _ask(self, message: dict[str, Any], fds: list[int]) -> asyncio.Future[dict[str, Any]]:
        if self._sock is None:
            self.start()
        assert self._sock is not None
        if self._loop is None:
            self._listen()
        self._last_id += 1
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[self._last_id] = reply
        try:
            supervisor.send_message(self._sock, {"id": self._last_id, **message}, fds)
        except OSError:
            self._lost()  # before anything else was awaited, so the reply gets its error
        return reply

    def _listen(self) -> None:
        assert self._sock is not None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._sock, self._readable)

    def _readable(self) -> None:
        assert self._sock is not None
        try:
            flags = socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
            data, fds, _, _ = socket.recv_fds(self._sock, 1 << 16, supervisor.MAX_FDS, flags)
            self._received_fds += fds
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
        received = self._received_fds[: message["fds"]]
        del self._received_fds[: message["fds"]]
        if message["id"] == 0:
            (self._devices,) = received
        elif "pid" in message:  # here, so that an exit right behind it finds its process
            pid = pid_of(received.pop()) if received else message["pid"]
            process = self._processes[message["pid"]] = Process(pid)
            message["process"] = process
        message["received"] = received
        reply = self._replies.pop(message["id"], None)
        if reply is not None and not reply.done():
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
        for fd in [*self._received_fds, *([] if self._devices is None else [self._devices])]:
            os.close(fd)
        self._received_fds.clear()
        self._devices = None
        if self._supervisor is not None:
            self._supervisor.wait()
            _supervisors.discard(self._supervisor.pid)
            self._supervisor = None
        if self.enclosure is not None:
            self.enclosure.ended()
            # Where the supervisor was killed, or can't remove it from inside.
            shutil.rmtree(self.run_directory, ignore_errors=True)
        for process in self._processes.values():
            process.ended(Exit.from_status(signal.SIGKILL))
        self._processes.clear()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(SpawnError("The process that starts programs was killed."))
        self._replies.clear()


def pid_of(pidfd: int) -> int:
    """The id of a pidfd's process here, as /proc tells it; the pidfd is closed."""
    with open(f"/proc/self/fdinfo/{pidfd}", "rb") as info:
        found = info.read().partition(b"\nPid:")[2].split(None, 1)
    os.close(pidfd)
    pid = int(found[0])
    return pid if pid > 0 else NOBODY


def spawn_error(program: str, cwd: str, reply: dict[str, Any]) -> SpawnError:
    """The sentence for a program that did not start."""
    reason = os.strerror(reply["errno"])
    if reply["at"] == "cwd":
        return SpawnError(f"The directory {cwd} cannot be entered: {reason}.")
    if reply["errno"] == errno.ENOENT and shutil.which(program) is None:
        return ProgramMissing(f"There is no program {program} on this machine.")
    return SpawnError(f"{program} cannot be started: {reason}.")
