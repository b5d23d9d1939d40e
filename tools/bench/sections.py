"""The sections about all kernels alike: Python, Bash, JavaScript and C."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from batch import bench_batch
from cells import CELLS
from container import bench_container
from go_cells import bench_go
from harness import (
    Kernel,
    Report,
    console,
    execute_seconds,
    held,
    median_ms,
    ours,
    read_all,
    repeat,
    running,
    start_once,
)
from native import bench_native

LINES, WIDTH = 100_000, 62  # 6 MiB of small prints
PRINTS = {
    "python": f"for i in range({LINES}): print('x' * {WIDTH})",
    "bash": f"for ((i = 0; i < {LINES}; i++)); do echo {'x' * WIDTH}; done",
    "nodejs": f"for (let i = 0; i < {LINES}; i++) console.log('{'x' * WIDTH}')",
}
BARE = {"python": [sys.executable, "-c"], "bash": ["bash", "-c"], "nodejs": ["node", "-e"]}
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


def kernels(language: str) -> dict[str, list[str]]:
    """Our kernel of a language and its peers."""
    peers = {name: [sys.executable, "-m", name] for name in PEERS[language]}
    return {f"kernel_runner {language}": ours(language), **peers}


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
                    samples[name].append(start_once(argv, CELLS[language].trivial))
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


def bench_cells(report: Report, runs: int) -> None:
    """A trivial cell, 50 queued ones, memory."""
    goals = {"python": 0.6, "bash": 0.1}
    table = report.table("Cells", "kernel", "trivial ms", "ratio", "50 queued ms", "memory MiB")
    for language in PEERS:
        code = CELLS[language].trivial
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
                kernel.execute(CELLS[language].set)
                answers = [
                    kernel.complete_while(CELLS[language].loop, words[language])
                    for _ in range(max(3, count // 6))
                ]
                known = [answer for answer in answers if answer is not None]
                completion = f"{median_ms(known):.1f}" if known else "after the cell"
                interrupts = []
                for _ in range(count):
                    interrupts.append(kernel.interrupt_after_start(CELLS[language].loop))
                    kernel.forget_iopub()
                _, text = kernel.execute(CELLS[language].get)
                kept = "5" in text + kernel.result
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
            seconds = kernel.burst(10_000, CELLS[language].trivial)
            report.add(table, f"10,000 queued, {language}", f"{seconds:.1f}", "", "in order")
    console.print(table)


SECTIONS = {
    "start": bench_start,
    "cells": bench_cells,
    "output": bench_output,
    "interactive": bench_interactive,
    "compiled": bench_compiled,
    "native": bench_native,
    "go": bench_go,
    "batch": bench_batch,
    "large": bench_large,
    "container": bench_container,
}
