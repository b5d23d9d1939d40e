"""One service's process, from its start to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Mapping

from kernel_runner.process.pump import Pump
from kernel_runner.process.spawner import Process, Spawner, SpawnError
from kernel_runner.process.tree import descendants, process_entry, send
from kernel_runner.service.declaration import Service, ServiceError

HOST = "127.0.0.1"
MOST_LOG = 1 << 16
LINES_TOLD = 20
GRACE = 2.0  # seconds from SIGTERM to SIGKILL
PAUSE = 0.1  # seconds between two looks at a service that is not healthy yet
PATIENCE = 5.0  # seconds for an answer over the network
FAILURE = 400  # HTTP codes from here on


class Log:
    """The end of what a service has written to its stdout and stderr."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> None:
        """More of it."""
        self._kept += data
        del self._kept[:-MOST_LOG]

    @property
    def text(self) -> str:
        """What is kept."""
        return self._kept.decode("utf-8", "replace")

    @property
    def tail(self) -> str:
        """Its last lines."""
        return "".join(self.text.splitlines(keepends=True)[-LINES_TOLD:])


class Daemon:
    """Runs a service. It is the kernel's: the spawner ends it with everything else.

    state: "starting", "running", "stopped" (by us) or "ended" (by itself); ending: how.
    """

    def __init__(self, service: Service, spawner: Spawner) -> None:
        self.service = service
        self.port = service.port
        self.state = "starting"
        self.ending = ""
        self.log = Log()
        self._spawner = spawner
        self._process: Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._why_not = "it was not asked"

    async def start(self, env: Mapping[str, str], cwd: str) -> None:
        """Start it; returns when it is healthy. Raises ServiceError, and then it has ended."""
        service = self.service
        env = {**env, **service.environment}
        try:
            if self.port is not None:
                self.port = self.port or free_port()
                refuse_taken(service.name, self.port)
                env["PORT"] = str(self.port)
            self._process = await self._spawn(service.command, env, cwd)
            self._watching = asyncio.create_task(self._watch(self._process))
            if self.state == "stopped":  # while it was being started
                self._stopping = asyncio.create_task(self._end(self._process))
            await self._become_healthy(env, cwd, self._watching)
        except ServiceError as error:
            if self.state == "starting":
                self.state, self.ending = "ended", str(error)
            raise
        except Exception:  # a defect of our own must not leave it there
            self.stop()
            raise

    def stop(self) -> asyncio.Task[None]:
        """SIGTERM, and SIGKILL where it stays; the task is done when it has ended."""
        self.state = "stopped"
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._end(self._process))
        return self._stopping

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in ("starting", "running") or self._exit_is_awaited

    @property
    def _exit_is_awaited(self) -> bool:
        return self._process is not None and self._process.exit is None

    async def _spawn(self, command: str, env: Mapping[str, str], cwd: str) -> Process:
        ours, theirs = os.pipe()
        pump = Pump(ours, self.log.write)
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            argv = ["/bin/sh", "-c", command]
            fds = {0: nothing, 1: theirs, 2: theirs}
            return await self._spawner.spawn(argv, env=env, cwd=cwd, fds=fds)
        except SpawnError as error:
            pump.close()
            raise ServiceError(f"The service {self.service.name}: {error}") from error
        finally:
            os.close(theirs)
            os.close(nothing)

    async def _watch(self, process: Process) -> None:
        exit = await process.wait()
        how = f"by {exit.signal.name}" if exit.signal else f"with exit code {exit.code}"
        self.ending = f"ended {how}"
        if self.state != "stopped":
            self.state = "ended"

    async def _end(self, process: Process | None) -> None:
        if process is None or process.exit is not None:
            return
        family = [process_entry(pid) for pid in descendants(process.pid)]
        process.signal_group(signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE):
                await process.wait()
        except TimeoutError:
            process.kill_tree()
            await process.wait()
        for entry in family:  # those that did not leave with it
            now = entry and process_entry(entry.pid)
            if entry and now and now.started == entry.started:
                send(entry.pid, signal.SIGKILL)

    # -- health --------------------------------------------------------------------------------

    async def _become_healthy(
        self, env: Mapping[str, str], cwd: str, ended: asyncio.Task[None]
    ) -> None:
        name, timeout = self.service.name, self.service.health.timeout
        asking = asyncio.create_task(self._ask_until_healthy(env, cwd))
        try:
            await asyncio.wait(
                {asking, ended}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        if self.state == "stopped":
            raise ServiceError(f"The service {name} was stopped before it was healthy.")
        if self.state == "ended":
            sentence = f"The service {name} {self.ending} before it was healthy."
            raise ServiceError(sentence, self.log.tail)
        if asking.cancelled():
            await self.stop()
            self.state, self.ending = "ended", f"was not healthy within {timeout:g} s"
            sentence = f"The service {name} {self.ending}: {self._why_not}."
            raise ServiceError(sentence, self.log.tail)
        asking.result()
        self.state = "running"

    async def _ask_until_healthy(self, env: Mapping[str, str], cwd: str) -> None:
        while True:
            try:
                if await self._is_healthy(env, cwd):
                    return
            except SpawnError as error:
                self._why_not = str(error).rstrip(".")
            except OSError as error:
                known = os.strerror(error.errno) if error.errno else str(error)
                self._why_not = known.lower() or "it did not answer"
            await asyncio.sleep(PAUSE)

    async def _is_healthy(self, env: Mapping[str, str], cwd: str) -> bool:
        health = self.service.health
        if health.command:
            code = await self._run_check(health.command, env, cwd)
            self._why_not = f"its check ended with exit code {code}"
            return code == 0
        if self.port is None:
            return True
        if not health.http:
            async with asyncio.timeout(PATIENCE):
                _, writer = await asyncio.open_connection(HOST, self.port)
            writer.close()
            return True
        code = await http_code(f"http://{HOST}:{self.port}{health.http}")
        self._why_not = f"it answered with HTTP code {code}"
        return code < FAILURE

    async def _run_check(self, command: str, env: Mapping[str, str], cwd: str) -> int:
        nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            argv, fds = ["/bin/sh", "-c", command], dict.fromkeys((0, 1, 2), nothing)
            process = await self._spawner.spawn(argv, env=env, cwd=cwd, fds=fds)
        finally:
            os.close(nothing)
        try:
            return (await process.wait()).code
        except asyncio.CancelledError:
            process.kill_tree()
            raise


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_taken(name: str, port: int) -> None:
    """See that a service could listen at a port. Raises ServiceError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise ServiceError(
                f"The service {name} cannot have the port {port}: {error.strerror}."
            ) from error


async def http_code(url: str) -> int:
    """The code with which a GET is answered. Raises OSError where it is not answered."""
    from tornado.httpclient import AsyncHTTPClient, HTTPError
    from tornado.iostream import UnsatisfiableReadError

    try:
        response = await AsyncHTTPClient().fetch(
            url,
            raise_error=False,
            follow_redirects=False,
            validate_cert=False,
            request_timeout=PATIENCE,
            streaming_callback=lambda piece: None,
        )
    except (HTTPError, UnsatisfiableReadError, ValueError) as error:  # what answers is no HTTP
        raise OSError(str(error)) from error
    return response.code
