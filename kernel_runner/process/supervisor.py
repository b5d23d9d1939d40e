"""The supervisor: the parent of every process that a kernel starts.

It runs as a process of its own (``python -I -S supervisor.py FD DIR``), so it outlives the kernel
just long enough to clean up after it: when its socket closes, for whatever reason, it kills
every descendant, those that called setsid or forked twice included, since it is their
subreaper. It starts what the kernel asks for, reaps everything, and reports each exit.

Messages both ways are a 4-byte length and JSON; the descriptors for a new process come along
with the length. Only the standard library is used, and little of it: this is on the way of
every kernel's start.

In a jail (see jail/enter.py) it may be the first process of a pid namespace. Then it says first
where terminals are made that the programs can open, and hands over a pidfd of each program: only
by that can the kernel know it, whose numbers are others.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
TIOCSCTTY = 0x540E
# Set by Python for itself; a child that inherits "ignore" could never be interrupted.
RESET_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MAX_FDS = 64
DEVICES = "/dev/pts"

libc = ctypes.CDLL(None, use_errno=True)


def send_message(
    sock: socket.socket, message: dict[str, Any], fds: list[int] | None = None
) -> None:
    """Send one message, and open descriptors with it."""
    body = json.dumps(message).encode("ascii")
    data = struct.pack("!I", len(body)) + body
    sent = socket.send_fds(sock, [data], fds) if fds else 0
    sock.sendall(data[sent:])


def receive_message(sock: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Wait for one message; None when the other side is gone."""
    data, fds, _, _ = socket.recv_fds(sock, 4, MAX_FDS)
    while data and len(data) < 4:
        data += sock.recv(4 - len(data))
    if not data:
        return None
    (length,) = struct.unpack("!I", data)
    body = bytearray()
    while len(body) < length:
        chunk = sock.recv(min(length - len(body), 1 << 20))
        if not chunk:
            return None
        body += chunk
    return json.loads(body), list(fds)


def children_of(parent: int) -> list[int]:
    """The process ids of the direct children of ``parent``."""
    children = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    fields = stat.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                children.append(int(name))
    return children


class Supervisor:
    """Starts, reaps and ends processes at the kernel's word."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._kernel_is_there = True
        self._apart = os.getpid() == 1

    def serve(self) -> None:
        """Work until the kernel closes the socket, then leave nothing behind."""
        wake, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        poll.register(wake, select.POLLIN)
        if self._apart:
            devices = os.open(DEVICES, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._reply({"id": 0}, [devices])
        try:
            while True:
                ready = {fd for fd, _ in poll.poll()}
                if wake in ready:
                    os.read(wake, 4096)
                    self._reap()
                if self._sock.fileno() in ready and not self._handle():
                    return
        except OSError:
            return  # the kernel closed its end while we wrote to it
        finally:
            self._kernel_is_there = False
            self._kill_everything()

    def _handle(self) -> bool:
        received = receive_message(self._sock)
        if received is None:
            return False
        message, fds = received
        result: list[int] = []
        match message["op"]:
            case "spawn":
                reply = self._spawn(message, fds)
                if self._apart and "pid" in reply:
                    result = [os.pidfd_open(reply["pid"])]
            case "create":
                reply, result = create(message["path"])
            case _:
                reply = {"killed": self._kill_everything()}
        self._reply({"id": message["id"], **reply}, result)
        return True

    def _reply(self, message: dict[str, Any], fds: list[int]) -> None:
        """Send a message, and descriptors that are none of ours any more."""
        send_message(self._sock, {**message, "fds": len(fds)}, fds)
        for fd in fds:
            os.close(fd)

    def _spawn(self, message: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        failed, failed_write = os.pipe2(os.O_CLOEXEC)
        with open(failed, "rb") as pipe:
            try:
                pid = os.fork()
                if pid == 0:
                    become(message, fds, failed_write)
            except OSError as error:
                return {"errno": error.errno, "at": "fork"}
            finally:
                for fd in [failed_write, *fds]:
                    os.close(fd)
            failure = pipe.read()
        if not failure:
            return {"pid": pid}
        os.waitpid(pid, 0)
        return dict(json.loads(failure))

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._kernel_is_there:
                cpu = usage.ru_utime + usage.ru_stime
                exited = {"exited": pid, "status": status, "cpu": cpu}
                send_message(self._sock, {**exited, "peak": usage.ru_maxrss * 1024})

    def _kill_everything(self) -> int:
        """Kill all descendants. They come to us one generation after the other."""
        if self._apart:
            return self._kill_namespace()
        killed = 0
        while children := children_of(os.getpid()):
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            killed += len(children)
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            self._reap()
        return killed

    def _kill_namespace(self) -> int:
        """Kill all at once, before any of them can fork again. They all come to us."""
        killed = 0
        try:
            os.kill(-1, signal.SIGKILL)
            while True:
                os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
                self._reap()
                killed += 1
        except (ProcessLookupError, ChildProcessError):
            return killed


def create(path: str) -> tuple[dict[str, Any], list[int]]:
    """Open a file to be written anew, in a folder that need not be there; or say why not."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Of what is there already, only a file is written: opening others may take forever.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NONBLOCK
        return {}, [os.open(path, flags, 0o666)]
    except OSError as error:
        return {"errno": error.errno, "at": "create"}, []


def become(message: dict[str, Any], fds: list[int], failed: int) -> None:
    """In the forked child: turn into the program that was asked for. Does not return."""
    at = "start"
    try:
        signal.set_wakeup_fd(-1)
        for number in RESET_SIGNALS:
            ignored = number in message["ignored"]
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if message["session"]:
            os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # Out of the way first: a target number may be one that still has to be copied.
        clear = max([*message["targets"], *fds]) + 1
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, clear) for fd in fds]
        for fd in fds:
            os.set_inheritable(fd, False)  # as they were received, the program would keep them
        for fd, target in zip(high, message["targets"], strict=True):
            os.dup2(fd, target, inheritable=True)
        if message["terminal"]:
            fcntl.ioctl(0, TIOCSCTTY, 0)
        at = "cwd"
        os.chdir(message["cwd"])
        at = "exec"
        os.execvpe(message["argv"][0], message["argv"], message["env"])
    except BaseException as error:
        reason = error.errno if isinstance(error, OSError) else errno.EINVAL
        os.write(failed, json.dumps({"errno": reason, "at": at}).encode("ascii"))
    finally:
        os._exit(127)


def main() -> None:
    """Serve the socket whose number is the first argument, then remove the second, a folder."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(sock.fileno(), False)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    Supervisor(sock).serve()
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    os._exit(0)  # at once, for someone waits for us


if __name__ == "__main__":
    main()
