"""Measure our kernels beside others, in one run: ratios hold on a noisy machine, times do not.

    make bench BENCH="[--runs N] [--only SECTION ...] [--json FILE]"

Sections: start, cells, output, interactive, compiled, large. Every figure is a median; where two
are compared, their runs alternate.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import platform
import pty
import queue
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from rich.console import Console
from rich.table import Table

import kernel_runner

TIMEOUT = 300
START_TIMEOUT = 15
LINES, WIDTH = 100_000, 62  # 6 MiB of small prints
PRINTS = {
    "python": f"for i in range({LINES}): print('x' * {WIDTH})",
    "bash": f"for ((i = 0; i < {LINES}; i++)); do echo {'x' * WIDTH}; done",
    "nodejs": f"for (let i = 0; i < {LINES}; i++) console.log('{'x' * WIDTH}')",
}
BARE = {"python": [sys.executable, "-c"], "bash": ["bash", "-c"], "nodejs": ["node", "-e"]}
LOOPS = {"python": "while True: pass", "bash": "while :; do :; done", "nodejs": "for (;;);"}
TRIVIAL = {"python": "1", "bash": ":", "nodejs": "1"}
SET = {"python": "kept = 5", "bash": "kept=5", "nodejs": "let kept = 5"}
GET = {"python": "print(kept)", "bash": "echo $kept", "nodejs": "console.log(kept)"}
PEERS = {"python": ("ipykernel_launcher",), "bash": ("bash_kernel",), "nodejs": ()}
MIB_OF_TEXT = r"""
#include <stdio.h>
#include <string.h>
int main(void) {
    static char line[1024];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 1024 * %d; i++) fwrite(line, 1, sizeof line, stdout);
    return 0;
}
"""
HELLO = '#include <stdio.h>\nint main(void) { puts("hello %d"); return 0; }\n'

UNLIMITED = "--RunnerKernel.output_limit=0"

console = Console(width=110)


class Kernel:
    """A running kernel, and a client of it."""

    def __init__(self, argv: list[str], **environment: str) -> None:
        class Manager(KernelManager):
            kernel_spec = KernelSpec(
                argv=[*argv, "-f", "{connection_file}"],
                interrupt_mode="message" if "kernel_runner" in argv else "signal",
            )

        self.manager = Manager()
        self.manager.start_kernel(
            env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=TIMEOUT)
        self._drain_shell()

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.manager.provisioner.pid)  # type: ignore[union-attr]

    def execute(self, code: str) -> tuple[float, str]:
        """Run a cell until its idle; seconds, and its stdout."""
        started = time.perf_counter()
        sent = self.client.execute(code)
        pieces: list[str] = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                pieces.append(message["content"]["text"])
            if message["content"].get("execution_state") == "idle":
                break
        seconds = time.perf_counter() - started
        self.client.get_shell_msg(timeout=TIMEOUT)
        return seconds, "".join(pieces)

    def burst(self, count: int, code: str) -> float:
        """Queue cells at once; seconds until the last reply, which must come in order."""
        started = time.perf_counter()
        sent = [self.client.execute(code) for _ in range(count)]
        for expected in sent:
            reply = self.client.get_shell_msg(timeout=TIMEOUT)
            assert reply["parent_header"]["msg_id"] == expected, "replies out of order"
        seconds = time.perf_counter() - started
        self.forget_iopub()
        return seconds

    def complete_while(self, busy: str, code: str) -> float | None:
        """Seconds to a completion while a cell runs; None when it comes only after the cell."""
        self.client.execute(busy)
        self._wait_busy()
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
        self.client.execute(code)
        self._wait_busy()
        started = time.perf_counter()
        self.interrupt()
        self.client.get_shell_msg(timeout=TIMEOUT)
        return time.perf_counter() - started

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def memory(self) -> float:
        """MiB of the kernel and its children, shared pages counted once (PSS)."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(one.memory_full_info().pss for one in family) / 2**20

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

    def _wait_busy(self) -> None:
        while self.client.get_iopub_msg(timeout=TIMEOUT)["msg_type"] != "execute_input":
            pass
        time.sleep(0.1)  # so that the loop itself runs, not only its compilation

    def _drain_shell(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.client.get_shell_msg(timeout=1)
        self.forget_iopub()


def ours(language: str, *more: str) -> list[str]:
    """The command of our kernel; python in the interpreter that ipykernel uses."""
    argv = [sys.executable, "-m", "kernel_runner", language, *more]
    return [*argv, "--executable", sys.executable] if language == "python" else argv


def kernels(language: str) -> dict[str, list[str]]:
    """Our kernel of a language and its peers."""
    peers = {name: [sys.executable, "-m", name] for name in PEERS[language]}
    return {f"kernel_runner {language}": ours(language), **peers}


@contextlib.contextmanager
def running(argv: list[str], **environment: str) -> Iterator[Kernel]:
    kernel = Kernel(argv, **environment)
    try:
        yield kernel
    finally:
        kernel.close()


def median_ms(samples: list[float]) -> float:
    return statistics.median(samples) * 1000


def repeat(runs: int, *measures: Callable[[], float]) -> list[float]:
    """Medians in milliseconds of measures that alternate."""
    samples: list[list[float]] = [[] for _ in measures]
    for _ in range(runs):
        for measure, own in zip(measures, samples, strict=True):
            own.append(measure())
    return [median_ms(own) for own in samples]


class Report:
    """What was measured: rows on the screen, and all of it in a JSON file."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def table(self, title: str, *columns: str) -> Table:
        table = Table(title=title, title_justify="left", title_style="bold")
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number == 0 else "right")
        self._title, self._columns = title, columns
        return table

    def add(self, table: Table, *cells: str) -> None:
        table.add_row(*cells)
        row = dict(zip(self._columns, cells, strict=True))
        self.rows.append({"section": self._title, **row})


def held(value: float, limit: float) -> str:
    """A ratio and its goal, green where it is held."""
    colour = "green" if value <= limit else "red"
    return f"[{colour}]{value:.2f}[/] (≤ {limit})"


def bench_start(report: Report, runs: int) -> None:
    """Start to the first kernel_info_reply and to the first execute_reply."""
    goals = {"python": (0.8, 0.9), "bash": (0.3, 0.3)}
    table = report.table(
        "Start", "kernel", "first info ms", "first cell ms", "ratio info", "ratio cell"
    )
    for language in PEERS:
        found = kernels(language)
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in found}
        for _ in range(runs):
            for name, argv in found.items():
                with contextlib.suppress(queue.Empty):  # a start without an answer is no sample
                    samples[name].append(start_once(argv))
        medians = {
            name: [median_ms(list(column)) for column in zip(*pairs, strict=True)]
            for name, pairs in samples.items()
        }
        peer = list(medians.values())[1] if len(medians) > 1 else None
        for number, (name, (info, cell)) in enumerate(medians.items()):
            ratios = ["", ""]
            if peer and number == 0:
                ratios = [held(info / peer[0], goals[language][0])]
                ratios.append(held(cell / peer[1], goals[language][1]))
            report.add(table, name, f"{info:.0f}", f"{cell:.0f}", *ratios)
    console.print(table)


def start_once(argv: list[str]) -> tuple[float, float]:
    """Seconds to the first kernel_info_reply, and to the reply of a cell sent with it."""

    class Manager(KernelManager):
        kernel_spec = KernelSpec(argv=[*argv, "-f", "{connection_file}"])

    manager = Manager()
    started = time.perf_counter()
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels(hb=False)
    client.kernel_info()
    client.execute("1" if "python" in argv or "ipykernel_launcher" in argv else "true")
    times = []
    try:
        while len(times) < 2:
            client.get_shell_msg(timeout=START_TIMEOUT)
            times.append(time.perf_counter() - started)
    except queue.Empty:
        console.print(f"{argv[2]}: no answer in {START_TIMEOUT} s after {len(times)} of 2")
        raise
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return times[0], times[1]


def execute_seconds(kernel: Kernel, code: str) -> float:
    return kernel.execute(code)[0]


def bench_cells(report: Report, runs: int) -> None:
    """A trivial cell, 50 queued ones, memory."""
    goals = {"python": 0.6, "bash": 0.1}
    table = report.table("Cells", "kernel", "trivial ms", "ratio", "50 queued ms", "memory MiB")
    for language in PEERS:
        code = TRIVIAL[language]
        with contextlib.ExitStack() as stack:
            open_ = {
                name: stack.enter_context(running(argv)) for name, argv in kernels(language).items()
            }
            for kernel in open_.values():
                kernel.execute(code)
            cells = repeat(runs, *(partial(execute_seconds, k, code) for k in open_.values()))
            for number, (name, kernel) in enumerate(open_.items()):
                ratio = ""
                if number == 0 and len(cells) > 1:
                    ratio = held(cells[0] / cells[1], goals[language])
                queued = median_ms([kernel.burst(50, code) for _ in range(3)])
                memory = f"{kernel.memory():.0f}"
                report.add(table, name, f"{cells[number]:.2f}", ratio, f"{queued:.0f}", memory)
    console.print(table)


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


def print_times(
    kernel: Kernel, language: str, runs: int, texts: list[str]
) -> tuple[float, float, float]:
    """Milliseconds of the prints in a cell, to a bare pipe and to a bare terminal."""
    bare = BARE[language]
    start = read_all([*bare, ""], terminal=False)

    def cell() -> float:
        seconds, text = kernel.execute(PRINTS[language])
        texts.append(text)
        return seconds

    def alone(terminal: bool) -> float:
        return read_all([*bare, PRINTS[language]], terminal) - start

    cells, pipe, terminal = repeat(runs, cell, lambda: alone(False), lambda: alone(True))
    return cells, pipe, terminal


def bench_output(report: Report, runs: int) -> None:
    """100,000 small prints beside the same program alone."""
    table = report.table(
        f"{LINES:,} prints of {WIDTH + 1} bytes", "kernel", "ms", "bare pipe", "bare terminal",
        "ratio to terminal", "exact",
    )  # fmt: skip
    exact = ("x" * WIDTH + "\n") * LINES
    for language in PRINTS:
        for number, (name, argv) in enumerate(kernels(language).items()):
            if name == "bash_kernel":
                continue  # it takes minutes
            with running(argv, PYTHONUNBUFFERED="") as kernel:
                texts: list[str] = []
                own, pipe, terminal = print_times(kernel, language, max(3, runs // 6), texts)
            ratio = held(own / terminal, 1.3) if number == 0 else f"{own / terminal:.2f}"
            right = "yes" if all(text == exact for text in texts) else "NO"
            cells = [f"{value:.0f}" for value in (own, pipe, terminal)]
            report.add(table, name, *cells, ratio, right)
    console.print(table)


def bench_interactive(report: Report, runs: int) -> None:
    """Completion while a cell runs, and interrupt to reply with the state kept."""
    table = report.table(
        "While a cell runs", "kernel", "completion ms", "interrupt ms", "state kept"
    )
    words = {"python": "impor", "bash": "ech", "nodejs": "consol"}
    for language in PEERS:
        for number, (name, argv) in enumerate(kernels(language).items()):
            count = runs if number == 0 else 3
            with running(argv) as kernel:
                kernel.execute(SET[language])
                answers = [
                    kernel.complete_while(LOOPS[language], words[language])
                    for _ in range(max(3, count // 6))
                ]
                known = [answer for answer in answers if answer is not None]
                completion = f"{median_ms(known):.1f}" if known else "after the cell"
                interrupts = []
                for _ in range(count):
                    interrupts.append(kernel.interrupt_after_start(LOOPS[language]))
                    kernel.forget_iopub()
                kept = kernel.execute(GET[language])[1].strip() == "5"
                interrupt = f"{median_ms(interrupts):.1f}"
                report.add(table, name, completion, interrupt, "yes" if kept else "NO")
    console.print(table)


def bench_compiled(report: Report, runs: int) -> None:
    """A C cell beside gcc and the program by hand; the same cell again; 200 MB."""
    table = report.table("C", "what", "ms", "bare ms", "difference or rate")
    counter = iter(range(1_000_000))
    with running(ours("c", UNLIMITED)) as kernel, tempfile.TemporaryDirectory() as folder:

        def by_hand() -> float:
            Path(folder, "x.c").write_text(HELLO % (next(counter) + time.time_ns()))
            started = time.perf_counter()
            subprocess.run(["gcc", "x.c", "-o", "x"], cwd=folder, check=True)
            subprocess.run(["./x"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - started

        def fresh_cell() -> float:
            return kernel.execute(HELLO % (next(counter) + time.time_ns()))[0]

        kernel.execute(HELLO % 0)
        cell, bare = repeat(runs, fresh_cell, by_hand)
        colour = "green" if cell <= bare + 10 else "red"
        report.add(
            table, "compile and run", f"{cell:.1f}", f"{bare:.1f}",
            f"[{colour}]{cell - bare:+.1f} ms[/] (≤ +10)",
        )  # fmt: skip
        again = median_ms([kernel.execute(HELLO % 0)[0] for _ in range(runs)])
        report.add(table, "the same cell again", f"{again:.1f}", "", "compiler skipped")
        source = MIB_OF_TEXT % 191  # 200 MB
        Path(folder, "flood.c").write_text(source)
        subprocess.run(["gcc", "flood.c", "-o", "flood"], cwd=folder, check=True)
        kernel.execute(source)
        own, terminal = repeat(
            5, lambda: kernel.execute(source)[0], lambda: read_all([f"{folder}/flood"], True)
        )
        rate = 200_000 / own
        colour = "green" if rate >= 50 else "red"
        report.add(
            table, "200 MB of output, all of it to the client", f"{own:.0f}", f"{terminal:.0f}",
            f"[{colour}]{rate:.0f} MB/s[/] (≥ 50)",
        )  # fmt: skip
    console.print(table)


def bench_large(report: Report, runs: int) -> None:
    """1 GiB from one cell, with the limit and without; 10,000 queued cells."""
    table = report.table("Large", "what", "seconds", "growth MiB", "held")
    for more, name in (((), "1 GiB, limit 32 MiB"), ((UNLIMITED,), "1 GiB, no limit")):
        with running(ours("c", *more)) as kernel:
            kernel.execute(MIB_OF_TEXT % 1)
            before = kernel.peak()
            seconds, text = kernel.execute(MIB_OF_TEXT % 1024)
            growth = kernel.peak() - before
            right = len(text) == (1 << 30 if more else 32 << 20)
            state = "yes" if growth < 64 and right else "NO"
            report.add(table, name, f"{seconds:.1f}", f"{growth:.0f}", f"{state} (< 64)")
            del text
    for language in PRINTS:
        with running(ours(language)) as kernel:
            seconds = kernel.burst(10_000, TRIVIAL[language])
            report.add(table, f"10,000 queued, {language}", f"{seconds:.1f}", "", "in order")
    console.print(table)


SECTIONS = {
    "start": bench_start,
    "cells": bench_cells,
    "output": bench_output,
    "interactive": bench_interactive,
    "compiled": bench_compiled,
    "large": bench_large,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=30, help="samples of each figure")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--json", type=Path, help="write all rows here as well")
    options = parser.parse_args()
    # pip compiles what it installs, the peers among it, but not what it installs as editable.
    compileall.compile_dir(Path(kernel_runner.__file__).parent, quiet=1)
    console.print(
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, "
        f"medians of {options.runs}"
    )
    report = Report()
    for name in options.only:
        SECTIONS[name](report, options.runs)
    if options.json:
        options.json.write_text(json.dumps(report.rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
