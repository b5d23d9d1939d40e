"""What is measured and how: running kernels, medians of alternating samples, tables."""

from __future__ import annotations

import contextlib
import os
import pty
import queue
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from rich.console import Console
from rich.table import Table

TIMEOUT = 300
START_TIMEOUT = 15
ANNOUNCE_TIMEOUT = 1

console = Console(width=120)


class Kernel:
    """A running kernel, and a client of it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        interrupt_mode: str = "",
        timeout: float = TIMEOUT,
        cwd: str | None = None,
        **environment: str,
    ) -> None:
        self.timeout = timeout
        self.result = ""  # the last cell's value, as plain text
        self.manager = manager_of(argv, interrupt_mode)
        self.manager.start_kernel(
            env={**os.environ, **environment},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels(hb=False)
        try:
            self.client.wait_for_ready(timeout=timeout)
        except BaseException:
            self.close()
            raise
        self._drain_shell()

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.manager.provisioner.pid)  # type: ignore[union-attr]

    def execute(self, code: str) -> tuple[float, str]:
        """Run a cell until its idle; seconds, and its stdout."""
        started = time.perf_counter()
        sent = self.client.execute(code)
        pieces: list[str] = []
        self.result = ""
        while True:
            message = self.client.get_iopub_msg(timeout=self.timeout)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                pieces.append(message["content"]["text"])
            if message["msg_type"] in ("execute_result", "display_data"):  # IRkernel's are these
                self.result = message["content"]["data"].get("text/plain", "")
            if message["content"].get("execution_state") == "idle":
                break
        seconds = time.perf_counter() - started
        self.client.get_shell_msg(timeout=self.timeout)
        return seconds, "".join(pieces)

    def burst(self, count: int, code: str) -> float:
        """Queue cells at once; seconds until the last reply, which must come in order."""
        started = time.perf_counter()
        sent = [self.client.execute(code) for _ in range(count)]
        for expected in sent:
            reply = self.client.get_shell_msg(timeout=self.timeout)
            assert reply["parent_header"]["msg_id"] == expected, "replies out of order"
        seconds = time.perf_counter() - started
        self.forget_iopub()
        return seconds

    def complete_while(self, busy: str, code: str) -> float | None:
        """Seconds to a completion while a cell runs; None when it comes only after the cell."""
        self._start_endless(busy)
        started = time.perf_counter()
        sent = self.client.complete(code, len(code))
        answered = None
        with contextlib.suppress(queue.Empty):
            message = self.client.get_shell_msg(timeout=2)
            if message["parent_header"]["msg_id"] == sent:
                answered = time.perf_counter() - started
        self.interrupt()
        self._drain_shell()
        return answered

    def interrupt_after_start(self, code: str) -> float:
        """Seconds from an interrupt to the reply of an endless cell."""
        self._start_endless(code)
        started = time.perf_counter()
        self.interrupt()
        self.client.get_shell_msg(timeout=self.timeout)
        return time.perf_counter() - started

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def kill_program(self, code: str) -> None:
        """Kill what runs an endless cell; returns with the cell's reply."""
        self._start_endless(code)
        (supervisor,) = self.process.children()
        for program in supervisor.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                program.kill()
        self.client.get_shell_msg(timeout=self.timeout)

    def kill_and_restart(self) -> None:
        """kill -9 the kernel, and have another at its ports."""
        self.process.kill()
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=self.timeout)
        self._drain_shell()

    def memory(self) -> float:
        """MiB of the kernel and its children, shared pages counted once (PSS)."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(one.memory_full_info().pss for one in family)) / 2**20

    def peak(self) -> float:
        """MiB: the most that the kernel's own process has had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def forget_iopub(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.client.get_iopub_msg(timeout=0.2)

    def _start_endless(self, code: str) -> None:
        """Send a cell; return when it has written something, unless its kernel keeps that back."""
        self.client.execute(code)
        self._wait_for("execute_input")
        with contextlib.suppress(queue.Empty):
            self._wait_for("stream", ANNOUNCE_TIMEOUT)

    def _wait_for(self, type_: str, timeout: float | None = None) -> None:
        wait = timeout or self.timeout
        while self.client.get_iopub_msg(timeout=wait)["msg_type"] != type_:
            pass

    def _drain_shell(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.client.get_shell_msg(timeout=1)
        self.forget_iopub()


def manager_of(argv: Sequence[str], interrupt_mode: str = "") -> KernelManager:
    """What starts a kernel that is not installed; ours are interrupted by message."""
    file = [] if any("{connection_file}" in word for word in argv) else ["-f", "{connection_file}"]
    mode = interrupt_mode or ("message" if "kernel_runner" in argv else "signal")

    class Manager(KernelManager):
        kernel_spec = KernelSpec(argv=[*argv, *file], interrupt_mode=mode)

    return Manager()


def ours(language: str, *more: str) -> list[str]:
    """The command of our kernel; python in the interpreter that ipykernel uses."""
    argv = [sys.executable, "-m", "kernel_runner", language, *more]
    return [*argv, "--executable", sys.executable] if language == "python" else argv


@contextlib.contextmanager
def running(argv: Sequence[str], **more: Any) -> Iterator[Kernel]:
    kernel = Kernel(argv, **more)
    try:
        yield kernel
    finally:
        kernel.close()


def start_once(
    argv: Sequence[str], code: str, cwd: str | None = None, **environment: str
) -> tuple[float, float]:
    """Seconds to the first kernel_info_reply, and to the reply of a cell sent with it."""
    manager = manager_of(argv)
    env = {**os.environ, **environment}
    started = time.perf_counter()
    manager.start_kernel(
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = manager.client()
    client.start_channels(hb=False)
    client.kernel_info()
    client.execute(code)
    times: list[float] = []
    try:
        while len(times) < 2:
            client.get_shell_msg(timeout=START_TIMEOUT)
            times.append(time.perf_counter() - started)
    except queue.Empty:
        console.print(
            f"{' '.join(argv[1:3])}: no answer in {START_TIMEOUT} s after {len(times)} of 2"
        )
        raise
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return times[0], times[1]


def median_ms(samples: list[float]) -> float:
    return statistics.median(samples) * 1000


def repeat(runs: int, *measures: Callable[[], float]) -> list[float]:
    """Medians in milliseconds of measures that alternate."""
    samples: list[list[float]] = [[] for _ in measures]
    for _ in range(runs):
        for measure, own in zip(measures, samples, strict=True):
            own.append(measure())
    return [median_ms(own) for own in samples]


def execute_seconds(kernel: Kernel, code: str) -> float:
    return kernel.execute(code)[0]


def read_all(argv: list[str], terminal: bool) -> float:
    """Seconds of a bare program whose output is read as fast as it comes."""
    reading, writing = pty.openpty() if terminal else os.pipe()
    started = time.perf_counter()
    program = subprocess.Popen(argv, stdout=writing, stdin=writing if terminal else None)
    os.close(writing)
    with contextlib.suppress(OSError):  # EIO: the terminal's other side has closed
        while select.select([reading], [], [])[0] and os.read(reading, 1 << 16):
            pass
    program.wait()
    os.close(reading)
    return time.perf_counter() - started


class Report:
    """What was measured: rows on the screen, and all of it in a JSON file."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def table(self, title: str, *columns: str) -> Table:
        table = Table(title=title, title_justify="left", title_style="bold")
        for number, column in enumerate(columns):
            first = number == 0
            table.add_column(column, justify="left" if first else "right", no_wrap=first)
        return table

    def add(self, table: Table, *cells: str) -> None:
        table.add_row(*cells)
        columns = [str(column.header) for column in table.columns]
        row = dict(zip(columns, cells, strict=True))
        self.rows.append({"section": str(table.title), **row})


def held(value: float, limit: float) -> str:
    """A ratio and its goal, green where it is held."""
    colour = "green" if value <= limit else "red"
    return f"[{colour}]{value:.2f}[/] (≤ {limit})"


def coloured(value: float, limit: float) -> str:
    """A ratio whose goal is in the column's title, green where it is held."""
    return f"[{'green' if value <= limit else 'red'}]{value:.2f}[/]"
